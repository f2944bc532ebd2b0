"""One HTTP exchange: connection, permission to send, body, deadline."""
