"""Requests and answers as values, and the small tools that every imitated vendor needs."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

__all__ = [
    "CSV",
    "HTML",
    "JSON",
    "TEXT",
    "Memo",
    "Request",
    "Response",
    "Usage",
    "Vendor",
    "json_response",
]

JSON = "application/json"
HTML = "text/html; charset=utf-8"
TEXT = "text/plain"
CSV = "application/x-download"  # as Alpha Vantage sends its tables

_MEMO_ENTRIES = 4_096


@dataclass(frozen=True, slots=True)
class Request:
    """A request below a vendor's prefix. Header names are lower case; a repeated parameter's last counts."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    target: str = ""  # path and query as they came, the vendor's prefix included


@dataclass(frozen=True, slots=True)
class Response:
    """An answer without its transport: the server adds length, date, compression and connection."""

    status: int
    body: bytes
    content_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Usage:
    """What a vendor tells a client of its quota; times in seconds."""

    limit: int
    used: int
    reset_in: int
    reset_at: int  # unix time


class Vendor(Protocol):
    """An imitated vendor: pure functions of the request over one market. Thread-safe."""

    name: str

    def endpoint(self, request: Request) -> str:
        """Return the name of the endpoint that is asked, ``unknown`` for none."""

    def answer(self, request: Request) -> Response:
        """Return the answer, refusals of keys and paths included."""

    def refuse(self, request: Request, reason: str) -> Response:
        """Return what is sent over the limit; ``reason`` is ``second``, ``minute``, ``day`` or ``window``."""

    def quota_headers(self, usage: Usage) -> tuple[tuple[str, str], ...]:
        """Return the headers that tell of the quota; none for vendors that keep silent."""


def json_response(
    value: object, status: int = 200, *, headers: tuple[tuple[str, str], ...] = (), content_type: str = JSON
) -> Response:
    """Wrap a value as compact JSON."""
    body = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
    return Response(status, body, content_type, headers)


class Memo:
    """Answers built once and kept, the oldest dropped first when there are too many. Thread-safe.

    Two threads may build the same answer at once; it comes out the same, so nobody waits.
    """

    def __init__(self, entries: int = _MEMO_ENTRIES) -> None:
        self._entries = entries
        self._lock = threading.Lock()  # guards _kept
        self._kept: dict[object, Response] = {}

    def get(self, key: object, build: Callable[[], Response]) -> Response:
        """Return what is kept under ``key``, or build it."""
        with self._lock:
            kept = self._kept.get(key)
        if kept is not None:
            return kept
        built = build()
        with self._lock:
            while len(self._kept) >= self._entries:
                self._kept.pop(next(iter(self._kept)))
            return self._kept.setdefault(key, built)
