"""What scanners of EDGAR filings share."""
