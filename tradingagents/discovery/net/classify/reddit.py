"""Reddit's API and its token endpoint.

Statuses and bodies from recorded exchanges of praw and prawcore; rate headers are seconds to the end
of a ten-minute window.
"""

from __future__ import annotations

from tradingagents.discovery.net.classify.answer import Answer, Finding, Reason
from tradingagents.discovery.net.classify.common import by_shape, by_status, limit_reset_seconds, rate_limit

__all__ = ["classify"]

_HIDDEN = frozenset({"private", "banned", "quarantined", "gold_only", "employees_only"})


def classify(answer: Answer) -> Finding:
    """Return what a Reddit answer means."""
    finding = _token_refused(answer) or _by_status(answer) or by_shape(answer)
    if finding.is_answer and _nothing_remains(answer):
        return Finding(finding.reason, finding.message, limit_reset_seconds(answer.headers, answer.now))
    return finding


def _by_status(answer: Answer) -> Finding | None:
    status = answer.status
    if status == 302:
        # Listings never redirect; an unknown community redirects to the search page.
        return Finding(Reason.ABSENT, "no such community") if _leads_to_search(answer) else None
    if status == 403:
        return _forbidden(answer)
    if status == 404:
        return Finding(Reason.ABSENT, "no such community or post")
    if status == 429:
        return rate_limit(answer, default_seconds=10.0)
    return by_status(answer)


def _forbidden(answer: Answer) -> Finding:
    if "insufficient_scope" in answer.headers.get("WWW-Authenticate", ""):
        return Finding(Reason.PLAN, "the token's scope does not include this")
    if not isinstance(answer.json, dict):
        return Finding(Reason.IDENTITY, "this client is blocked")
    if answer.json.get("reason") in _HIDDEN:
        return Finding(Reason.ABSENT, "the community is private, banned or restricted")
    return Finding(Reason.BAD_REQUEST, "the request is forbidden")


def _token_refused(answer: Answer) -> Finding | None:
    """The token endpoint refuses with 403, or with HTTP 200 and ``{"error": ...}``."""
    if not answer.path.partition("?")[0].endswith("/api/v1/access_token") or answer.status not in (200, 403):
        return None
    if isinstance(answer.json, dict) and "error" in answer.json:
        return Finding(Reason.KEY, "client id, secret or grant refused")
    return None


def _leads_to_search(answer: Answer) -> bool:
    return "/subreddits/search" in answer.headers.get("Location", "")


def _nothing_remains(answer: Answer) -> bool:
    try:
        return float(answer.headers.get("X-Ratelimit-Remaining", "1")) <= 0
    except ValueError:
        return False
