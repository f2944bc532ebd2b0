"""What happens to candidates after the scan."""
