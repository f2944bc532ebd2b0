"""Keep secrets out of everything that is written or shown.

Two nets: the exact values that vendors' settings registered when they read them, and the shapes in
which the vendors' wire formats carry secrets (query parameters, headers, a vendor's echo of the
key), for secrets nobody registered.
"""

from __future__ import annotations

import base64
import re
import threading
from typing import Any
from urllib.parse import quote, quote_plus

__all__ = ["REDACTED", "redact", "redact_plain", "register_secret"]

REDACTED = "<redacted>"

_SHORTEST = 5  # a shorter value would tear holes into ordinary text; the shapes below still catch it
_lock = threading.Lock()  # guards the two names below, which are replaced together
_known: frozenset[str] = frozenset()
_known_pattern: re.Pattern[str] | None = None

# Bounded and anchored: text of hyphens must not be searched again from each of them.
_NAMES = r"(?:(?<![\w-])[\w-]{0,40}?(?:api[-_]?key|token|secret|password|passwd))"
_QUOTED = r"%(?:25)*"  # how URL quoting begins, however often it was done
_ASSIGNS = rf"(?:\\?[\"']|{_QUOTED}22)?\s*(?:[=:]|{_QUOTED}3[ad])\s*"
_VALUE = rf"(?:\"[^\"]*\"|'[^']*'|\\\"[^\"\\]*|(?:(?!{_QUOTED}26)[^\s&\"'<>,;)}}\]\\])+)"
_SHAPES = (
    re.compile(rf"(?i)({_NAMES}{_ASSIGNS})b?{_VALUE}"),
    re.compile(r"(?i)(\bauthorization\\?[\"']?\s*[=:]\s*[\"']?(?:[a-z]+\s+)?)[^\s\"',}]+"),
    # Outside a header only what can be no word: digits, or letters of both cases in one run.
    re.compile(r"(?i:(\b(?:bearer|basic|token)\s+))(?=\S*(?:\d|[a-z][A-Z]))[A-Za-z0-9._~+/=-]{8,}"),
    re.compile(r"(?i)(detected your API key as )\S+"),
    re.compile(r"(://[^/\s:@]+:)[^@/\s]+(?=@)"),
)


def register_secret(value: str) -> None:
    """Have ``value``, and its URL-quoted and base64 forms, redacted from now on. Thread-safe."""
    global _known, _known_pattern  # noqa: PLW0603 - one net for the whole process, or a log escapes it
    if len(value) < _SHORTEST or value == "sandbox":
        return
    forms = {value, quote(value, safe=""), quote_plus(value), base64.b64encode(value.encode()).decode()}
    with _lock:
        if forms <= _known:
            return
        _known |= forms
        longest_first = sorted(_known, key=len, reverse=True)
        _known_pattern = re.compile("|".join(map(re.escape, longest_first)))


def redact(text: str) -> str:
    """Return ``text`` with every known or recognisable secret replaced by ``<redacted>``. Thread-safe."""
    if not text:
        return text
    if (known := _known_pattern) is not None:
        text = known.sub(REDACTED, text)
    for shape in _SHAPES:
        text = shape.sub(rf"\1{REDACTED}", text)
    return text


def redact_plain(value: Any) -> Any:
    """Redact every text inside plain data, keys included, and whatever stands under a secret's name."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, list):
        return [redact_plain(item) for item in value]
    if isinstance(value, dict):
        return {redact(key): _under(key, item) for key, item in value.items()}
    return value


def _under(key: str, item: Any) -> Any:
    if item and isinstance(item, str | list | dict) and _SECRET_KEY.fullmatch(key):
        return REDACTED
    return redact_plain(item)


_SECRET_KEY = re.compile(rf"(?i){_NAMES}|authorization")
