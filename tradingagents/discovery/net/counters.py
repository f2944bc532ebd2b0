"""Count what is asked of the vendors, and tell of stale answers, for the receipt of who asked."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar

from tradingagents.discovery.model.errors import DiscoveryError

__all__ = ["CountSink", "StaleSink", "count", "counting", "tell_stale"]

CountSink = Callable[[str, str, float], None]
"""Takes vendor, what happened (``sent``, ...), and how often or how many seconds. Thread-safe."""

StaleSink = Callable[[DiscoveryError, str], None]
"""Takes why no newer answer could be had, and a sentence with the age of the one served. Thread-safe."""

_stale_sink: ContextVar[StaleSink | None] = ContextVar("tradingagents_stale_answers", default=None)
_sink: ContextVar[CountSink | None] = ContextVar("tradingagents_request_counts", default=None)


def count(vendor: str, what: str, amount: float = 1) -> None:
    """Add to the counter of whoever this code runs for; nobody is told outside a scan."""
    if (sink := _sink.get()) is not None:
        sink(vendor, what, amount)


def tell_stale(why: DiscoveryError, message: str) -> None:
    """Tell whoever this code runs for that it gets an answer beyond its time."""
    if (sink := _stale_sink.get()) is not None:
        sink(why, message)


@contextlib.contextmanager
def counting(sink: CountSink, stale: StaleSink | None = None) -> Iterator[None]:
    """Have ``sink`` told of every count, and ``stale`` of every stale answer, here and in copied contexts."""
    token, stale_token = _sink.set(sink), _stale_sink.set(stale)
    try:
        yield
    finally:
        _sink.reset(token)
        _stale_sink.reset(stale_token)
