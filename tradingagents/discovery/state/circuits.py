"""Stop calling what keeps failing, and find out with a single call whether it has recovered.

A circuit is *closed* (calls pass), *open* (calls are refused) or *half-open* (one call, the probe, passes).
The caller decides what counts as a failure, and what a refusal looks like.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from tradingagents.discovery.model.clock import Clock
from tradingagents.discovery.state.table import Table

__all__ = ["CIRCUIT_SCHEMA", "Circuit", "CircuitRules", "Circuits"]

T = TypeVar("T")

CIRCUIT_SCHEMA = (
    """CREATE TABLE IF NOT EXISTS circuit_states (
        name TEXT PRIMARY KEY, failures INTEGER NOT NULL, retry_at REAL
    )""",
)


@dataclass(frozen=True)
class CircuitRules:
    """``open_after`` failures in a row open one (0: never); ``reopen_after_seconds`` later it is probed."""

    open_after: int
    reopen_after_seconds: float


@dataclass(frozen=True)
class Circuit:
    """The state of one circuit, a plain value: failures in a row, and once open the time of the next probe.

    Times are seconds on one clock, whichever the caller uses throughout.
    """

    failures: int = 0
    retry_at: float | None = None

    @property
    def is_open(self) -> bool:
        """Whether calls are refused, save for a probe that is due."""
        return self.retry_at is not None

    def state(self, now: float) -> Literal["closed", "open", "half-open"]:
        """Return the state at ``now``; half-open from the moment a probe is due."""
        if self.retry_at is None:
            return "closed"
        return "half-open" if now >= self.retry_at else "open"

    def failed(self, now: float, rules: CircuitRules, *, probe: bool) -> Circuit:
        """Return the state after one more failure; that of a ``probe`` keeps it open as long again."""
        failures = self.failures + 1
        opens = failures >= rules.open_after if probe or not self.is_open else False
        return Circuit(failures, now + rules.reopen_after_seconds if opens else self.retry_at)

    def shifted(self, seconds: float) -> Circuit:
        """Return the same state on a clock that is ``seconds`` ahead."""
        return self if self.retry_at is None else replace(self, retry_at=self.retry_at + seconds)


class Circuits:
    """Circuits by name in a table, in Unix seconds. Thread-safe, and safe beside other processes.

    A probe is due at most ``reopen_after_seconds`` from now, whatever happened to the clock or the setting.
    """

    def __init__(self, table: Table, rules: CircuitRules, clock: Clock) -> None:
        self._table, self._rules, self._clock = table, rules, clock

    def get(self, name: str) -> Circuit:
        """Return one circuit."""
        return self._change(lambda circuits, now: circuits.get(name, Circuit()))

    def put(self, name: str, circuit: Circuit) -> None:
        """Replace one circuit."""
        self._change(lambda circuits, now: circuits.update({name: circuit}))

    def refused(self, names: Collection[str]) -> dict[str, Circuit]:
        """Return those circuits that refuse a call now; the calls of all others may begin.

        Where a probe is due, this call is the probe: others are refused until it is recorded, or for
        ``reopen_after_seconds`` if it never is.
        """
        reopen_after = self._rules.reopen_after_seconds

        def enter(circuits: dict[str, Circuit], now: float) -> dict[str, Circuit]:
            known = {name: circuits[name] for name in names if name in circuits}
            for name, circuit in known.items():
                if circuit.state(now) == "half-open":
                    circuits[name] = replace(circuit, retry_at=now + reopen_after)
            return {name: circuit for name, circuit in known.items() if circuit.state(now) == "open"}

        return self._change(enter) if self._rules.open_after else {}

    def record(self, results: Mapping[str, bool | None]) -> None:
        """Record how calls ended that were let through: True well, False failed, None neither.

        A probe that ended neither way leaves it to the next call to be the probe.
        """

        def learn(circuits: dict[str, Circuit], now: float) -> None:
            for name, good in results.items():
                circuit = circuits.get(name, Circuit())
                if good:
                    circuits[name] = Circuit()
                elif good is False:
                    circuits[name] = circuit.failed(now, self._rules, probe=circuit.is_open)
                elif circuit.is_open:
                    circuits[name] = replace(circuit, retry_at=now)

        if self._rules.open_after and results:
            self._change(learn)

    def _change(self, change: Callable[[dict[str, Circuit], float], T]) -> T:
        """Return what ``change(circuits, now)`` returns, and keep what it changed, in one transaction."""
        now = self._clock.now().timestamp()
        latest = now + self._rules.reopen_after_seconds

        def work(connection: sqlite3.Connection) -> T:
            before = dict(_rows(connection, latest))
            after = dict(before)
            result = change(after, now)
            for name, circuit in after.items():
                if circuit == Circuit():
                    connection.execute("DELETE FROM circuit_states WHERE name = ?", (name,))
                elif circuit != before.get(name):
                    row = (name, circuit.failures, circuit.retry_at)
                    connection.execute("INSERT OR REPLACE INTO circuit_states VALUES (?, ?, ?)", row)
            return result

        return self._table.run(work)


def _rows(connection: sqlite3.Connection, latest: float) -> list[tuple[str, Circuit]]:
    rows = connection.execute("SELECT name, failures, retry_at FROM circuit_states").fetchall()
    return [
        (name, Circuit(failures, None if retry_at is None else min(retry_at, latest)))
        for name, failures, retry_at in rows
    ]
