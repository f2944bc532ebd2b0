"""SEC EDGAR: client, index and headers, feed of current filings, Form 4."""
