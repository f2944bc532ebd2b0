"""What a scanner reports while it runs: one stream of events, and the record that adds them up.

A scanner in this process and one in a process of its own send the same :class:`Event` objects::

    Recorder.count("listed", 2)  ->  Event("count", ("listed", 2))  ->  LocalRecorder.apply(event)
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import JsonValue

from tradingagents.discovery.execution.outcome import Reason
from tradingagents.discovery.model.candidate import Candidate
from tradingagents.discovery.model.report import Coverage
from tradingagents.discovery.model.tool_log import ToolLog, clean_entry, text_of

__all__ = ["NOT_CHECKED", "Event", "LocalRecorder", "Recorder"]

NOT_CHECKED = "not checked against the symbol directory"
"""The funnel step of candidates that were put forward unchecked."""

_log = logging.getLogger(__name__)
_MOST = 2**53  # a larger count is no count, and JSON readers round it


@dataclass(frozen=True)
class Event:
    """One fact from a scanner; ``values`` are the arguments of the :class:`Recorder` method that made it."""

    kind: Literal[
        "candidate", "log", "rejected", "coverage", "count", "degradation", "request", "held", "released"
    ]
    values: tuple[object, ...]

    def portable(self) -> Event:
        """Return the event as plain data that can cross a process boundary."""
        match self.kind, *self.values:
            case "candidate" | "held", Candidate() as candidate:
                return Event(self.kind, (candidate.to_dict(),))
            case "log", Mapping() as entry:
                return Event("log", (clean_entry(entry),))
            case "rejected", candidate, reason:
                return Event("rejected", (clean_entry({"candidate": candidate})["candidate"], reason))
        return self


class Recorder:
    """The scanner's side: turns each report into an event. Thread-safe if ``send`` is."""

    def __init__(self, send: Callable[[Event], None]) -> None:
        self._deliver = send

    def _send(self, event: Event) -> None:
        self._deliver(event)

    def emit(self, candidate: Candidate) -> None:
        """Put a validated candidate forward."""
        self._send(Event("candidate", (candidate,)))

    def hold(self, candidate: Candidate) -> None:
        """Keep a validated candidate that is put forward only later, or dropped; see :meth:`release`."""
        self._send(Event("held", (candidate,)))

    def release(self) -> None:
        """Forget the candidate held back first: it was put forward or dropped."""
        self._send(Event("released", ()))

    def log(self, entry: Mapping[str, object]) -> None:
        """Add a tool log entry."""
        self._send(Event("log", (entry,)))

    def reject(self, candidate: object, reason: str) -> None:
        """Record an invalid candidate and the reason."""
        self._send(Event("rejected", (candidate, reason)))

    def record_coverage(self, asked: int, answered: int, of: int | None) -> None:
        """Add to the items requested and answered; ``of`` is their total number, None to keep it."""
        total = None if of is None else _whole(of)
        self._send(Event("coverage", (_whole(asked), _whole(answered), total)))

    def count(self, step: str, n: int) -> None:
        """Add ``n`` to a step of the funnel."""
        self._send(Event("count", (text_of(step), _whole(n))))

    def degrade(self, reason: str, message: str) -> None:
        """Record that part of the data is missing; ``reason`` is the value of a :class:`Reason`.

        Any other reason counts as ``no_data``; the message is kept.
        """
        known = reason in Reason.__members__.values()
        self._send(Event("degradation", (str(reason) if known else Reason.NO_DATA.value, text_of(message))))

    def request(self, vendor: str, what: str, amount: float) -> None:
        """Add ``amount`` to a counter of a vendor's requests."""
        self._send(Event("request", (vendor, what, amount)))


def _whole(number: object) -> int:
    """Return a count as an ``int``: a scanner may hand over one of NumPy, Polars or decimal.

    What is no number, such as NaN, counts as 0.
    """
    if type(number) is int:
        return max(-_MOST, min(number, _MOST))
    try:
        whole: int = int(number)  # type: ignore[call-overload]
    except (TypeError, ValueError, ArithmeticError):
        _log.warning("a scanner reported a count of %s, which is no number", type(number).__name__)
        return 0
    return max(-_MOST, min(whole, _MOST))


