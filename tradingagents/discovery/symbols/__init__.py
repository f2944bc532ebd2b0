"""Symbols: directory, listing, security type, spelling, universe."""
