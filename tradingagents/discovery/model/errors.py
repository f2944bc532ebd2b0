"""The errors of the discovery module: one type for each reaction.

    DiscoveryError
    ├── ConfigError(ValueError)      settings are wrong           -> raised at construction
    ├── NotConfiguredError           a key or identity is missing -> scanner skipped
    ├── DeadlineExceeded             no time left                 -> scanner timed out
    ├── Cancelled                    the work was stopped         -> scanner cancelled
    ├── ScannerError                 a scanner violated its contract
    │   └── InvalidCandidate         one candidate is malformed   -> that candidate is rejected
    ├── NoDataError                  the vendor has no data for this query
    │   └── StaleDataError           the vendor's newest data is too old for this query
    └── FetchError                   a request failed, or its response is wrong
        ├── Transient                connection trouble, 5xx      -> worth another attempt
        ├── RateLimited              requests too fast            -> wait ``retry_after_seconds``
        ├── QuotaSpent               the quota of the day or plan is used up
        ├── Auth                     key, plan or identity refused
        ├── Permanent                the request is wrong, or its object does not exist
        ├── BadPayload               the response is not what the vendor documents
        └── CircuitOpen              nothing sent, because the vendor kept failing

None of them derives from ``OSError``, ``TimeoutError`` or a client library's type: prawcore and
tenacity retry those, and a deadline must never be retried. All have plain text and plain
fields, so they pickle across a process boundary. Messages never contain secrets.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = [
    "Auth",
    "BadPayload",
    "Cancelled",
    "CircuitOpen",
    "ConfigError",
    "DeadlineExceeded",
    "DiscoveryError",
    "FetchError",
    "InvalidCandidate",
    "NoDataError",
    "NotConfiguredError",
    "Permanent",
    "QuotaSpent",
    "RateLimited",
    "ScannerError",
    "StaleDataError",
    "Transient",
]


class DiscoveryError(Exception):
    """Base class of every error that this module raises on purpose."""


class ConfigError(DiscoveryError, ValueError):
    """Settings are wrong. The message names each key, the value and the fix.

    ``problems`` holds one text for each wrong setting.
    """

    def __init__(self, message: str, *, problems: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems) or (message,)


class NotConfiguredError(DiscoveryError):
    """A setting that a vendor needs is missing.

    ``missing`` names it, usually an environment variable such as ``FINNHUB_API_KEY``.
    """

    def __init__(self, missing: str) -> None:
        super().__init__(missing)
        self.missing = missing

    def __str__(self) -> str:
        return f"no {self.missing}"


class DeadlineExceeded(DiscoveryError):
    """The deadline has passed, or what was about to start could not finish before it."""


class Cancelled(DiscoveryError):
    """The work was stopped before its deadline."""


class ScannerError(DiscoveryError):
    """A scanner violated its contract, for example returned something not iterable."""


class InvalidCandidate(ScannerError):
    """A candidate is malformed; ``field`` names the wrong part."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(field, reason)
        self.field = field
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.field}: {self.reason}"


class NoDataError(DiscoveryError):
    """The vendor answered and has no data for this query (unknown symbol, no file that day)."""


class StaleDataError(NoDataError):
    """The vendor's newest data is too old for the trade date."""


class FetchError(DiscoveryError):
    """A request to a vendor failed.

    ``vendor`` is the vendor's name in the configuration; ``status`` the HTTP status, if any.
    """

    def __init__(self, vendor: str, message: str, *, status: int | None = None) -> None:
        super().__init__(vendor, message)
        self.vendor = vendor
        self.message = message
        self.status = status

    def __str__(self) -> str:
        return f"{self.vendor}: {self.message}"


class Transient(FetchError):
    """Connection trouble or a server error; another attempt may succeed."""


class RateLimited(FetchError):
    """The vendor reports too many requests. ``retry_after_seconds`` is from its response, if it has it."""

    def __init__(
        self,
        vendor: str,
        message: str,
        *,
        status: int | None = None,
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(vendor, message, status=status)
        self.retry_after_seconds = retry_after_seconds


class QuotaSpent(FetchError):
    """The quota of the day or plan is used up; no wait inside a run helps."""


class Auth(FetchError):
    """The key is wrong, the plan is too low, or the client's identity is refused."""


class Permanent(FetchError):
    """A retry will not help: the request is wrong, or its object does not exist."""


class BadPayload(FetchError):
    """The response is not what the vendor documents: HTML for JSON, truncated, a missing field."""


class CircuitOpen(FetchError):
    """Nothing was sent, because the vendor kept failing. ``retry_at`` is ISO 8601 UTC, if known."""

    def __init__(self, vendor: str, message: str, *, retry_at: str | None = None) -> None:
        super().__init__(vendor, message)
        self.retry_at = retry_at
