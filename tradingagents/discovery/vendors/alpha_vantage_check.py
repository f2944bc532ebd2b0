"""What an answer of Alpha Vantage means: it refuses with HTTP 200, so the body decides.

Wording of the refusals: the vendor's own texts as recorded and quoted in public. They are matched from
the most to the least particular, because nearly every one of them advertises premium plans and names
the daily limit in passing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tradingagents.discovery.errors import (
    Auth,
    BadPayload,
    DiscoveryError,
    NoDataError,
    Permanent,
    QuotaSpent,
    RateLimited,
    Transient,
)
from tradingagents.discovery.redact import redact

if TYPE_CHECKING:
    import requests

__all__ = ["VENDOR", "check"]

VENDOR = "alpha_vantage"

_REFUSAL_KEYS = ("Information", "Note", "Error Message")
_QUOTED_CHARACTERS = 160


def check(response: requests.Response) -> Any:
    """Return the JSON of an answer, or raise what it says instead. Pure.

    Raises ``RateLimited``, ``QuotaSpent``, ``Auth``, ``Permanent``, ``Transient`` or ``BadPayload``;
    ``NoDataError`` for "Invalid inputs", which is how NEWS_SENTIMENT says that it found nothing. No
    message repeats the key, though the vendor's does.
    """
    if response.status_code != 200:
        raise _of_status(response.status_code)
    try:
        payload = response.json()
    except (ValueError, RecursionError):
        if _is_exploded(response.text):
            raise RateLimited(VENDOR, "over a limit; the answer does not say which", status=200) from None
        raise BadPayload(VENDOR, "the answer is not JSON", status=200) from None
    if isinstance(payload, dict):
        for key in _REFUSAL_KEYS:
            if isinstance(text := payload.get(key), str):
                raise _of_text(text)
    return payload


def _of_status(status: int) -> DiscoveryError:
    message = f"HTTP {status}"
    if status == 429:
        return RateLimited(VENDOR, message, status=status)
    if status in {401, 403}:
        return Auth(VENDOR, message, status=status)
    if status >= 500 or status == 408:
        return Transient(VENDOR, message, status=status)
    if status >= 400:
        return Permanent(VENDOR, message, status=status)
    return BadPayload(VENDOR, message, status=status)


def _of_text(text: str) -> DiscoveryError:
    said = text.lower()
    for pattern, error in _REFUSALS:
        if re.search(pattern, said):
            return error()
    return Permanent(VENDOR, f"refused: {redact(text)[:_QUOTED_CHARACTERS]}", status=200)


def _rate(message: str, seconds: float) -> Callable[[], DiscoveryError]:
    return lambda: RateLimited(VENDOR, message, status=200, retry_after_seconds=seconds)


def _auth(message: str) -> Callable[[], DiscoveryError]:
    return lambda: Auth(VENDOR, message, status=200)


_REFUSALS: tuple[tuple[str, Callable[[], DiscoveryError]], ...] = (  # the first that matches decides
    ("more sparingly", _rate("more than one request a second", 1.0)),
    ("per minute", _rate("too many requests a minute", 60.0)),
    (
        "per day|detected your api key",
        lambda: QuotaSpent(VENDOR, "the key's requests of the day are used up", status=200),
    ),
    ("premium (?:endpoint|feature)", _auth("the key's plan does not include this")),
    (r"\bdemo\b", _auth("the demo key is for the vendor's own examples only")),
    ("apikey is invalid or missing", _auth("the key is invalid or missing")),
    ("invalid inputs", lambda: NoDataError(f"{VENDOR}: found nothing for these inputs")),
)


def _is_exploded(text: str) -> bool:
    """Whether a table holds "Information" with one letter in each column, as over a limit."""
    lines = text.splitlines()
    if len(lines) < 2:
        return False
    cells = [cell.strip() for cell in lines[1].split(",")]
    return len(cells) > 1 and "Information".startswith("".join(cells)) and all(len(c) == 1 for c in cells)
