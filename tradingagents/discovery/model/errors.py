"""Every error the discovery module raises on purpose: one type for each reaction.

    DiscoveryError
    ├── ConfigError(ValueError)      settings are wrong           -> raised at construction
    ├── NotConfiguredError           a key or identity is missing -> scanner skipped
    ├── DeadlineExceeded             no time left                 -> scanner timed out
    ├── Cancelled                    told to stop                 -> scanner cancelled
    ├── ScannerError                 a scanner broke its contract
    │   └── InvalidCandidate         one candidate is malformed   -> that candidate is rejected
    ├── NoDataError                  the vendor has nothing for this question
    │   └── StaleDataError           the vendor's newest data is too old for the question
    └── FetchError                   a vendor could not be asked, or answered wrongly
        ├── Transient                connection trouble, 5xx      -> worth another attempt
        ├── RateLimited              asked too fast               -> wait ``retry_after_seconds``
        ├── QuotaSpent               the day's or plan's share is gone
        ├── Auth                     key, plan or identity refused
        ├── Permanent                the request itself is wrong, or the thing does not exist
        ├── BadPayload               an answer that is not what the vendor documents
        └── CircuitOpen              not asked, because it kept failing

None of them derives from ``OSError``, ``TimeoutError`` or a client library's type: prawcore and
tenacity retry those, and a deadline must never be retried. All carry plain text and plain
fields, so they pickle across a process boundary. Secrets never belong in a message.
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
    """Base class; catch it to catch everything this module raises on purpose."""


class ConfigError(DiscoveryError, ValueError):
    """Settings are wrong. The message names each key, the value and the way out.

    ``problems`` holds one text for each wrong setting.
    """

    def __init__(self, message: str, *, problems: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems) or (message,)


class NotConfiguredError(DiscoveryError):
    """A vendor needs a setting that is not there.

    ``missing`` names it, as a rule an environment variable such as ``FINNHUB_API_KEY``.
    """

    def __init__(self, missing: str) -> None:
        super().__init__(missing)
        self.missing = missing

    def __str__(self) -> str:
        return f"no {self.missing}"


class DeadlineExceeded(DiscoveryError):
    """The deadline has passed, or what was about to start could not finish before it."""


class Cancelled(DiscoveryError):
    """The work was told to stop before its deadline."""


class ScannerError(DiscoveryError):
    """A scanner did not keep its contract, for example returned something not iterable."""


class InvalidCandidate(ScannerError):
    """A candidate is malformed; ``field`` names the part that is wrong."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(field, reason)
        self.field = field
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.field}: {self.reason}"


class NoDataError(DiscoveryError):
    """The vendor answered and has nothing for this question (unknown symbol, no file that day)."""


class StaleDataError(NoDataError):
    """The newest data the vendor has is too old for the trade date asked about."""


class FetchError(DiscoveryError):
    """Something went wrong between us and a vendor.

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
    """The vendor says we ask too fast. ``retry_after_seconds`` is its wish, if it gave one."""

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
    """Asking again will not help: the request is wrong or the thing asked for does not exist."""


class BadPayload(FetchError):
    """The answer is not what the vendor documents: HTML for JSON, cut off, a missing field."""


class CircuitOpen(FetchError):
    """Nothing was sent, because the vendor kept failing. ``retry_at`` is ISO 8601 UTC, if known."""

    def __init__(self, vendor: str, message: str, *, retry_at: str | None = None) -> None:
        super().__init__(vendor, message)
        self.retry_at = retry_at
