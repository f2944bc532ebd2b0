"""What every part shares: candidates, evidence, errors, clock, plain data, redaction, tool log."""
