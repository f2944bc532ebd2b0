"""Outcomes: what each error means for the task that raised it, and what a run's health is."""

from __future__ import annotations

import inspect

import pytest

from tradingagents.discovery.execution.outcome import Reason, Status, Verdict, verdict_of_error
from tradingagents.discovery.model import errors
from tradingagents.discovery.model.errors import DiscoveryError

MEANING = [
    (
        errors.NotConfiguredError("FINNHUB_API_KEY"),
        Status.SKIPPED,
        Reason.NOT_CONFIGURED,
        "no FINNHUB_API_KEY",
    ),
    (errors.CircuitOpen("sec", "resting"), Status.SKIPPED, Reason.CIRCUIT_OPEN, "sec: resting"),
    (errors.DeadlineExceeded("too late"), Status.TIMED_OUT, Reason.DEADLINE, "too late"),
    (errors.Cancelled("stop"), Status.TIMED_OUT, Reason.CANCELLED, "stop"),
    (errors.RateLimited("sec", "slower", status=429), Status.FAILED, Reason.RATE_LIMITED, "sec: slower"),
    (errors.QuotaSpent("sec", "spent"), Status.FAILED, Reason.QUOTA_SPENT, "sec: spent"),
    (errors.Auth("sec", "refused", status=401), Status.FAILED, Reason.AUTH, "sec: refused"),
    (
        errors.Transient("sec", "HTTP 500 error", status=500),
        Status.FAILED,
        Reason.VENDOR_DOWN,
        "sec: HTTP 500 error",
    ),
    (errors.Permanent("sec", "HTTP 404", status=404), Status.FAILED, Reason.BAD_PAYLOAD, "sec: HTTP 404"),
    (errors.BadPayload("sec", "HTML"), Status.FAILED, Reason.BAD_PAYLOAD, "sec: HTML"),
    (errors.FetchError("sec", "other"), Status.FAILED, Reason.BAD_PAYLOAD, "sec: other"),
    (errors.NoDataError("nothing"), Status.FAILED, Reason.NO_DATA, "nothing"),
    (errors.StaleDataError("old"), Status.FAILED, Reason.STALE_DATA, "old"),
    (errors.ScannerError("no iterable"), Status.FAILED, Reason.BAD_PAYLOAD, "no iterable"),
    (errors.InvalidCandidate("ticker", "none"), Status.FAILED, Reason.BAD_PAYLOAD, "ticker: none"),
    (errors.ConfigError("wrong"), Status.FAILED, Reason.CRASHED, "ConfigError: wrong"),
    (ValueError("bad"), Status.FAILED, Reason.CRASHED, "ValueError: bad"),
    (TimeoutError("socket"), Status.FAILED, Reason.CRASHED, "TimeoutError: socket"),
    (ZeroDivisionError(), Status.FAILED, Reason.CRASHED, "ZeroDivisionError"),
    (SystemExit(3), Status.FAILED, Reason.CRASHED, "SystemExit: 3"),
    (KeyboardInterrupt(), Status.FAILED, Reason.CRASHED, "KeyboardInterrupt"),
    (GeneratorExit(), Status.FAILED, Reason.CRASHED, "GeneratorExit"),
]


@pytest.mark.parametrize(
    ("error", "status", "reason", "message"), MEANING, ids=lambda part: type(part).__name__
)
def test_every_error_has_one_meaning(
    error: BaseException, status: Status, reason: Reason, message: str
) -> None:
    assert verdict_of_error(error) == Verdict(status, reason, message)


def test_every_error_of_the_module_is_in_the_table_above() -> None:
    """A new error type without a decision what it means would silently be a crash."""
    own = {cls for _, cls in inspect.getmembers(errors, inspect.isclass) if issubclass(cls, DiscoveryError)}
    assert own - {type(error) for error, *_ in MEANING} == {DiscoveryError}


def test_a_subclass_means_what_its_base_means() -> None:
    class Mine(errors.RateLimited):
        pass

    assert verdict_of_error(Mine("sec", "x")).reason is Reason.RATE_LIMITED


class Wordless(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


def test_an_error_whose_str_raises_has_a_verdict_too() -> None:
    verdict = verdict_of_error(Wordless())
    assert (verdict.status, verdict.reason) == (Status.FAILED, Reason.CRASHED)
    assert "Wordless" in verdict.message


class Exiting(Exception):
    def __str__(self) -> str:
        raise SystemExit(3)


def test_an_error_whose_str_exits_is_a_crash_of_its_scanner() -> None:
    verdict = verdict_of_error(Exiting())
    assert (verdict.status, verdict.reason) == (Status.FAILED, Reason.CRASHED)


def test_status_and_reason_are_the_words_of_the_contract() -> None:
    assert [str(status) for status in Status] == ["ok", "empty", "degraded", "timed_out", "failed", "skipped"]
    assert {str(reason) for reason in Reason} == {
        *("none", "deadline", "cancelled", "rate_limited", "quota_spent", "auth", "not_configured"),
        *("circuit_open", "vendor_down", "bad_payload", "no_data", "stale_data", "crashed", "disabled"),
        "still_running",
    }
