"""Count what is asked of the vendors, for the receipt of the scanner that asked."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar

__all__ = ["CountSink", "count", "counting"]

CountSink = Callable[[str, str, float], None]
"""Takes vendor, what happened (``sent``, ...), and how often or how many seconds. Thread-safe."""

_sink: ContextVar[CountSink | None] = ContextVar("tradingagents_request_counts", default=None)


def count(vendor: str, what: str, amount: float = 1) -> None:
    """Add to the counter of whoever this code runs for; nobody is told outside a scan."""
    if (sink := _sink.get()) is not None:
        sink(vendor, what, amount)


@contextlib.contextmanager
def counting(sink: CountSink) -> Iterator[None]:
    """Have ``sink`` told of every count in this context and what is copied from it."""
    token = _sink.set(sink)
    try:
        yield
    finally:
        _sink.reset(token)
