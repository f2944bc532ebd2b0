"""EDGAR filings: insider statements and current reports."""
