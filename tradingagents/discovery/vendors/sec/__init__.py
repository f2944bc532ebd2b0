"""SEC EDGAR: client, feed, index, headers, Form 4."""
