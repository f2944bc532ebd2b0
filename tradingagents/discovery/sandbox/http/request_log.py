"""The requests that the sandbox received, as the server saw them."""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass, replace

__all__ = ["RequestLog", "RequestRecord"]

_SECRET = re.compile(r"(?i)([?&](?:apikey|token|key|client_secret|password)=)[^&]*")
_MOST = 100_000


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """One request. ``started_at`` is ``time.monotonic()`` when its head was read; secrets are starred.

    ``status`` is None while it is being answered, and 0 when it ended without a status line sent.
    ``seconds`` runs until the answer was handed to the kernel (while that is under way: until it was ready).
    """

    vendor: str
    endpoint: str
    path: str
    status: int | None
    started_at: float
    seconds: float | None
    fault: str | None = None


class RequestLog:
    """The first 100,000 requests, in the order of arrival. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # guards _records
        self._records: list[RequestRecord] = []

    def begin(self, vendor: str, endpoint: str, path: str) -> int:
        """Add a request and return its number for :meth:`end`."""
        record = RequestRecord(vendor, endpoint, _SECRET.sub(r"\1***", path), None, time.monotonic(), None)
        with self._lock:
            if len(self._records) < _MOST:
                self._records.append(record)
                return len(self._records) - 1
        return _MOST

    def end(self, number: int, status: int, fault: str | None) -> None:
        """Record how a request ended; a later call overwrites an earlier one."""
        now = time.monotonic()
        with self._lock:
            if number < _MOST:
                record = self._records[number]
                seconds = now - record.started_at
                self._records[number] = replace(record, status=status, seconds=seconds, fault=fault)

    def snapshot(self) -> tuple[RequestRecord, ...]:
        """Return the requests so far."""
        with self._lock:
            return tuple(self._records)
