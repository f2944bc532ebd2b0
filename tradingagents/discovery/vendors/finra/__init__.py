"""FINRA: client and records."""