class LocalRecorder(Recorder):
    """A recorder that adds up its own events, and those of another process. Thread-safe.

    Nothing changes after :meth:`close`: later events are dropped.
    """

    def __init__(self, log: ToolLog, emit: Callable[[Candidate], None]) -> None:
        self._log, self._emit = log, emit
        self._lock = threading.Lock()  # guards everything below
        self._closed = False
        self.rejected: list[dict[str, JsonValue]] = []
        self.degradations: list[tuple[Reason, str]] = []
        self.funnel: dict[str, int] = {}
        self.requests: dict[str, dict[str, float]] = {}
        self._held: list[Candidate] = []
        self.asked = self.answered = self.emitted = 0
        self.of: int | None = None

    def _send(self, event: Event) -> None:  # not a bound method kept in self, which would be a cycle
        self.apply(event)

    def receive(self, event: Event) -> None:
        """Add one event from another process, which :meth:`Event.portable` made plain."""
        match event.kind, *event.values:
            case "candidate" | "held", raw:
                event = Event(event.kind, (Candidate.parse(raw, source="", strategy=""),))
        self.apply(event)

    def apply(self, event: Event) -> None:
        """Add one event. A candidate that comes after the end of its task raises ``Cancelled``."""
        match event.kind, *event.values:
            case "candidate", Candidate() as candidate:
                self._emit(candidate)  # the task's scope decides whether it is too late
                self.emitted += 1
            case "log", Mapping() as entry:
                self._log.add(entry)
            case "rejected", candidate, reason:
                # Cleaned outside the lock, because it may call a third-party ``__repr__``.
                self._count(Event("rejected", (clean_entry({"candidate": candidate, "reason": reason}),)))
            case ("candidate" | "held" | "log") as kind, value if not isinstance(value, Candidate):
                raise TypeError(f"a {kind} event cannot hold a {type(value).__name__}")  # never silently lost
            case _:
                self._count(event)

    def _count(self, event: Event) -> None:
        with self._lock:
            if self._closed:
                return
            match event.kind, *event.values:
                case "held", Candidate() as candidate:
                    self._held.append(candidate)
                case "released", *_:
                    del self._held[:1]
                case "rejected", dict() as entry:
                    self.rejected.append(entry)
                case "coverage", int() as asked, int() as answered, of:
                    self.asked += asked
                    self.answered += answered
                    self.of = of if isinstance(of, int) else self.of
                case "count", str() as step, int() as n:
                    self.funnel[step] = self.funnel.get(step, 0) + n
                case "degradation", str() as reason, str() as message:
                    self.degradations.append((Reason(reason), message))
                case "request", str() as vendor, str() as what, int() | float() as amount:
                    counts = self.requests.setdefault(vendor, {})
                    counts[what] = counts.get(what, 0) + amount

    def coverage(self) -> Coverage | None:
        """Return ``{"asked", "answered", "of"}``, or None when the scanner reported none."""
        if not self.asked and self.of is None:
            return None
        of = self.asked if self.of is None else self.of
        return {"asked": self.asked, "answered": self.answered, "of": of}

    def take_held(self, emitted: Sequence[object]) -> list[Candidate]:
        """Return the candidates held back when the scanner ended that are not in ``emitted``.

        They are counted in the funnel as unchecked. Call it after :meth:`close`.
        """
        with self._lock:
            held, self._held = [one for one in self._held if one not in emitted], []
            if held:
                self.funnel[NOT_CHECKED] = self.funnel.get(NOT_CHECKED, 0) + len(held)
        return held

    def close(self) -> None:
        """Drop every later event. Idempotent."""
        self._log.close()
        with self._lock:
            self._closed = True
