"""The technical scanners, one for each screen."""
