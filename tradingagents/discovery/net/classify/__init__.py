"""What a vendor's answer means: one of eleven reasons, from status, headers and body together.

A status code alone is not enough: Alpha Vantage refuses with HTTP 200, the SEC answers "too fast" and "no
such file" with the same 403, Finnhub answers 401 or 403 when the plan is too low. The modules here hold
each vendor's rules and their sources; :func:`classify` picks the vendor's.
"""

from __future__ import annotations

from tradingagents.discovery.net.classify import alpha_vantage, reddit
from tradingagents.discovery.net.classify.answer import Answer, Finding, Reason
from tradingagents.discovery.net.classify.common import classify_plainly
from tradingagents.discovery.net.classify.files import classify_finra, classify_nasdaq, classify_sec
from tradingagents.discovery.net.classify.quotes import classify_finnhub, classify_yahoo

__all__ = ["Answer", "Finding", "Reason", "classify"]

_BY_VENDOR = {
    "alpha_vantage": alpha_vantage.classify,
    "finnhub": classify_finnhub,
    "finra": classify_finra,
    "nasdaq": classify_nasdaq,
    "reddit": reddit.classify,
    "sec": classify_sec,
    "yahoo": classify_yahoo,
}


def classify(vendor: str, answer: Answer) -> Finding:
    """Return what ``answer`` of ``vendor`` means. A vendor without rules of its own is read by the status."""
    return _BY_VENDOR.get(vendor, classify_plainly)(answer)
