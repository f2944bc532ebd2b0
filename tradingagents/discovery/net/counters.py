"""Per-scanner counts of what happened with each vendor, and reports of stale answers."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar

from tradingagents.discovery.model.errors import DiscoveryError

__all__ = ["CountSink", "StaleSink", "count", "counting", "report_stale"]

CountSink = Callable[[str, str, float], None]
"""Takes vendor, event (``sent``, ``cached``, ...), and how often or how many seconds. Thread-safe."""

StaleSink = Callable[[DiscoveryError, str], None]
"""Takes why no newer answer was available, and a message with the age of the one served. Thread-safe."""

_stale_sink: ContextVar[StaleSink | None] = ContextVar("tradingagents_stale_answers", default=None)
_sink: ContextVar[CountSink | None] = ContextVar("tradingagents_request_counts", default=None)


def count(vendor: str, what: str, amount: float = 1) -> None:
    """Increment a counter of the current scanner; no-op outside a scan."""
    if (sink := _sink.get()) is not None:
        sink(vendor, what, amount)


def report_stale(why: DiscoveryError, message: str) -> None:
    """Report to the current scanner that it is served a stale answer; no-op outside a scan."""
    if (sink := _stale_sink.get()) is not None:
        sink(why, message)


@contextlib.contextmanager
def counting(sink: CountSink, stale: StaleSink | None = None) -> Iterator[None]:
    """Send counts to ``sink`` and stale answers to ``stale``, in this context and in copies of it."""
    token, stale_token = _sink.set(sink), _stale_sink.set(stale)
    try:
        yield
    finally:
        _sink.reset(token)
        _stale_sink.reset(stale_token)
