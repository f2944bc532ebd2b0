"""Alpha Vantage over the synthetic market."""
