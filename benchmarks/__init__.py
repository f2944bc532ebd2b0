"""Compares the engine with other ways to run scanners: ``python -m benchmarks``."""
