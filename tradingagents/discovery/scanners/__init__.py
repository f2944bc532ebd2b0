"""What a scanner is, and the built-in ones."""
