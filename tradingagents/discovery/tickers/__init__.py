"""Tickers in free text."""
