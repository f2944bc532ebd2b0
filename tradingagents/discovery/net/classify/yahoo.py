"""Yahoo's unofficial endpoints: 401 for crumb and plan, 429 also for a caller that is no browser.

Texts from yfinance and its issue threads. A block lasts minutes to hours and carries no header.
"""

from __future__ import annotations

from tradingagents.discovery.net.classify.answer import Answer, Finding, Reason
from tradingagents.discovery.net.classify.common import by_shape, by_status, rate_limit

__all__ = ["classify"]

_BLOCK_SECONDS = 900.0


def classify(answer: Answer) -> Finding:
    """Say what a Yahoo answer means."""
    if answer.status == 401 and answer.says("unable to access this feature"):
        return Finding(Reason.PLAN, "the feature is closed to this account or region")
    if answer.status == 400 and answer.says("Data doesn't exist for startDate"):
        return Finding(Reason.ABSENT, "nothing known of this symbol for these days")
    if answer.status == 404:
        return Finding(Reason.ABSENT, "no such symbol")
    if answer.status == 429:
        if not answer.user_agent.startswith("Mozilla/"):
            return Finding(Reason.IDENTITY, "only browsers are answered")
        return rate_limit(answer, default_seconds=_BLOCK_SECONDS)
    return by_status(answer) or by_shape(answer, html_means=Reason.DOWN)
