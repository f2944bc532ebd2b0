"""Shared by all suites: rows, timing, child processes, the machine, the report."""
