"""The filter: which merged candidates are kept."""
