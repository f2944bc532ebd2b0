"""The tool log: what a scanner asked, and what came of it, kept even when the scanner fails."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from tradingagents.discovery.model.clock import SYSTEM_CLOCK, Clock
from tradingagents.discovery.model.plain import to_plain
from tradingagents.discovery.model.redact import redact_plain

__all__ = ["ToolLog", "clean_entry"]

_TEXT_LIMIT = 2_000  # characters kept of one text; a vendor's answer may be megabytes
_LEVELS = 20  # of nesting that are kept of a value that is not plain


class ToolLog:
    """An append-only list of plain entries that can be closed; writes after that are dropped.

    Each entry is redacted, cut to size and numbered ``<prefix>:<n>``, so that a merge by id can never
    double it. Thread-safe.
    """

    def __init__(self, prefix: str, scanner: str, clock: Clock = SYSTEM_CLOCK) -> None:
        self._prefix, self._scanner, self._clock = prefix, scanner, clock
        self._lock = threading.Lock()  # guards the list and the switch
        self._entries: list[dict[str, Any]] = []
        self._closed = False

    def record(
        self,
        tool: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        output: Any = "",
        error: str = "",
        duration_seconds: float | None = None,
    ) -> None:
        """Note one call: its name, what went in, a short account of what came out, and its error."""
        entry: dict[str, Any] = {"tool": tool, "parameters": dict(parameters or {})}
        entry |= {"output": output, "error": error}
        if duration_seconds is not None:
            entry["duration_seconds"] = round(duration_seconds, 4)
        self.add(entry)

    def add(self, entry: Mapping[str, Any]) -> None:
        """Keep an entry of any shape; what is not plain data is kept as its ``repr``."""
        made = clean_entry(entry)
        with self._lock:
            if self._closed:
                return
            made.setdefault("scanner", self._scanner)
            made.setdefault("node", "scanner")
            made.setdefault("timestamp", self._clock.now().isoformat())
            if "id" in made:  # two scanners may number their own entries alike; ours must not collide
                made["scanner_entry_id"] = made["id"]
            made["id"] = f"{self._prefix}:{len(self._entries)}"
            self._entries.append(made)

    def close(self) -> list[dict[str, Any]]:
        """Drop every later write, and return what is there. Idempotent."""
        with self._lock:
            self._closed = True
            return list(self._entries)


def clean_entry(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return a plain, redacted copy of a log entry with each text cut to 2,000 characters.

    What is not plain data is kept in words. A log must not be what ends a scanner, so this raises for
    nothing that an entry may hold.
    """
    try:
        plain = to_plain(entry)
    except (TypeError, ValueError, OverflowError, RecursionError):
        plain = _in_words(entry, _LEVELS)
    made: dict[str, Any] = _shorten(redact_plain(plain))
    return made


def _in_words(value: Any, levels: int) -> Any:
    """Keep what is plain inside a value that is not, and the rest as its ``repr``."""
    if isinstance(value, Mapping):
        if not levels:
            return "{…}"
        return {_words(key): _in_words(item, levels - 1) for key, item in list(value.items())}
    if isinstance(value, list | tuple | set | frozenset):
        return [_in_words(item, levels - 1) for item in list(value)] if levels else "[…]"
    try:
        return to_plain(value)
    except (TypeError, ValueError, OverflowError, RecursionError):
        return _words(value)


def _words(value: Any) -> str:
    if isinstance(value, str):
        return str(value)
    try:
        return repr(value)
    except Exception as error:  # noqa: BLE001 - a foreign __repr__ may raise anything, and is only words
        return f"<{type(value).__name__} whose repr raises {type(error).__name__}>"


def _shorten(value: Any) -> Any:
    if isinstance(value, str):
        hidden = len(value) - _TEXT_LIMIT
        return value if hidden <= 0 else f"{value[:_TEXT_LIMIT]}… [{hidden} characters more]"
    if isinstance(value, list):
        return [_shorten(item) for item in value]
    if isinstance(value, dict):
        return {key: _shorten(item) for key, item in value.items()}
    return value
