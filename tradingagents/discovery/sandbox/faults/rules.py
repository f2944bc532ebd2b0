"""Faults on demand: what goes wrong, with which vendor and endpoint, and how often.

::

    server.faults.add(Fault("status", "finnhub", "stock_recommendation", times=2, code=429, retry_after=7))
    server.faults.clear()

Rules apply in the order they were added; a request gets the fault of the first rule that fires. The
kinds and their options are in :data:`KINDS`.

A refused connection needs a port of the vendor's own, because on a shared port the vendor is known only
after the connection was accepted: start the server with ``own_ports=True``. ``refuse`` then closes the
vendor's listener until ``clear()``; the port stays reserved meanwhile. It cannot count requests, so it takes
no ``times``, ``after`` or ``probability``.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

from tradingagents.discovery.sandbox.vendors.alpha_vantage.errors import ERRORS
from tradingagents.discovery.sandbox.world import stream

__all__ = ["KINDS", "VENDORS", "Fault", "FaultRules", "Ports"]

VENDORS = ("alpha_vantage", "finnhub", "reddit", "sec", "finra", "nasdaq", "yahoo")

KINDS: Mapping[str, Mapping[str, object]] = MappingProxyType(
    {
        # connections
        "refuse": {},
        "reset": {},  # RST once the request is read
        "reset_mid_body": {},  # RST after half of the body
        "hang": {"seconds": None},  # nothing is sent; None: until the client disconnects or the server stops
        "hang_after_headers": {"seconds": None},
        "slow": {"seconds": 1.0},  # delayed, otherwise unchanged
        "drip": {"interval": 0.25},  # one byte of the body every so many seconds
        # sizes
        "truncate": {"share": 0.5},  # the content is cut, with the Content-Length of what is left
        "wrong_length": {"extra": 100},  # bytes announced in excess of those sent (negative: fewer)
        "empty": {},
        "huge": {"megabytes": 100, "chunked": False},  # blanks, then the usual body
        "gzip_bomb": {"megabytes": 100},  # the same, compressed to a thousandth
        # content
        "wrong_type": {"content_type": "text/html"},
        "html": {"status": 200},
        "xml_bomb": {},
        "status": {"code": 503, "retry_after": None, "retry_date_seconds": None},
        "vendor_error": {
            "reason": None
        },  # HTTP 200 with the vendor's error message; reasons: Alpha Vantage's errors
        "redirect_loop": {},
        # values
        "nulls": {},
        "nan": {},
        "negative": {},
        "duplicate_fields": {},
        "unknown_fields": {},
        "clock_skew": {
            "seconds": -259_200.0
        },  # of the Date header and of every date in the body, in whole days
    }
)
"""Kind: its options and their defaults."""

_TEXTS = {"reason", "retry_after", "content_type"}  # options that may be strings


class Fault:
    """One rule. Immutable; ``ValueError`` for a kind, vendor or option that does not exist.

    ``vendor`` may be ``"*"``; ``endpoint`` None means every endpoint. The rule lets the first ``after``
    matching requests pass, fires on each later one with ``probability`` (drawn from ``seed``, so the same
    requests in the same order meet the same faults), and at most ``times`` times.
    """

    __slots__ = ("after", "endpoint", "kind", "options", "probability", "seed", "times", "vendor")

    def __init__(
        self,
        kind: str,
        vendor: str,
        endpoint: str | None = None,
        times: int | None = None,
        *,
        after: int = 0,
        probability: float = 1.0,
        seed: int = 0,
        **options: object,
    ) -> None:
        _check(kind, vendor, options)
        if kind == "refuse" and (endpoint, times, after, probability) != (None, None, 0, 1.0):
            raise ValueError(
                "a refused connection is of no endpoint and cannot be counted: give the vendor only"
            )
        self.kind, self.vendor, self.endpoint = kind, vendor, endpoint
        self.times, self.after, self.probability, self.seed = times, after, probability, seed
        self.options: Mapping[str, object] = MappingProxyType({**KINDS[kind], **options})

    def __repr__(self) -> str:
        return f"Fault({self.kind!r}, {self.vendor!r}, {self.endpoint!r}, {dict(self.options)!r})"

    def matches(self, vendor: str, endpoint: str) -> bool:
        """Return whether the rule applies to a request."""
        return self.vendor in {"*", vendor} and self.endpoint in {None, endpoint}

    def as_dict(self) -> dict[str, object]:
        """Return the constructor's arguments, for another process."""
        arguments = {name: getattr(self, name) for name in self.__slots__ if name != "options"}
        return arguments | dict(self.options)


def _check(kind: str, vendor: str, options: Mapping[str, object]) -> None:
    """Reject invalid arguments now, not in the middle of a request."""
    if kind not in KINDS:
        raise ValueError(f"there is no fault {kind!r}; there are {', '.join(KINDS)}")
    if vendor not in {*VENDORS, "*"}:
        raise ValueError(f"there is no vendor {vendor!r}; there are {', '.join(VENDORS)}")
    if wrong := options.keys() - KINDS[kind].keys():
        raise ValueError(f"{kind} has no option {sorted(wrong)}; it has {sorted(KINDS[kind])}")
    for name, value in options.items():
        if name == "reason" and value not in {None, *ERRORS}:
            raise ValueError(f"Alpha Vantage has no error {value!r}; it has {', '.join(ERRORS)}")
        if name not in _TEXTS and not isinstance(value, int | float | None):
            raise ValueError(f"{kind}: {name} must be a number, not {value!r}")


class Ports(Protocol):
    """Ports that can stop listening for one vendor."""

    def refuse(self, vendor: str) -> None:
        """Close the vendor's listener; ``ValueError`` when it has no port of its own."""

    def reopen(self) -> None:
        """Open every listener that was closed."""


class _Rule:
    __slots__ = ("fault", "fired", "rolls", "seen")

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.seen = self.fired = 0
        self.rolls: random.Random = stream(fault.seed, "fault", fault.kind)

    def fires(self) -> bool:
        """Count a matching request and return whether it gets the fault."""
        self.seen += 1
        used_up = self.fault.times is not None and self.fired >= self.fault.times
        if self.seen <= self.fault.after or used_up or self.rolls.random() >= self.fault.probability:
            return False
        self.fired += 1
        return True


class FaultRules:
    """The active rules. Thread-safe."""

    def __init__(self, ports: Ports | None = None) -> None:
        self._ports = ports
        self._lock = threading.Lock()  # guards _rules and their counts
        self._rules: list[_Rule] = []

    def add(self, fault: Fault) -> None:
        """Add a rule after the existing ones."""
        if fault.kind == "refuse":
            if self._ports is None:
                raise ValueError("connections can be refused only by a server with ports")
            for vendor in VENDORS if fault.vendor == "*" else (fault.vendor,):
                self._ports.refuse(vendor)
            return
        with self._lock:
            self._rules.append(_Rule(fault))

    def clear(self) -> None:
        """Remove every rule and reopen every port. Faults in progress continue."""
        with self._lock:
            self._rules.clear()
        if self._ports is not None:
            self._ports.reopen()

    def take(self, vendor: str, endpoint: str) -> Fault | None:
        """Return the fault of a request, or None, and count the request."""
        with self._lock:
            for rule in self._rules:
                if rule.fault.matches(vendor, endpoint) and rule.fires():
                    return rule.fault
        return None
