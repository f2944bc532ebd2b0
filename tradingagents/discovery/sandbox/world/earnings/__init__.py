"""Earnings reports and analyst ratings."""
