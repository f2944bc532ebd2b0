"""Finnhub and Yahoo: 401 and 403 may mean that the plan or account does not include the endpoint.

Finnhub: texts from the vendor's documentation, its issue tracker (#405, #466, #553) and recorded answers.
Yahoo's endpoints are unofficial: texts from yfinance and its issue threads. Yahoo also answers 429 to a
client that is no browser; a block lasts minutes to hours and carries no header.
"""

from __future__ import annotations

from tradingagents.discovery.net.classify.answer import Answer, Finding, Reason
from tradingagents.discovery.net.classify.common import by_shape, by_status, limit_reset_seconds, rate_limit

__all__ = ["classify_finnhub", "classify_yahoo"]

_FINNHUB_WINDOW_SECONDS = 60.0  # the plan's limit is per minute, so no wait need be longer
_YAHOO_BLOCK_SECONDS = 900.0


def classify_finnhub(answer: Answer) -> Finding:
    """Return what a Finnhub answer means."""
    if answer.status in (401, 403):
        return _finnhub_refusal(answer)
    if answer.status == 429:
        return _no_longer_than_the_window(rate_limit(answer))
    finding = by_status(answer) or by_shape(answer)
    if finding.reason is Reason.OK and _is_zeros(answer.json):
        return Finding(Reason.EMPTY, "no such symbol")
    if finding.is_answer and answer.headers.get("X-Ratelimit-Remaining") == "0":
        # The last permit of this minute is spent: a request before its end would be answered with 429.
        wait = limit_reset_seconds(answer.headers, answer.now)
        return _no_longer_than_the_window(Finding(finding.reason, finding.message, wait))
    return finding


def _finnhub_refusal(answer: Answer) -> Finding:
    if answer.looks_like_html:
        return Finding(Reason.IDENTITY, "this client is refused")
    if answer.contains("don't have access"):
        return Finding(Reason.PLAN, "the plan does not include this")
    if answer.status == 401:
        return Finding(Reason.KEY, "the key is missing or refused")
    return Finding(Reason.PLAN, "the key has no access to this")


def _no_longer_than_the_window(finding: Finding) -> Finding:
    wait = finding.wait_seconds
    wait = None if wait is None else min(wait, _FINNHUB_WINDOW_SECONDS)
    return Finding(finding.reason, finding.message, wait)


def _is_zeros(body: object) -> bool:
    if not isinstance(body, dict):
        return False
    return body.get("s") == "no_data" or (body.get("t") == 0 and body.get("c") == 0)


def classify_yahoo(answer: Answer) -> Finding:
    """Return what a Yahoo answer means."""
    if answer.status == 401 and answer.contains("unable to access this feature"):
        return Finding(Reason.PLAN, "the feature is closed to this account or region")
    if answer.status == 400 and answer.contains("Data doesn't exist for startDate"):
        return Finding(Reason.ABSENT, "no data for this symbol and these days")
    if answer.status == 404:
        return Finding(Reason.ABSENT, "no such symbol")
    if answer.status == 429:
        if not answer.user_agent.startswith("Mozilla/"):
            return Finding(Reason.IDENTITY, "only browsers are answered")
        return rate_limit(answer, default_seconds=_YAHOO_BLOCK_SECONDS)
    return by_status(answer) or by_shape(answer, html_means=Reason.DOWN)
