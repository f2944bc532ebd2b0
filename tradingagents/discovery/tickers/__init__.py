"""Tickers in free text: the matcher, the tokenizer, and the word lists as data."""
