"""Alpha Vantage: every refusal is HTTP 200, as JSON or as a CSV with one word spread over its cells.

Texts from the vendor's own client, its documentation and recorded answers.
"""

from __future__ import annotations

from tradingagents.discovery.net.classify.answer import Answer, Finding, Reason
from tradingagents.discovery.net.classify.common import by_shape, by_status

__all__ = ["classify"]

_BURST_SECONDS = 1.0  # the free plan's burst limit is one request a second
_MINUTE_SECONDS = 60.0  # the older limit was five requests a minute
_QUOTA_SECONDS = 3_600.0  # when the daily count restarts is not documented: try once an hour


def classify(answer: Answer) -> Finding:
    """Return what an Alpha Vantage answer means."""
    if (finding := by_status(answer)) is not None:
        return finding
    if answer.starts_like_json and isinstance(answer.json, dict):
        return _by_notice(answer.json) or by_shape(answer)
    if _is_spread_refusal(answer.body):
        return Finding(Reason.RATE, "too many requests, or the day's quota is spent", _BURST_SECONDS)
    return by_shape(answer, html_means=Reason.DOWN)


def _by_notice(body: dict[str, object]) -> Finding | None:
    if isinstance(text := body.get("Error Message"), str):
        return _by_error(text)
    for key in ("Information", "Note"):
        if isinstance(text := body.get(key), str):
            return _by_information(text.lower())
    if body == {"Global Quote": {}}:
        return Finding(Reason.EMPTY, "no such symbol")
    if isinstance(text := body.get("message"), str):
        return _by_message(text)
    return None


def _by_error(text: str) -> Finding:
    if "apikey is invalid or missing" in text:
        return Finding(Reason.KEY, "the key is missing or refused")
    if "does not exist" in text:
        return Finding(Reason.BAD_REQUEST, "no such function")
    return Finding(Reason.ABSENT, "unknown symbol or wrong parameter")


# The first match decides: several of these texts occur together, and nearly all name the premium plans.
_INFORMATION = (
    ("more sparingly", Finding(Reason.RATE, "too many requests (one a second is allowed)", _BURST_SECONDS)),
    ("per minute", Finding(Reason.RATE, "too many requests (five a minute are allowed)", _MINUTE_SECONDS)),
    ("per day", Finding(Reason.QUOTA, "the day's quota is spent", _QUOTA_SECONDS)),
    ("detected your api key", Finding(Reason.QUOTA, "the day's quota is spent", _QUOTA_SECONDS)),
    ("premium endpoint", Finding(Reason.PLAN, "the plan does not include this")),
    ("premium feature", Finding(Reason.PLAN, "the plan does not include this")),
    ("demo", Finding(Reason.KEY, "the demo key is for the documentation's examples only")),
    ("invalid inputs", Finding(Reason.ABSENT, "no data for these tickers and times")),
)


def _by_information(text: str) -> Finding:
    for words, finding in _INFORMATION:
        if words in text:
            return finding
    return Finding(Reason.BAD_REQUEST, "the request is refused")


def _by_message(text: str) -> Finding | None:
    if "premium endpoint" in text.lower():  # followed by rows that the vendor made up
        return Finding(Reason.PLAN, "the plan does not include this")
    if text.startswith("No data"):
        return Finding(Reason.EMPTY, "no data for this symbol and day")
    return None


def _is_spread_refusal(body: bytes) -> bool:
    """Whether a table's one row spells the beginning of "Information", a letter to a cell."""
    lines = body[:4096].decode("utf-8", "replace").split()
    cells = lines[-1].split(",") if 1 < len(lines) <= 4 else []
    return (
        len(cells) > 3 and all(len(cell) == 1 for cell in cells) and "Information".startswith("".join(cells))
    )
