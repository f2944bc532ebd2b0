"""Ids of test cases that are the same in every process, which pytest-xdist requires."""

from __future__ import annotations

import re

__all__ = ["stable_repr"]

_ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def stable_repr(value: object) -> str:
    """Return the ``repr`` of ``value`` without memory addresses."""
    return _ADDRESS.sub("", repr(value))
