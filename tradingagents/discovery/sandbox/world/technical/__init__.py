"""Price charts for the technical screens."""
