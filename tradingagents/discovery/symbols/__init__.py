"""Symbols: the directory of listed securities, their types, vendors' spellings, and universes."""
