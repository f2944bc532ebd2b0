"""The technical scanners: one for each screen over the daily bars."""
