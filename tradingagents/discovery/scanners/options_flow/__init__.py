"""The `options_flow` scanner."""
