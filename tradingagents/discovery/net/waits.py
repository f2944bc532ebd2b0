"""How long a vendor asks us to wait, in whatever header it says so."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

__all__ = ["limit_reset_seconds", "retry_after_seconds"]


def retry_after_seconds(headers: Mapping[str, str], now: datetime) -> float | None:
    """Read ``Retry-After`` (RFC 9110: seconds or a date); None when it is missing or nonsense.

    A date is compared with the answer's own ``Date``, so that a wrong clock on either side does not
    count, and with ``now`` when there is none. Never negative.
    """
    value = headers.get("Retry-After", "").strip()
    if (seconds := _number(value)) is not None:
        return max(seconds, 0.0)
    when = _date(value)
    return None if when is None else max((when - _sent_at(headers, now)).total_seconds(), 0.0)


def limit_reset_seconds(headers: Mapping[str, str], now: datetime) -> float | None:
    """Read ``X-RateLimit-Reset``: seconds to go (Reddit) or a Unix time (Finnhub, StockTwits).

    None when it is missing or nonsense. Never negative.
    """
    value = _number(headers.get("X-RateLimit-Reset", ""))
    if value is None:
        return None
    if value < _SMALLEST_UNIX_TIME:
        return max(value, 0.0)
    return max(value - _sent_at(headers, now).timestamp(), 0.0)


_SMALLEST_UNIX_TIME = 1e9  # September 2001; no vendor's window is 31 years long


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _date(text: str) -> datetime | None:
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return None
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when


def _sent_at(headers: Mapping[str, str], now: datetime) -> datetime:
    return _date(headers.get("Date", "")) or now
