"""The filter: which merged candidates pass."""
