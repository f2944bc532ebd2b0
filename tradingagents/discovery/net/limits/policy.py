"""What is allowed with one vendor: how fast, how long, how often again, and for how long an answer keeps."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from fnmatch import translate as glob_to_regex
from typing import Any
from urllib.parse import urlsplit

from tradingagents.discovery.model.errors import ConfigError
from tradingagents.discovery.settings.base import is_loopback

__all__ = ["BreakerPolicy", "Rate", "VendorPolicy"]


@dataclass(frozen=True)
class Rate:
    """At most ``requests`` in any window of ``seconds``."""

    requests: int
    seconds: float


@dataclass(frozen=True)
class BreakerPolicy:
    """Open after ``fail_max`` failures in a row; probe once ``reset_after_seconds`` later."""

    fail_max: int = 5
    reset_after_seconds: float = 60.0


@dataclass(frozen=True)
class VendorPolicy:
    """Frozen settings of one vendor. Raises :class:`ConfigError` when they cannot work.

    ``ttl_seconds`` maps globs over the part of a URL after the base URL (``/quote*``,
    ``*function=OVERVIEW*``) to the seconds an answer is fresh; the first match counts and what none
    matches is not cached. ``attempts`` includes the first. ``connect_timeout_seconds`` and
    ``read_timeout_seconds`` are for one socket operation, ``exchange_timeout_seconds`` for one request
    with its whole body. ``max_body_bytes`` counts the body after decompression. An answer stays good for
    ``stale_if_error_seconds`` beyond its TTL when no newer one can be had. That there is no such thing
    (a file of a holiday, a symbol) is believed for ``absent_ttl_seconds``, or the endpoint's TTL if that is
    shorter: what is not there may only be late. ``repeatable_posts`` are globs of POST endpoints that are
    safe to send twice (a token grant).
    """

    name: str
    base_urls: tuple[str, ...]
    rates: tuple[Rate, ...] = ()
    ttl_seconds: tuple[tuple[str, float], ...] = ()
    attempts: int = 3
    connect_timeout_seconds: float = 5.0
    read_timeout_seconds: float = 10.0
    exchange_timeout_seconds: float = 120.0
    max_body_bytes: int = 20_000_000
    backoff_base_seconds: float = 0.5
    backoff_cap_seconds: float = 8.0
    breaker: BreakerPolicy = BreakerPolicy()
    stale_if_error_seconds: float = 86_400.0
    repeatable_posts: tuple[str, ...] = ()
    absent_ttl_seconds: float = 900.0

    def __post_init__(self) -> None:
        if not self.base_urls or not all(urlsplit(url).hostname for url in self.base_urls):
            raise ConfigError(f"{self.name}: base_url {list(self.base_urls)!r} is not a web address")
        positive = {
            "attempts": self.attempts,
            "connect_timeout_seconds": self.connect_timeout_seconds,
            "read_timeout_seconds": self.read_timeout_seconds,
            "exchange_timeout_seconds": self.exchange_timeout_seconds,
            "max_body_bytes": self.max_body_bytes,
            "backoff_base_seconds": self.backoff_base_seconds,
            "backoff_cap_seconds": self.backoff_cap_seconds,
            "breaker.fail_max": self.breaker.fail_max,
            "breaker.reset_after_seconds": self.breaker.reset_after_seconds,
        }
        for rate in self.rates:
            positive |= {
                f"rates: requests of {rate}": rate.requests,
                f"rates: seconds of {rate}": rate.seconds,
            }
        for key, value in positive.items():
            if not (value > 0 and math.isfinite(value)):
                raise ConfigError(f"{self.name}.{key}: {value!r} must be above zero")

    @classmethod
    def from_settings(cls, name: str, settings: Mapping[str, Any]) -> VendorPolicy:
        """Build a policy from one entry of ``config["discovery"]["vendors"]``; other keys are ignored.

        Every setting whose name ends in ``_url`` is an address of the vendor. ``rates`` is a list of
        ``{"requests", "seconds"}``, ``ttl_seconds`` a dict of globs, ``breaker`` a dict.
        """
        plain = {key: settings[key] for key in _PLAIN if key in settings}
        return cls(
            name=name,
            base_urls=tuple(value for key, value in settings.items() if key.endswith("_url")),
            rates=tuple(Rate(rate["requests"], rate["seconds"]) for rate in settings.get("rates", ())),
            ttl_seconds=tuple(settings.get("ttl_seconds", {}).items()),
            breaker=BreakerPolicy(**settings.get("breaker", {})),
            repeatable_posts=tuple(settings.get("repeatable_posts", ())),
            **plain,
        )

    @property
    def file_stem(self) -> str:
        """How the vendor's files are named. A sandbox's are apart: its faults must not close the real one."""
        if not self.on_this_machine:
            return self.name
        return f"{self.name}@{re.sub(r'[^0-9A-Za-z.]+', '_', urlsplit(self.base_urls[0]).netloc)}"

    def owns(self, url: str) -> bool:
        """Whether ``url`` leads to this vendor: only there may its credentials go."""
        return any(_is_below(url, base) for base in self.base_urls)

    def endpoint(self, url: str) -> str:
        """Return path and query of ``url`` after the base URL, with repeated slashes made one."""
        base = next((base for base in self.base_urls if _is_below(url, base)), "")
        parts = urlsplit(url)
        path = "/" + "/".join(filter(None, parts.path[len(urlsplit(base).path.rstrip("/")) :].split("/")))
        return f"{path}?{parts.query}" if parts.query else path

    def ttl_patterns(self) -> dict[re.Pattern[str], float]:
        """Return for each glob an expression over whole URLs, in the order of the globs."""
        patterns = {}
        for glob, ttl in self.ttl_seconds:
            for base in self.base_urls:
                # Some clients write a slash too many between base and path.
                slash, rest = ("/+", glob[1:]) if glob.startswith("/") else ("", glob)
                start = re.escape(base.rstrip("/"))
                patterns[re.compile(f"^{start}{slash}{glob_to_regex(rest)}")] = ttl
        return patterns

    def ttl_of(self, url: str) -> float:
        """Return for how many seconds an answer from ``url`` is fresh; 0 when it is not cached."""
        return next((ttl for pattern, ttl in self.ttl_patterns().items() if pattern.match(url)), 0.0)

    @property
    def on_this_machine(self) -> bool:
        """Whether every address of the vendor is a loopback one, as a sandbox's are."""
        return all(map(is_loopback, self.base_urls))

    def may_repeat(self, method: str, url: str) -> bool:
        """Whether sending this request twice is safe."""
        if method in ("GET", "HEAD"):
            return True
        endpoint = self.endpoint(url)
        return method == "POST" and any(fnmatchcase(endpoint, glob) for glob in self.repeatable_posts)


_PLAIN = (
    "attempts",
    "connect_timeout_seconds",
    "read_timeout_seconds",
    "exchange_timeout_seconds",
    "max_body_bytes",
    "backoff_base_seconds",
    "backoff_cap_seconds",
    "stale_if_error_seconds",
    "absent_ttl_seconds",
)


def _is_below(url: str, base: str) -> bool:
    given, root = urlsplit(url), urlsplit(base)
    if (given.scheme, given.netloc.lower()) != (root.scheme, root.netloc.lower()):
        return False
    path = root.path.rstrip("/")
    return given.path == path or given.path.startswith(path + "/")
