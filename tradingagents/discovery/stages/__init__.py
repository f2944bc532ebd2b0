"""The stages after a scan: filter and rank."""
