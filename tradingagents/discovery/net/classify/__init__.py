"""What a vendor's answer means: eleven reasons, told apart by status, headers and body together.

A status code alone is not enough: Alpha Vantage refuses with HTTP 200, the SEC says "too fast" and "no
such file" with the same 403, Finnhub calls a plan that is too low 401 or 403. Each vendor has a file
here with its rules and where they come from; :func:`classify` picks it.
"""

from __future__ import annotations

from tradingagents.discovery.net.classify import (
    alpha_vantage,
    finnhub,
    finra,
    nasdaq,
    reddit,
    sec,
    stocktwits,
    yahoo,
)
from tradingagents.discovery.net.classify.answer import Answer, Finding, Reason
from tradingagents.discovery.net.classify.common import classify_plainly

__all__ = ["Answer", "Finding", "Reason", "classify"]

_BY_VENDOR = {
    "alpha_vantage": alpha_vantage.classify,
    "finnhub": finnhub.classify,
    "finra": finra.classify,
    "nasdaq": nasdaq.classify,
    "reddit": reddit.classify,
    "sec": sec.classify,
    "stocktwits": stocktwits.classify,
    "yahoo": yahoo.classify,
}


def classify(vendor: str, answer: Answer) -> Finding:
    """Say what ``answer`` of ``vendor`` means. A vendor without rules of its own is read by the status."""
    return _BY_VENDOR.get(vendor, classify_plainly)(answer)
