"""Reading EDGAR: what the scanners of SEC filings share."""
