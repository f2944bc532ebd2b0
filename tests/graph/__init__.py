"""The graph around the scan."""
