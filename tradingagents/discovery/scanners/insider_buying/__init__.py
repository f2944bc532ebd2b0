"""The `insider_buying` scanner."""
