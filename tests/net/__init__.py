"""Tests of the net layer, against a server on loopback that misbehaves on demand."""
