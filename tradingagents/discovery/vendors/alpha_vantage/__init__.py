"""Alpha Vantage: client and records."""
