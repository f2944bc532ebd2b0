"""Reddit: client and errors."""
