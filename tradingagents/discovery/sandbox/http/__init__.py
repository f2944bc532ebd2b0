"""The sandbox HTTP server: sockets, messages, dispatch, control."""
