"""Placeholder, filled with the package."""
