"""Retries: which failures get another attempt, and the backoff before it."""

from __future__ import annotations

import random
from collections.abc import Callable

import requests
import tenacity

from tradingagents.discovery.model.clock import Deadline
from tradingagents.discovery.model.errors import FetchError
from tradingagents.discovery.net.counters import count
from tradingagents.discovery.net.limits.pacer import MAX_WAIT_SECONDS
from tradingagents.discovery.net.vendor import Vendor

__all__ = ["FailedAttempt", "full_jitter", "retrying"]

_BACKOFF_BASE_SECONDS = 0.5
_BACKOFF_CAP_SECONDS = 8.0


class FailedAttempt(Exception):
    """One attempt failed in a way that may be temporary.

    ``reason`` is the name of its counter, ``response`` the vendor's, if there was one, and ``wait_seconds``
    the wait the vendor set.
    """

    def __init__(
        self,
        error: FetchError,
        reason: str,
        *,
        response: requests.Response | None = None,
        wait_seconds: float | None = None,
    ) -> None:
        super().__init__(str(error))
        self.error, self.reason, self.response, self.wait_seconds = error, reason, response, wait_seconds

    def outcome(self) -> requests.Response:
        """Return the vendor's response, so that its client library can raise from it, or raise our error."""
        if self.response is not None:
            return self.response
        raise self.error from None


def full_jitter(attempt: int, base: float, cap: float, draw: Callable[[float, float], float]) -> float:
    """Return seconds drawn evenly between 0 and ``base`` doubled for each attempt, at most ``cap``.

    ``attempt`` is the number of the failed one, from 1. Jitter over the whole range spreads out callers that
    failed together.
    """
    return draw(0.0, min(cap, base * 2.0 ** min(attempt - 1, 64)))


def retrying(
    vendor: Vendor,
    attempts: int,
    deadline: Deadline,
    draw: Callable[[float, float], float] = random.uniform,
) -> tenacity.Retrying:
    """Return the loop that repeats on :class:`FailedAttempt` and raises the last one when it gives up.

    Sleeps end by the deadline: a wait that does not fit is not begun, and a cancel ends it.
    """

    def wait(state: tenacity.RetryCallState) -> float:
        drawn = full_jitter(state.attempt_number, _BACKOFF_BASE_SECONDS, _BACKOFF_CAP_SECONDS, draw)
        return max(_failure(state).wait_seconds or 0.0, drawn)

    def cannot_wait(state: tenacity.RetryCallState) -> bool:
        return state.upcoming_sleep > MAX_WAIT_SECONDS or state.upcoming_sleep >= deadline.remaining()

    def count_retry(state: tenacity.RetryCallState) -> None:
        count(vendor.name, f"retried.{_failure(state).reason}")
        count(vendor.name, "waited_seconds", state.upcoming_sleep)

    return tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(FailedAttempt),
        wait=wait,
        stop=lambda state: state.attempt_number >= attempts or cannot_wait(state),
        sleep=deadline.sleep,
        before_sleep=count_retry,
        reraise=True,
    )


def _failure(state: tenacity.RetryCallState) -> FailedAttempt:
    failure = state.outcome.exception() if state.outcome is not None else None
    if not isinstance(failure, FailedAttempt):
        raise TypeError("only a failed attempt is repeated")
    return failure
