"""Scanners of bi-monthly short interest."""
