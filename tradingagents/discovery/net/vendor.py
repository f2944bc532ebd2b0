"""``Vendor``: a name with its settings, and what they mean for one URL."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from fnmatch import translate as glob_to_regex
from functools import cached_property
from urllib.parse import urlsplit

from tradingagents.discovery.settings.base import is_loopback
from tradingagents.discovery.settings.vendors import VendorSettings

__all__ = ["Vendor"]


@dataclass(frozen=True)
class Vendor:
    """One vendor as the net layer uses it: ``Vendor("finnhub", config.vendors.finnhub)``.

    ``name`` is its key in the configuration, its counters' and its files'. Immutable.
    """

    name: str
    settings: VendorSettings

    @cached_property
    def base_urls(self) -> tuple[str, ...]:
        """Every address of the vendor: each setting whose name ends in ``_url``."""
        return tuple(value for key, value in self.settings if key.endswith("_url"))

    @property
    def file_stem(self) -> str:
        """The name of the vendor's state files. A sandbox has its own, so that its faults stay apart."""
        if not self.on_this_machine:
            return self.name
        return f"{self.name}@{re.sub(r'[^0-9A-Za-z.]+', '_', urlsplit(self.base_urls[0]).netloc)}"

    @property
    def on_this_machine(self) -> bool:
        """Whether every base URL is a loopback address, as a sandbox's are."""
        return all(map(is_loopback, self.base_urls))

    def owns(self, url: str) -> bool:
        """Whether ``url`` is below one of the vendor's base URLs; credentials are sent nowhere else."""
        return any(_is_below(url, base) for base in self.base_urls)

    def absolute(self, url: str) -> str:
        """Return ``url`` below the base URL if it begins with ``/`` or ``?``, otherwise unchanged."""
        is_relative = url.startswith(("/", "?")) and not url.startswith("//")
        return f"{self.settings.base_url.rstrip('/')}{url}" if is_relative else url

    def endpoint(self, url: str) -> str:
        """Return path and query of ``url`` after the base URL, with repeated slashes collapsed."""
        base = next((base for base in self.base_urls if _is_below(url, base)), "")
        parts = urlsplit(url)
        path = "/" + "/".join(filter(None, parts.path[len(urlsplit(base).path.rstrip("/")) :].split("/")))
        return f"{path}?{parts.query}" if parts.query else path

    def ttl_patterns(self) -> dict[re.Pattern[str], float]:
        """Return a regular expression over whole URLs for each glob, in order, with its TTL in seconds."""
        patterns = {}
        for glob, ttl in self.settings.ttl_seconds.items():
            for base in self.base_urls:
                # Some clients put two slashes between base and path.
                slash, rest = ("/+", glob[1:]) if glob.startswith("/") else ("", glob)
                start = re.escape(base.rstrip("/"))
                patterns[re.compile(f"^{start}{slash}{glob_to_regex(rest)}")] = ttl
        return patterns

    def ttl_of(self, url: str) -> float:
        """Return the TTL in seconds of answers from ``url``; 0 when they are not cached."""
        return next((ttl for pattern, ttl in self.ttl_patterns().items() if pattern.match(url)), 0.0)

    def may_repeat(self, method: str, url: str) -> bool:
        """Whether sending this request twice is safe."""
        if method in ("GET", "HEAD"):
            return True
        endpoint, globs = self.endpoint(url), self.settings.repeatable_posts
        return method == "POST" and any(fnmatchcase(endpoint, glob) for glob in globs)


def _is_below(url: str, base: str) -> bool:
    given, root = urlsplit(url), urlsplit(base)
    if (given.scheme, given.netloc.lower()) != (root.scheme, root.netloc.lower()):
        return False
    path = root.path.rstrip("/")
    return given.path == path or given.path.startswith(path + "/")
