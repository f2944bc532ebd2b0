"""Fetch daily bars from a vendor and store them."""
