"""Shared by all parts: candidates, evidence, errors, clock, plain data, redaction, tool log."""
