"""The `short_squeeze` scanner."""
