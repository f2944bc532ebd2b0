"""The wire formats of the vendors, one module or folder each."""
