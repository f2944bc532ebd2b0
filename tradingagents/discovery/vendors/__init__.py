"""One file or folder a vendor: responses to typed records, foreign errors translated. Imports nothing."""
