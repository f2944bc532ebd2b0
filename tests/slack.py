"""How long what should take no time may take, on a machine that has other work."""

from __future__ import annotations

import os

__all__ = ["slack"]

_BUSY = 4


def slack(seconds: float) -> float:
    """Return the seconds allowed for something real: more where more programs want to run than can."""
    busy = hasattr(os, "getloadavg") and os.getloadavg()[0] > (os.cpu_count() or 1)
    return seconds * _BUSY if busy else seconds
