"""Names of test cases that are the same in every process, as running the tests in several of them needs."""

from __future__ import annotations

import re

__all__ = ["shown"]

_ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def shown(value: object) -> str:
    """Return the ``repr`` of ``value`` without memory addresses."""
    return _ADDRESS.sub("", repr(value))
