"""Rules that most vendors share: the plain meaning of a status, and the shape of a body."""

from __future__ import annotations

from tradingagents.discovery.net.classify.answer import NOT_JSON, Answer, Finding, Reason
from tradingagents.discovery.net.waits import limit_reset_seconds, retry_after_seconds

__all__ = ["by_shape", "by_status", "classify_plainly", "is_library_agent", "rate_limit"]

_DOWN = frozenset({408, 425})
_UNSAID_SECONDS = 5.0  # a guess, for a vendor that says neither its limit nor how long to wait
_EMPTY: tuple[object, ...] = ({}, [], None)


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


def rate_limit(answer: Answer, default_seconds: float = _UNSAID_SECONDS) -> Finding:
    """Return "too fast", with the wait the vendor asks for in whichever header, or ``default_seconds``."""
    wait = retry_after_seconds(answer.headers, answer.now)
    if wait is None:
        wait = limit_reset_seconds(answer.headers, answer.now)
    return Finding(Reason.RATE, "asked too fast", default_seconds if wait is None else wait)


def by_shape(answer: Answer, *, html_means: Reason = Reason.BAD_PAYLOAD) -> Finding:
    """Return what the body of a success shows; ``html_means`` says what a web page stands for."""
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
    """Whether a caller did not name itself but left its HTTP library's name."""
    return not user_agent or user_agent.lower().startswith(("python-requests", "python-urllib", "python/"))
