"""How a task ended: one status, one reason, and the items it had emitted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tradingagents.discovery.model.errors import (
    Auth,
    Cancelled,
    CircuitOpen,
    DeadlineExceeded,
    FetchError,
    NoDataError,
    NotConfiguredError,
    QuotaSpent,
    RateLimited,
    ScannerError,
    StaleDataError,
    Transient,
)

__all__ = ["Outcome", "Reason", "Status", "Verdict", "verdict_of_error"]


class Status(StrEnum):
    """The six ways a task can end."""

    OK = "ok"
    EMPTY = "empty"
    """Finished, saw its data, nothing qualified."""
    DEGRADED = "degraded"
    """Finished, but part of its data is missing."""
    TIMED_OUT = "timed_out"
    FAILED = "failed"
    SKIPPED = "skipped"


class Reason(StrEnum):
    """Why a task did not end ``ok``."""

    NONE = "none"
    DEADLINE = "deadline"
    CANCELLED = "cancelled"
    RATE_LIMITED = "rate_limited"
    QUOTA_SPENT = "quota_spent"
    AUTH = "auth"
    NOT_CONFIGURED = "not_configured"
    CIRCUIT_OPEN = "circuit_open"
    VENDOR_DOWN = "vendor_down"
    BAD_PAYLOAD = "bad_payload"
    NO_DATA = "no_data"
    STALE_DATA = "stale_data"
    CRASHED = "crashed"
    DISABLED = "disabled"
    STILL_RUNNING = "still_running"


@dataclass(frozen=True)
class Verdict:
    """Status, reason and a message for users."""

    status: Status
    reason: Reason = Reason.NONE
    message: str = ""


@dataclass(frozen=True)
class Outcome:
    """The end of one task.

    ``items`` are those emitted before it ended or was cut. ``queued_seconds`` is the wait for a slot,
    ``duration_seconds`` counts from its own start; both on the monotonic clock.
    """

    name: str
    verdict: Verdict
    items: tuple[Any, ...] = ()
    queued_seconds: float = 0.0
    duration_seconds: float = 0.0


# The first match decides, so a subclass comes before its base.
_BY_ERROR: tuple[tuple[type[BaseException], Status, Reason], ...] = (
    (NotConfiguredError, Status.SKIPPED, Reason.NOT_CONFIGURED),
    (CircuitOpen, Status.SKIPPED, Reason.CIRCUIT_OPEN),
    (DeadlineExceeded, Status.TIMED_OUT, Reason.DEADLINE),
    (Cancelled, Status.TIMED_OUT, Reason.CANCELLED),
    (RateLimited, Status.FAILED, Reason.RATE_LIMITED),
    (QuotaSpent, Status.FAILED, Reason.QUOTA_SPENT),
    (Auth, Status.FAILED, Reason.AUTH),
    (Transient, Status.FAILED, Reason.VENDOR_DOWN),
    (FetchError, Status.FAILED, Reason.BAD_PAYLOAD),
    (StaleDataError, Status.FAILED, Reason.STALE_DATA),
    (NoDataError, Status.FAILED, Reason.NO_DATA),
    (ScannerError, Status.FAILED, Reason.BAD_PAYLOAD),
)


def verdict_of_error(error: BaseException) -> Verdict:
    """Return the verdict on a task that raised ``error``; an unknown type is ``crashed``."""
    text = _text_of(error)
    for kind, status, reason in _BY_ERROR:
        if isinstance(error, kind):
            return Verdict(status, reason, text)
    message = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return Verdict(Status.FAILED, Reason.CRASHED, message)


def _text_of(error: BaseException) -> str:
    try:
        return str(error)
    except BaseException:  # noqa: BLE001 - a third-party __str__ may raise anything, SystemExit too
        return ""
