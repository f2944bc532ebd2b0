"""Ledgers of spent permits: what a vendor may still be asked, in memory or in a file all processes share.

A ledger decides, it never waits. The windows themselves are pyrate-limiter's buckets, whose
``put_decision`` gives verdict and exact wait in one step.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

from pyrate_limiter import InMemoryBucket, RateItem, SQLiteBucket
from pyrate_limiter import Rate as BucketRate
from pyrate_limiter.abstracts.algorithm import Decision

from tradingagents.discovery.clock import Clock
from tradingagents.discovery.net.policy import Rate, binding_rates
from tradingagents.discovery.net.state import StateFile

__all__ = [
    "LONG_SECONDS",
    "MAX_HOLD_SECONDS",
    "QUOTA_SCHEMA",
    "Delay",
    "MemoryLedger",
    "QuotaLedger",
    "SQLiteLedger",
    "bucket_rates",
]

MAX_HOLD_SECONDS = 86_400.0
"""A vendor's wish to be left alone counts for a day at most: "in ten years" must not outlive the mistake."""

LONG_SECONDS = 3_600.0
"""A window this long is a quota to be spent, a shorter one a pace to be kept."""

_LEAK_EVERY = 256  # permits between two clean-ups


@dataclass(frozen=True)
class Delay:
    """No permit yet: ask again in ``seconds``, because of the pace, a spent quota, or a vendor's wish."""

    seconds: float
    why: Literal["pace", "quota", "hold"]


class QuotaLedger(Protocol):
    """Where one vendor's permits are written down. Implementations must be thread-safe and must not wait."""

    def take(self) -> Delay | None:
        """Write down one request and return None, or say when to ask again and write nothing."""

    def hold(self, seconds: float, *, quota: bool = False) -> None:
        """Give no permit for ``seconds``; ``quota`` when the vendor says its quota is spent."""

    def close(self) -> None:
        """Let go of what the ledger holds open. Idempotent."""


def bucket_rates(rates: Iterable[Rate]) -> list[BucketRate]:
    """Turn published rates into bucket rates, each window a tenth longer (at most a second).

    What leaves evenly spaced arrives in bursts: a server counted 14 requests in one second of a client
    that kept exactly 10.
    """
    padded = [Rate(rate.requests, rate.seconds + min(rate.seconds * 0.1, 1.0)) for rate in rates]
    return [BucketRate(rate.requests, round(rate.seconds * 1000)) for rate in binding_rates(padded)]


def _delay_of(decision: Decision) -> Delay | None:
    if decision.failing_rate is None:
        return None
    window = decision.failing_rate.interval / 1000
    return Delay(
        (decision.retry_after_ms or 1) / 1000,
        "quota" if window >= LONG_SECONDS else "pace",
    )


class MemoryLedger:
    """Permits of this process only. Thread-safe."""

    def __init__(self, rates: Iterable[Rate], clock: Clock) -> None:
        self._clock = clock
        wanted = bucket_rates(rates)
        self._bucket = InMemoryBucket(wanted) if wanted else None
        self._lock = threading.Lock()  # guards the bucket and the hold
        self._held_until = 0.0
        self._hold_is_quota = False

    def take(self) -> Delay | None:
        """See :class:`QuotaLedger`."""
        with self._lock:
            now = self._clock.monotonic()
            if (left := self._held_until - now) > 0:
                return Delay(left, "quota" if self._hold_is_quota else "hold")
            if self._bucket is None:
                return None
            milliseconds = round(now * 1000)
            self._bucket.leak(milliseconds)
            decision = self._bucket.put_decision(RateItem("", milliseconds))
        return _delay_of(_settled(decision))

    def hold(self, seconds: float, *, quota: bool = False) -> None:
        """See :class:`QuotaLedger`."""
        with self._lock:
            until = self._clock.monotonic() + min(seconds, MAX_HOLD_SECONDS)
            if until > self._held_until:
                self._held_until, self._hold_is_quota = until, quota

    def close(self) -> None:
        """See :class:`QuotaLedger`."""


_HOLD_TABLE = """
CREATE TABLE IF NOT EXISTS hold (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    until_ms INTEGER NOT NULL,
    length_ms INTEGER NOT NULL,
    quota INTEGER NOT NULL
)"""
QUOTA_SCHEMA = (
    # The first table is the one pyrate-limiter's SQLiteBucket reads and writes.
    "CREATE TABLE IF NOT EXISTS permits (name VARCHAR, item_timestamp INTEGER)",
    "CREATE INDEX IF NOT EXISTS permits_by_time ON permits (item_timestamp)",
    _HOLD_TABLE,
)


class SQLiteLedger:
    """Permits in a file: the next run and other processes know what was spent. Thread-safe.

    Times are the wall clock's, in milliseconds, because no other clock is shared by two runs. Raises
    ``StateUnavailable``.
    """

    def __init__(self, file: StateFile, rates: Iterable[Rate], clock: Clock) -> None:
        self._file, self._clock = file, clock
        wanted = bucket_rates(rates)
        with file.transaction() as connection:
            self._bucket = SQLiteBucket(wanted, connection, table="permits") if wanted else None
        self._taken = 0  # only paces the clean-up, so a lost update does no harm

    def take(self) -> Delay | None:
        """See :class:`QuotaLedger`."""
        with self._file.transaction() as connection:
            now = self._now_ms()
            if (held := self._held(connection, now)) is not None:
                return held
            if self._bucket is None:
                return None
            decision = _settled(self._bucket.put_decision(RateItem("", now)))
            if _is_impossible(decision):
                # Rows from the future: the clock was put back. They count as spent now, not for ever.
                connection.execute(
                    "UPDATE permits SET item_timestamp = ? WHERE item_timestamp > ?", (now, now)
                )
                decision = _settled(self._bucket.put_decision(RateItem("", now)))
        self._clean_up()
        return _delay_of(decision)

    def hold(self, seconds: float, *, quota: bool = False) -> None:
        """See :class:`QuotaLedger`."""
        length = round(min(seconds, MAX_HOLD_SECONDS) * 1000)
        until = self._now_ms() + length
        with self._file.transaction() as connection:
            connection.execute(
                "INSERT INTO hold VALUES (1, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET until_ms = "
                "excluded.until_ms, length_ms = excluded.length_ms, quota = excluded.quota "
                "WHERE excluded.until_ms > until_ms",
                (until, length, quota),
            )

    def close(self) -> None:
        """See :class:`QuotaLedger`. The file belongs to whoever opened it."""

    def _held(self, connection: sqlite3.Connection, now: int) -> Delay | None:
        row = connection.execute("SELECT until_ms, length_ms, quota FROM hold").fetchone()
        if row is None or row[0] <= now:
            return None
        # Never longer than it was set for, whatever has happened to the clock since.
        return Delay(min(row[0] - now, row[1]) / 1000, "quota" if row[2] else "hold")

    def _clean_up(self) -> None:
        self._taken += 1
        if self._bucket is not None and self._taken % _LEAK_EVERY == 0:
            with self._file.transaction():
                self._bucket.leak(self._now_ms())

    def _now_ms(self) -> int:
        return round(self._clock.now().timestamp() * 1000)


def _settled(decision: Decision | Awaitable[Decision]) -> Decision:
    if not isinstance(decision, Decision):
        raise TypeError("an asynchronous bucket cannot be used here")
    return decision


def _is_impossible(decision: Decision) -> bool:
    rate, wait = decision.failing_rate, decision.retry_after_ms
    return rate is not None and wait is not None and wait > rate.interval + 1
