"""Scanners of FINRA's daily off-exchange volume files."""
