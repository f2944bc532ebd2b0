"""Finnhub: honest statuses, but 401 and 403 both stand for a plan that is too low.

Texts from the vendor's documentation, its issue tracker (#405, #466, #553) and recorded answers.
"""

from __future__ import annotations

from tradingagents.discovery.net.classify.answer import Answer, Finding, Reason
from tradingagents.discovery.net.classify.common import by_shape, by_status, rate_limit
from tradingagents.discovery.net.waits import limit_reset_seconds

__all__ = ["classify"]

_WINDOW_SECONDS = 60.0  # the plan's limit is by the minute, so no wait need be longer


def classify(answer: Answer) -> Finding:
    """Say what a Finnhub answer means."""
    if answer.status in (401, 403):
        return _refused(answer)
    if answer.status == 429:
        return _no_longer_than_the_window(rate_limit(answer))
    finding = by_status(answer) or by_shape(answer)
    if finding.reason is Reason.OK and _is_zeros(answer.json):
        return Finding(Reason.EMPTY, "no such symbol")
    if finding.is_answer and answer.headers.get("X-Ratelimit-Remaining") == "0":
        # The last permit of this minute is spent: asking again before it ends earns a 429.
        wait = limit_reset_seconds(answer.headers, answer.now)
        return _no_longer_than_the_window(Finding(finding.reason, finding.message, wait))
    return finding


def _refused(answer: Answer) -> Finding:
    if answer.looks_like_html:
        return Finding(Reason.IDENTITY, "this client is refused")
    if answer.says("don't have access"):
        return Finding(Reason.PLAN, "the plan does not include this")
    if answer.status == 401:
        return Finding(Reason.KEY, "the key is missing or refused")
    return Finding(Reason.PLAN, "the key is not allowed to ask this")


def _no_longer_than_the_window(finding: Finding) -> Finding:
    wait = finding.wait_seconds
    return Finding(finding.reason, finding.message, None if wait is None else min(wait, _WINDOW_SECONDS))


def _is_zeros(body: object) -> bool:
    if not isinstance(body, dict):
        return False
    return body.get("s") == "no_data" or (body.get("t") == 0 and body.get("c") == 0)
