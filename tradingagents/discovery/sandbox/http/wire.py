"""Requests and answers as values, the interface of a vendor, and helpers that all vendors use."""

from __future__ import annotations

import json
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from tradingagents.discovery.sandbox.world.market import Market

__all__ = [
    "CSV",
    "HTML",
    "JSON",
    "TEXT",
    "AnswerCache",
    "Request",
    "Response",
    "Usage",
    "Vendor",
    "json_response",
    "parse_day",
]

JSON = "application/json"
HTML = "text/html; charset=utf-8"
TEXT = "text/plain"
CSV = "application/x-download"  # as Alpha Vantage sends its tables

_CACHED_ANSWERS = 4_096


@dataclass(frozen=True, slots=True)
class Request:
    """A request below a vendor's prefix. Header names are lower case; the last repeated parameter counts."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    target: str = ""  # path and query as received, with the vendor's prefix


@dataclass(frozen=True, slots=True)
class Response:
    """An answer; the server adds the headers of length, date, compression and connection."""

    status: int
    body: bytes
    content_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Usage:
    """The usage of a quota; times in seconds."""

    limit: int
    used: int
    reset_in: int
    reset_at: int  # unix time


class Vendor(ABC):
    """An imitated vendor: its answers depend on the request and the market only. Thread-safe."""

    name: str

    def __init__(self, market: Market) -> None:
        self._market = market
        self._cache = AnswerCache()

    @abstractmethod
    def endpoint(self, request: Request) -> str:
        """Return the name of the requested endpoint, ``unknown`` for any other path."""

    @abstractmethod
    def answer(self, request: Request) -> Response:
        """Return the answer; may be an error for a missing key or an unknown path."""

    @abstractmethod
    def refuse(self, request: Request, reason: str) -> Response:
        """Return the answer above the limit; ``reason`` is ``second``, ``minute``, ``day`` or ``window``."""

    def quota_headers(self, usage: Usage) -> tuple[tuple[str, str], ...]:
        """Return the headers that report the quota; none by default."""
        return ()


def json_response(
    value: object, status: int = 200, *, headers: tuple[tuple[str, str], ...] = (), content_type: str = JSON
) -> Response:
    """Return a value as compact JSON."""
    body = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
    return Response(status, body, content_type, headers)


def parse_day(text: str) -> date | None:
    """Return the date in YYYYMMDD form; None for eight digits that are no date."""
    try:
        return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 - a date has no time zone
    except ValueError:
        return None


class AnswerCache:
    """A bounded cache of answers, which drops the oldest first. Thread-safe.

    Two threads may build the same answer at the same time; the results are equal.
    """

    def __init__(self, entries: int = _CACHED_ANSWERS) -> None:
        self._entries = entries
        self._lock = threading.Lock()  # guards _kept
        self._kept: dict[object, Response] = {}

    def get(self, key: object, build: Callable[[], Response]) -> Response:
        """Return the answer kept under ``key``, or build it."""
        with self._lock:
            kept = self._kept.get(key)
        if kept is not None:
            return kept
        built = build()
        with self._lock:
            while len(self._kept) >= self._entries:
                self._kept.pop(next(iter(self._kept)))
            return self._kept.setdefault(key, built)
