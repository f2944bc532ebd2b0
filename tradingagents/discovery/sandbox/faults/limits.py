"""The vendors' published request limits.

Sources: alphavantage.co/support (25 a day) and its burst message (1 a second); finnhub.io/docs/api/rate-limit
(60 a minute, 30 a second); Reddit's Data API Wiki (100 a minute, averaged over ten); sec.gov "Accessing
EDGAR data" (10 a second). FINRA and Nasdaq Trader publish none.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tradingagents.discovery.sandbox.http.wire import Usage

__all__ = ["PUBLISHED", "Limits", "LimitsSetting", "Meter", "meters_for"]

PUBLISHED: dict[str, tuple[tuple[int, float], ...]] = {
    "alpha_vantage": ((1, 1.0), (25, 86_400.0)),
    "finnhub": ((30, 1.0), (60, 60.0)),
    "reddit": ((1_000, 600.0),),
    "sec": ((10, 1.0),),
}
"""Vendor: pairs of a number of requests and the window in seconds."""

Limits = Iterable[tuple[int, float]]
LimitsSetting = bool | Mapping[str, bool | Limits]
_SHORT_SECONDS = 1.0
_REASONS = ((1.0, "second"), (60.0, "minute"), (600.0, "window"))


@dataclass(slots=True)
class _Window:
    """Requests in a window: sliding up to a second, otherwise fixed from the first request."""

    limit: int
    seconds: float
    times: deque[float]

    def drop_old(self, now: float) -> None:
        if self.seconds <= _SHORT_SECONDS:
            while self.times and now - self.times[0] >= self.seconds:
                self.times.popleft()
        elif self.times and now - self.times[0] >= self.seconds:
            self.times.clear()

    @property
    def reason(self) -> str:
        return next((name for span, name in _REASONS if self.seconds <= span), "day")


class Meter:
    """Counts one vendor's requests. With ``enforced`` False it refuses none and reports low usage.

    Requests that were refused are not counted. Thread-safe.
    """

    def __init__(self, limits: Limits, *, enforced: bool) -> None:
        self._enforced = enforced
        self._lock = threading.Lock()  # guards the windows
        self._windows = [_Window(limit, seconds, deque()) for limit, seconds in limits]

    def admit(self) -> tuple[str | None, Usage]:
        """Count a request; return the reason of a refusal, or None, and the usage of the longest window."""
        if not self._windows:
            return None, Usage(0, 0, 0, 0)
        longest = self._windows[-1]
        if not self._enforced:
            return None, Usage(
                longest.limit, 1, int(longest.seconds / 2), int(time.time() + longest.seconds / 2)
            )
        now = time.monotonic()
        with self._lock:
            for window in self._windows:
                window.drop_old(now)
            full = next((one for one in self._windows if len(one.times) >= one.limit), None)
            if full is None:
                for window in self._windows:
                    window.times.append(now)
            used, left = len(longest.times), self._left(longest, now)
        return full.reason if full else None, Usage(longest.limit, used, int(left), int(time.time() + left))

    @staticmethod
    def _left(window: _Window, now: float) -> float:
        return window.seconds - (now - window.times[0]) if window.times else window.seconds


def meters_for(setting: LimitsSetting) -> dict[str, Meter]:
    """Return a meter for each vendor that has limits.

    ``True`` enforces the published limits; a mapping enforces, by vendor, the published limits (True)
    or the given ones. ``ValueError`` for True and a vendor without published limits.
    """
    chosen = dict.fromkeys(PUBLISHED, setting) if isinstance(setting, bool) else dict(setting)
    meters = {}
    for vendor in {**PUBLISHED, **chosen}:
        chosen_limits = chosen.get(vendor, False)
        if chosen_limits is True and vendor not in PUBLISHED:
            raise ValueError(f"{vendor} publishes no limits; give pairs of requests and seconds")
        limits = (
            PUBLISHED.get(vendor, ())
            if isinstance(chosen_limits, bool)
            else sorted(chosen_limits, key=lambda pair: pair[1])
        )
        meters[vendor] = Meter(limits, enforced=chosen_limits is not False)
    return meters
