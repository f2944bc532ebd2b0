"""One file a vendor: raw answers to typed records, foreign errors to ours. Nothing is imported here."""
