"""Rules most vendors share: the usual meaning of a status, the shape of a body, headers with a wait."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from tradingagents.discovery.net.classify.answer import NOT_JSON, Answer, Finding, Reason

__all__ = [
    "by_shape",
    "by_status",
    "classify_plainly",
    "is_library_agent",
    "limit_reset_seconds",
    "rate_limit",
    "retry_after_seconds",
]

_DOWN = frozenset({408, 425})
_DEFAULT_WAIT_SECONDS = 5.0  # a guess, for a vendor that publishes neither its limit nor a wait
_EMPTY: tuple[object, ...] = ({}, [], None)
_SMALLEST_UNIX_TIME = 1e9  # September 2001; no vendor's window is 31 years long


def classify_plainly(answer: Answer) -> Finding:
    """Read an answer by its status, and a success by its shape."""
    return by_status(answer) or by_shape(answer)


def by_status(answer: Answer) -> Finding | None:
    """Return what an unsuccessful status means, None for a success or a redirect."""
    status = answer.status
    if status < 400:
        return None
    if status >= 500 or status in _DOWN:
        return Finding(
            Reason.DOWN,
            f"the vendor is down (HTTP {status})",
            retry_after_seconds(answer.headers, answer.now),
        )
    if status == 429:
        return rate_limit(answer)
    return {
        401: Finding(Reason.KEY, "the key is missing or refused"),
        403: Finding(Reason.IDENTITY, "this client is refused"),
    }.get(status, Finding(Reason.BAD_REQUEST, f"the request is refused (HTTP {status})"))


def rate_limit(answer: Answer, default_seconds: float = _DEFAULT_WAIT_SECONDS) -> Finding:
    """Return "too many requests", with the wait from the vendor's headers, or ``default_seconds``."""
    wait = retry_after_seconds(answer.headers, answer.now)
    if wait is None:
        wait = limit_reset_seconds(answer.headers, answer.now)
    return Finding(Reason.RATE, "too many requests", default_seconds if wait is None else wait)


def by_shape(answer: Answer, *, html_means: Reason = Reason.BAD_PAYLOAD) -> Finding:
    """Return what the body of a success means; ``html_means`` is the reason for a web page."""
    if answer.method == "HEAD" or answer.status != 200:
        return Finding(Reason.OK)
    if not answer.body:
        return (
            Finding(Reason.BAD_PAYLOAD, "the answer has no body")
            if answer.method == "GET"
            else Finding(Reason.OK)
        )
    if answer.looks_like_html:
        return Finding(html_means, "a web page instead of data")
    if "json" in answer.headers.get("Content-Type", "").lower() or answer.starts_like_json:
        if answer.json is NOT_JSON:
            return Finding(Reason.BAD_PAYLOAD, "the JSON is broken or cut off")
        if answer.json in _EMPTY:
            return Finding(Reason.EMPTY, "nothing in the answer")
    return Finding(Reason.OK)


def is_library_agent(user_agent: str) -> bool:
    """Whether a user agent is missing or the default one of an HTTP library."""
    return not user_agent or user_agent.lower().startswith(("python-requests", "python-urllib", "python/"))


def retry_after_seconds(headers: Mapping[str, str], now: datetime) -> float | None:
    """Read ``Retry-After`` (RFC 9110: seconds or a date); None when it is missing or malformed.

    A date is compared with the answer's own ``Date``, so that a wrong clock on either side has no effect,
    and with ``now`` when there is none. Never negative.
    """
    value = headers.get("Retry-After", "").strip()
    if (seconds := _number(value)) is not None:
        return max(seconds, 0.0)
    when = _date(value)
    return None if when is None else max((when - _sent_at(headers, now)).total_seconds(), 0.0)


def limit_reset_seconds(headers: Mapping[str, str], now: datetime) -> float | None:
    """Read ``X-RateLimit-Reset``: seconds to go (Reddit) or a Unix time (Finnhub).

    None when it is missing or malformed. Never negative.
    """
    value = _number(headers.get("X-RateLimit-Reset", ""))
    if value is None:
        return None
    if value < _SMALLEST_UNIX_TIME:
        return max(value, 0.0)
    return max(value - _sent_at(headers, now).timestamp(), 0.0)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _date(text: str) -> datetime | None:
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return None
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when


def _sent_at(headers: Mapping[str, str], now: datetime) -> datetime:
    return _date(headers.get("Date", "")) or now
