"""Typed settings: types, defaults, bounds and their messages."""
