"""StockTwits: honest statuses; 403 is the challenge page in front of the API."""

from __future__ import annotations

from tradingagents.discovery.net.classify.answer import Answer, Finding, Reason
from tradingagents.discovery.net.classify.common import by_shape, by_status, rate_limit

__all__ = ["classify"]

_UNKNOWN_WAIT_SECONDS = 60.0


def classify(answer: Answer) -> Finding:
    """Say what a StockTwits answer means."""
    if answer.status == 404:
        return Finding(Reason.ABSENT, "no such symbol")
    if answer.status == 429:
        return rate_limit(answer, default_seconds=_UNKNOWN_WAIT_SECONDS)
    return by_status(answer) or by_shape(answer)
