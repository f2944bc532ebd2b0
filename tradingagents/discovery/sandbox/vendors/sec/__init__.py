"""SEC EDGAR over the synthetic market."""
