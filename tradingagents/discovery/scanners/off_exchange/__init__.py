"""Scanners of FINRA daily off-exchange volume."""
