"""The tool log: a scanner's requests and their results, kept even when the scanner fails."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping

from pydantic import JsonValue

from tradingagents.discovery.model.clock import SYSTEM_CLOCK, Clock
from tradingagents.discovery.model.plain import to_plain
from tradingagents.discovery.model.redact import redact_plain

__all__ = ["ToolLog", "clean_entry", "is_of_a_scan", "text_of"]

_TEXT_LIMIT = 2_000  # characters kept of one text; a vendor's response may have megabytes
_SUFFIX = " characters more]"
_SUFFIX_LIMIT = 40
_SCAN_ID = re.compile(r"[0-9a-f]{32}:")  # see Scan.run
_LEVELS = 20  # levels of nesting kept of a value that is not plain


class ToolLog:
    """An append-only list of plain entries that can be closed; writes after that are dropped.

    Each entry is redacted, shortened and numbered ``<prefix>:<n>``, so that a merge by id never
    duplicates it. Thread-safe.
    """

    def __init__(self, prefix: str, scanner: str, clock: Clock = SYSTEM_CLOCK) -> None:
        self._prefix, self._scanner, self._clock = prefix, scanner, clock
        self._lock = threading.Lock()  # guards the list and the flag
        self._entries: list[dict[str, JsonValue]] = []
        self._closed = False

    def add(self, entry: Mapping[str, object]) -> None:
        """Add an entry of any shape; see :func:`clean_entry`."""
        made = clean_entry(entry)
        with self._lock:
            if self._closed:
                return
            made.setdefault("scanner", self._scanner)
            made.setdefault("node", "scanner")
            made.setdefault("timestamp", self._clock.now().isoformat())
            if "id" in made:  # two scanners may use the same ids; ours must be unique
                made["scanner_entry_id"] = made["id"]
            made["id"] = f"{self._prefix}:{len(self._entries)}"
            self._entries.append(made)

    def close(self) -> list[dict[str, JsonValue]]:
        """Drop every later write, and return the entries. Idempotent."""
        with self._lock:
            self._closed = True
            return list(self._entries)


def is_of_a_scan(entry: object) -> bool:
    """Return whether a :class:`ToolLog` of a scan made ``entry``: its id begins with a run id."""
    return isinstance(entry, Mapping) and _SCAN_ID.match(str(entry.get("id", ""))) is not None


def clean_entry(entry: Mapping[str, object]) -> dict[str, JsonValue]:
    """Return a plain, redacted copy of a log entry with each text cut to 2,000 characters.

    Values that are not plain data are kept as their ``repr``. Never raises, whatever an entry holds: a log
    entry must not end a scanner.
    """
    try:
        plain = to_plain(entry)
    except (TypeError, ValueError, OverflowError, RecursionError):
        plain = _as_repr(entry, _LEVELS)
    made = _shorten(redact_plain(plain))
    assert isinstance(made, dict)  # it was a mapping
    return made


def text_of(value: object) -> str:
    """Return ``value`` as text of at most 2,000 characters. Raises what its ``__str__`` raises."""
    return str(_shorten(str(value)))


def _as_repr(value: object, levels: int) -> JsonValue:
    """Return ``value`` with its plain parts kept and the rest replaced by their ``repr``."""
    if isinstance(value, Mapping):
        if not levels:
            return "{…}"
        return {_repr(key): _as_repr(item, levels - 1) for key, item in list(value.items())}
    if isinstance(value, list | tuple | set | frozenset):
        return [_as_repr(item, levels - 1) for item in list(value)] if levels else "[…]"
    try:
        return to_plain(value)
    except (TypeError, ValueError, OverflowError, RecursionError):
        return _repr(value)


def _repr(value: object) -> str:
    if isinstance(value, str):
        return str(value)
    try:
        return repr(value)
    except Exception as error:  # noqa: BLE001 - a third-party __repr__ may raise anything
        return f"<{type(value).__name__} whose repr raises {type(error).__name__}>"


def _shorten(value: JsonValue) -> JsonValue:
    if isinstance(value, str):
        hidden = len(value) - _TEXT_LIMIT
        if hidden <= 0 or (hidden < _SUFFIX_LIMIT and value.endswith(_SUFFIX)):
            return value  # short, or shortened before it crossed a process boundary
        return f"{value[:_TEXT_LIMIT]}… [{hidden}{_SUFFIX}"
    if isinstance(value, list):
        return [_shorten(item) for item in value]
    if isinstance(value, dict):
        return {key: _shorten(item) for key, item in value.items()}
    return value
