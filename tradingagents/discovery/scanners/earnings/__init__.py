"""The earnings scanners: calendar and surprise."""
