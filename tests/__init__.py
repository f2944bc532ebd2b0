"""The tests of the discovery module."""
