"""Redact secrets in everything that is written or shown.

By value: those that vendors' settings registered when they read them. By pattern, for unregistered secrets:
query parameters, headers, and vendors' error messages that repeat the key.
"""

from __future__ import annotations

import base64
import re
import threading
from urllib.parse import quote, quote_plus

from pydantic import JsonValue

__all__ = ["REDACTED", "is_secret", "redact", "redact_plain", "register_secret"]

REDACTED = "<redacted>"

_SHORTEST = 5  # a shorter value would match ordinary text; the patterns below still match it
_lock = threading.Lock()  # guards the next two, which are replaced together
_known: frozenset[str] = frozenset()
_known_pattern: re.Pattern[str] | None = None

# Bounded and anchored, so that a long run of hyphens takes linear time.
_NAMES = r"(?:(?<![\w-])[\w-]{0,40}?(?:api[-_]?key|token|secret|password|passwd))"
_QUOTED = r"%(?:25)*"  # start of a URL escape, quoted once or several times
_ASSIGNS = rf"(?:\\?[\"']|{_QUOTED}22)?\s*(?:[=:]|{_QUOTED}3[ad])\s*"
_VALUE = rf"(?:\"[^\"]*\"|'[^']*'|\\\"[^\"\\]*|(?:(?!{_QUOTED}26)[^\s&\"'<>,;)}}\]\\])+)"
_PATTERNS = (
    re.compile(rf"(?i)({_NAMES}{_ASSIGNS})b?{_VALUE}"),
    re.compile(r"(?i)(\bauthorization\\?[\"']?\s*[=:]\s*[\"']?(?:[a-z]+\s+)?)[^\s\"',}]+"),
    # Outside a header only what is not a word: with digits, or a lower-case before an upper-case letter.
    re.compile(r"(?i:(\b(?:bearer|basic|token)\s+))(?=\S*(?:\d|[a-z][A-Z]))[A-Za-z0-9._~+/=-]{8,}"),
    re.compile(r"(?i)(detected your API key as )\S+"),
    re.compile(r"(://[^/\s:@]+:)[^@/\s]+(?=@)"),
)


def is_secret(value: str) -> bool:
    """Return whether a key is one: the sandbox's is not, nor is a word too short to be searched for."""
    return len(value) >= _SHORTEST and value != "sandbox"


def register_secret(value: str) -> None:
    """Redact ``value``, and its URL-quoted and base64 forms, from now on. Thread-safe."""
    global _known, _known_pattern  # noqa: PLW0603 - one set for the whole process, so that no log misses it
    if not is_secret(value):
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
    for pattern in _PATTERNS:
        text = pattern.sub(rf"\1{REDACTED}", text)
    return text


def redact_plain(value: JsonValue) -> JsonValue:
    """Redact every text in plain data, keys included, and any value under the name of a secret."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, list):
        return [redact_plain(item) for item in value]
    if isinstance(value, dict):
        return {redact(key): _value_of(key, item) for key, item in value.items()}
    return value


def _value_of(key: str, item: JsonValue) -> JsonValue:
    if item and isinstance(item, str | list | dict) and _SECRET_KEY.fullmatch(key):
        return REDACTED
    return redact_plain(item)


_SECRET_KEY = re.compile(rf"(?i){_NAMES}|authorization")
