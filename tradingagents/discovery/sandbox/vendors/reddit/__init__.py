"""Reddit over the synthetic market."""
