"""Scanners of Reddit posts."""
