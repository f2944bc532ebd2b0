"""Nasdaq Trader's static files: plain statuses, and web pages for errors."""

from __future__ import annotations

from tradingagents.discovery.net.classify.answer import Answer, Finding, Reason
from tradingagents.discovery.net.classify.common import classify_plainly

__all__ = ["classify"]


def classify(answer: Answer) -> Finding:
    """Say what an answer of the symbol directory means."""
    if answer.status == 404:
        return Finding(Reason.ABSENT, "there is no such file")
    return classify_plainly(answer)
