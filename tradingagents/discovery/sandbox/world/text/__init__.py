"""News articles and Reddit posts."""
