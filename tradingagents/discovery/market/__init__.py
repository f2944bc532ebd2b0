"""What is listed, what it traded at, and which tickers a text means: market data without a network."""
