"""Tests of the imitated vendors."""
