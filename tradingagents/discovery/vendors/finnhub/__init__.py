"""Finnhub: client and records."""
