"""What a scanner tells while it runs, and the two ends it can be told to: here, or a parent process."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from tradingagents.discovery.execution.outcome import Reason
from tradingagents.discovery.model.tool_log import ToolLog, clean_entry

__all__ = ["LocalRecorder", "Recorder", "RemoteRecorder"]


class Recorder(Protocol):
    """Everything a scanner may tell. All arguments are plain data. Thread-safe."""

    def emit(self, candidate: dict[str, Any]) -> None:
        """Put a validated candidate forward."""

    def log(self, entry: Mapping[str, Any]) -> None:
        """Keep a tool log entry."""

    def reject(self, candidate: Any, reason: str) -> None:
        """Note a candidate that was refused, and why."""

    def cover(self, asked: int, answered: int, of: int | None) -> None:
        """Add to what was asked and answered, and say out of how many."""

    def step(self, name: str, count: int) -> None:
        """Add to a step of the funnel."""

    def trouble(self, reason: str, message: str) -> None:
        """Note that part of the data could not be had."""

    def request(self, vendor: str, what: str, amount: float) -> None:
        """Add to the count of a vendor's requests."""


class LocalRecorder:
    """Keeps what is told until it is closed; later tellings are dropped. Thread-safe."""

    def __init__(self, log: ToolLog, emit: Callable[[dict[str, Any]], None]) -> None:
        self._log, self._emit = log, emit
        self._lock = threading.Lock()  # guards everything below
        self._closed = False
        self.rejected: list[dict[str, Any]] = []
        self.troubles: list[tuple[Reason, str]] = []
        self.funnel: dict[str, int] = {}
        self.requests: dict[str, dict[str, float]] = {}
        self.asked = self.answered = self.emitted = 0
        self.of: int | None = None

    def emit(self, candidate: dict[str, Any]) -> None:
        self._emit(candidate)  # the task's scope has a fence of its own
        self.emitted += 1

    def log(self, entry: Mapping[str, Any]) -> None:
        self._log.add(entry)

    def reject(self, candidate: Any, reason: str) -> None:
        kept = clean_entry({"candidate": candidate, "reason": reason})
        with self._lock:
            if not self._closed:
                self.rejected.append(kept)

    def cover(self, asked: int, answered: int, of: int | None) -> None:
        with self._lock:
            if self._closed:
                return
            self.asked += asked
            self.answered += answered
            if of is not None:
                self.of = of

    def step(self, name: str, count: int) -> None:
        with self._lock:
            if not self._closed:
                self.funnel[name] = self.funnel.get(name, 0) + count

    def trouble(self, reason: str, message: str) -> None:
        with self._lock:
            if not self._closed:
                self.troubles.append((Reason(reason), message))

    def request(self, vendor: str, what: str, amount: float) -> None:
        with self._lock:
            if not self._closed:
                counts = self.requests.setdefault(vendor, {})
                counts[what] = counts.get(what, 0) + amount

    def coverage(self) -> dict[str, int] | None:
        """Return ``{"asked", "answered", "of"}``, or None when the scanner did not say."""
        if not self.asked and self.of is None:
            return None
        return {
            "asked": self.asked,
            "answered": self.answered,
            "of": self.asked if self.of is None else self.of,
        }

    def close(self) -> None:
        """Put up the fence. Idempotent."""
        self._log.close()
        with self._lock:
            self._closed = True

    def receive(self, message: tuple[str, tuple[Any, ...]]) -> None:
        """Take what a :class:`RemoteRecorder` sent."""
        name, arguments = message
        getattr(self, name)(*arguments)


class RemoteRecorder:
    """In a scanner's own process: hands everything to the parent at once. Thread-safe if ``send`` is."""

    def __init__(self, send: Callable[[Any], None]) -> None:
        self._send = send

    def emit(self, candidate: dict[str, Any]) -> None:
        self._send(("emit", (candidate,)))

    def log(self, entry: Mapping[str, Any]) -> None:
        self._send(("log", (clean_entry(entry),)))

    def reject(self, candidate: Any, reason: str) -> None:
        kept = clean_entry({"candidate": candidate})
        self._send(("reject", (kept["candidate"], reason)))

    def cover(self, asked: int, answered: int, of: int | None) -> None:
        self._send(("cover", (asked, answered, of)))

    def step(self, name: str, count: int) -> None:
        self._send(("step", (name, count)))

    def trouble(self, reason: str, message: str) -> None:
        self._send(("trouble", (str(reason), message)))

    def request(self, vendor: str, what: str, amount: float) -> None:
        self._send(("request", (vendor, what, amount)))
