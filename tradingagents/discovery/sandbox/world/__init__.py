"""The synthetic market: companies, prices, filings, posts, and what scanners should find."""
