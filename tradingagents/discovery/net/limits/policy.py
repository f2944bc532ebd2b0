"""``VendorPolicy``: one vendor's rate limits, timeouts, retries, breaker and TTLs."""

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
from tradingagents.discovery.state.names import qualified

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
    """Frozen settings of one vendor. Raises :class:`ConfigError` for invalid ones.

    ``ttl_seconds`` maps globs over the part of a URL after the base URL (``/quote*``,
    ``*function=OVERVIEW*``) to the seconds an answer is fresh; the first match counts, and without
    a match nothing is cached. ``attempts`` includes the first. ``connect_timeout_seconds`` and
    ``read_timeout_seconds`` are for one socket operation, ``exchange_timeout_seconds`` for one request
    with its whole body. ``max_body_bytes`` counts the body after decompression. During an outage an answer
    is served for ``stale_if_error_seconds`` beyond its TTL. ``repeatable_posts`` are globs of POST endpoints
    that are safe to send twice (a token grant).
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
    breaker: BreakerPolicy = BreakerPolicy()
    stale_if_error_seconds: float = 86_400.0
    repeatable_posts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.base_urls or not all(urlsplit(url).hostname for url in self.base_urls):
            raise ConfigError(f"{self.name}: base_url {list(self.base_urls)!r} is not a web address")
        positive = {
            "attempts": self.attempts,
            "connect_timeout_seconds": self.connect_timeout_seconds,
            "read_timeout_seconds": self.read_timeout_seconds,
            "exchange_timeout_seconds": self.exchange_timeout_seconds,
            "max_body_bytes": self.max_body_bytes,
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
        """The name of the vendor's state files. A sandbox has its own, so that its faults stay apart."""
        address = re.sub(r"[^0-9A-Za-z.]+", "_", urlsplit(self.base_urls[0]).netloc)
        return qualified(self.name, address if self.on_this_machine else "live")

    def owns(self, url: str) -> bool:
        """Whether ``url`` is below one of the vendor's base URLs; credentials are sent nowhere else."""
        return any(_is_below(url, base) for base in self.base_urls)

    def endpoint(self, url: str) -> str:
        """Return path and query of ``url`` after the base URL, with repeated slashes collapsed."""
        base = next((base for base in self.base_urls if _is_below(url, base)), "")
        parts = urlsplit(url)
        path = "/" + "/".join(filter(None, parts.path[len(urlsplit(base).path.rstrip("/")) :].split("/")))
        return f"{path}?{parts.query}" if parts.query else path

    def ttl_patterns(self) -> dict[re.Pattern[str], float]:
        """Return a regular expression over whole URLs for each glob, in order, with its TTL."""
        patterns = {}
        for glob, ttl in self.ttl_seconds:
            for base in self.base_urls:
                # Some clients put two slashes between base and path.
                slash, rest = ("/+", glob[1:]) if glob.startswith("/") else ("", glob)
                start = re.escape(base.rstrip("/"))
                patterns[re.compile(f"^{start}{slash}{glob_to_regex(rest)}")] = ttl
        return patterns

    def ttl_of(self, url: str) -> float:
        """Return the TTL in seconds of answers from ``url``; 0 when they are not cached."""
        return next((ttl for pattern, ttl in self.ttl_patterns().items() if pattern.match(url)), 0.0)

    @property
    def on_this_machine(self) -> bool:
        """Whether every base URL is a loopback address, as a sandbox's are."""
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
    "stale_if_error_seconds",
)


def _is_below(url: str, base: str) -> bool:
    given, root = urlsplit(url), urlsplit(base)
    if (given.scheme, given.netloc.lower()) != (root.scheme, root.netloc.lower()):
        return False
    path = root.path.rstrip("/")
    return given.path == path or given.path.startswith(path + "/")
