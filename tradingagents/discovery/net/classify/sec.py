"""SEC EDGAR: 403 means four different things, told apart by the page.

Pages from "Accessing EDGAR data", the SEC's Internet security policy and recorded answers. After
more than ten requests a second, access returns once the rate was kept for ten minutes.
"""

from __future__ import annotations

from tradingagents.discovery.net.classify.answer import Answer, Finding, Reason
from tradingagents.discovery.net.classify.common import by_shape, by_status, rate_limit

__all__ = ["classify"]

_BLOCK_SECONDS = 600.0
_PAGES = (".htm", ".html", "/")


def classify(answer: Answer) -> Finding:
    """Say what an EDGAR answer means."""
    if answer.status == 403:
        return _forbidden(answer)
    if answer.status == 404:
        return Finding(Reason.ABSENT, "no such filer or file")
    if answer.status == 429:
        return rate_limit(answer, default_seconds=_BLOCK_SECONDS)
    if answer.looks_like_html and answer.says("<title>SEC.gov | Request Rate Threshold Exceeded"):
        return rate_limit(answer, default_seconds=_BLOCK_SECONDS)  # seen with 200 too
    finding = by_status(answer) or by_shape(answer)
    if finding.reason is Reason.BAD_PAYLOAD and answer.looks_like_html and _asks_for_a_page(answer.path):
        return Finding(Reason.OK)
    return finding


def _forbidden(answer: Answer) -> Finding:
    if answer.looks_like_xml:
        return Finding(Reason.ABSENT, "no such file (weekend, holiday, or not yet published)")
    if answer.says("Request Rate Threshold Exceeded") and "@" in answer.user_agent:
        return rate_limit(answer, default_seconds=_BLOCK_SECONDS)
    # The same page greets a caller whose user agent names no contact; waiting would not help it.
    return Finding(Reason.IDENTITY, "the user agent must name a company and an e-mail address")


def _asks_for_a_page(path: str) -> bool:
    return path.partition("?")[0].endswith(_PAGES)
