"""FINRA's daily files: 403 stands for a day without a file, and for a caller without a name."""

from __future__ import annotations

from tradingagents.discovery.net.classify.answer import Answer, Finding, Reason
from tradingagents.discovery.net.classify.common import by_shape, by_status, is_library_agent

__all__ = ["classify"]


def classify(answer: Answer) -> Finding:
    """Say what a FINRA answer means."""
    if answer.status == 403 and is_library_agent(answer.user_agent):
        return Finding(Reason.IDENTITY, "a caller must send a user agent of its own")
    if answer.status in (403, 404):
        return Finding(Reason.ABSENT, "no file for that day (weekend, holiday, or not yet published)")
    return by_status(answer) or by_shape(answer)
