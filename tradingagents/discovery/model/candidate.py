"""Candidates: a ticker, the reason for it, and the records behind it. Pure functions.

A candidate is passed on as a plain dict (see :meth:`Candidate.to_dict`), so that a checkpointer, a process
boundary and a JSON file all accept it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from pydantic import JsonValue

from tradingagents.discovery.model.errors import InvalidCandidate
from tradingagents.discovery.model.plain import plain_dict, to_plain

__all__ = [
    "Candidate",
    "Direction",
    "Evidence",
    "Priority",
    "merge_candidates",
    "normalise_ticker",
    "signal_order",
    "strongest",
]


Choice = TypeVar("Choice", bound=StrEnum)


class Priority(StrEnum):
    """How urgent a candidate is."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        """0 for the most urgent."""
        return _RANKS[self]


class Direction(StrEnum):
    """What a candidate's signal is about: a rise, a fall, or neither.

    A built-in scanner's direction has the sign of the published evidence for its kind of signal.
    """

    UP = "up"
    DOWN = "down"
    NONE = "none"


_RANKS = {priority: rank for rank, priority in enumerate(Priority)}

# Nasdaq Trader's ACT spelling: a root of letters, then a class, unit or preferred suffix.
_TICKER = re.compile(r"[A-Z][A-Z0-9]{0,5}(?:[.$][A-Z]{1,3})?")
_CLASS = re.compile(r"([A-Z][A-Z0-9]{0,5})[-/.]([A-Z]{1,3})")


def normalise_ticker(text: object) -> str:
    """Return the spelling used everywhere: ``BRK.B`` for ``brk-b`` and ``BRK/B``.

    Raises :class:`InvalidCandidate` for text that cannot be a US ticker.
    """
    if not isinstance(text, str):
        raise InvalidCandidate("ticker", f"{type(text).__name__} instead of text")
    ticker = text.strip()
    ticker = ticker.upper() if ticker.isascii() else ticker  # "ß".upper() is another company's "SS"
    if parts := _CLASS.fullmatch(ticker):
        ticker = f"{parts[1]}.{parts[2]}"
    if not _TICKER.fullmatch(ticker):
        raise InvalidCandidate("ticker", f"{text[:40]!r} is not a ticker")
    return ticker


@dataclass(frozen=True)
class Evidence:
    """The record behind a claim.

    ``vendor`` names the source; ``url`` or ``id`` locates the record; ``as_of`` is the record's own date or
    time in ISO 8601; ``values`` holds its figures, ``text`` its text; ``kind`` is the type of record, for
    instance ``form4_purchase`` or ``analyst_consensus``.
    """

    vendor: str
    as_of: str
    url: str | None = None
    id: str | None = None
    kind: str | None = None
    values: Mapping[str, object] = field(default_factory=dict)
    text: str | None = None

    def to_dict(self) -> dict[str, JsonValue]:
        """Return plain data without the empty parts."""
        parts = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {name: to_plain(part) for name, part in parts.items() if part not in (None, {})}

    @classmethod
    def parse(cls, raw: object) -> Evidence:
        """Validate one item of a candidate's evidence, or raise :class:`InvalidCandidate`."""
        if isinstance(raw, cls):
            raw = {
                name: part for name in cls.__dataclass_fields__ if (part := getattr(raw, name)) is not None
            }
        if not isinstance(raw, Mapping):
            raise InvalidCandidate("evidence", f"{type(raw).__name__} instead of a mapping")
        for name, part in raw.items():
            _check_part(name, part, cls.__dataclass_fields__)
        for name in ("vendor", "as_of"):
            if not raw.get(name):
                raise InvalidCandidate("evidence", f"{name} is missing")
        if not (raw.get("url") or raw.get("id")):
            raise InvalidCandidate("evidence", "has neither url nor id")
        if not (raw.get("values") or raw.get("text")):
            raise InvalidCandidate("evidence", "has neither values nor text")
        return cls(**{**raw, "values": _plain_values(raw.get("values") or {})})


def _check_part(name: object, part: object, known: Container[object]) -> None:
    if name not in known:
        raise InvalidCandidate("evidence", f"unknown key {name!r}")
    wanted = Mapping if name == "values" else str
    if part is not None and not isinstance(part, wanted):
        raise InvalidCandidate("evidence", f"{name} is {type(part).__name__} instead of {_WANTED[wanted]}")


_WANTED = {Mapping: "a mapping", str: "text"}


def _plain_values(values: Mapping[str, object]) -> Mapping[str, JsonValue]:
    try:
        return plain_dict(values)
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidCandidate("evidence", f"values: {error}") from None


@dataclass(frozen=True)
class Candidate:
    """A validated candidate of one scanner. Build it with :meth:`parse`."""

    ticker: str
    source: str
    context: str
    priority: Priority
    strategy: str
    score: float | None
    evidence: tuple[Evidence, ...]
    direction: Direction = Direction.NONE
    extra: Mapping[str, JsonValue] = field(default_factory=dict)

    @classmethod
    def parse(cls, raw: object, *, source: str, strategy: str) -> Candidate:
        """Validate what a scanner yielded; ``source`` and ``strategy`` are the defaults of their fields.

        Raises :class:`InvalidCandidate` naming the field.
        """
        if isinstance(raw, cls):
            # Not to_dict(), which raises for a value that is not plain, such as NaN: that is refused below.
            raw = {**raw.extra, **{name: getattr(raw, name) for name in _FIELDS}}
        if not isinstance(raw, Mapping):
            raise InvalidCandidate("candidate", f"{type(raw).__name__} instead of a mapping")
        return cls(
            ticker=normalise_ticker(raw.get("ticker")),
            source=_text(raw, "source", source),
            context=_text(raw, "context", ""),
            priority=_choice(Priority, raw, "priority", Priority.MEDIUM),
            strategy=_text(raw, "strategy", strategy),
            score=_score(raw.get("score")),
            evidence=_evidence(raw.get("evidence")),
            direction=_choice(Direction, raw, "direction", Direction.NONE),
            extra=_extra({k: v for k, v in raw.items() if k not in _FIELDS | _MERGED}),
        )

    def to_dict(self) -> dict[str, JsonValue]:
        """Return plain data: the named fields first, then the scanner's extra keys."""
        return {
            "ticker": self.ticker,
            "source": self.source,
            "context": self.context,
            "priority": self.priority.value,
            "strategy": self.strategy,
            "direction": self.direction.value,
            "score": self.score,
            "evidence": [item.to_dict() for item in self.evidence],
            **self.extra,
        }


_FIELDS = frozenset({"ticker", "source", "context", "priority", "strategy", "direction", "score", "evidence"})
_MERGED = frozenset(  # written by the scan only
    {
        *("all_sources", "all_contexts", "all_directions", "found_by"),
        *("confluence", "partial_sources", "percentile", "pipeline"),
    }
)


def _text(raw: Mapping[str, object], name: str, default: str) -> str:
    value = raw.get(name)
    if value is None:
        return default
    if not isinstance(value, str):
        raise InvalidCandidate(name, f"{type(value).__name__} instead of text")
    return str(value)


def _choice(valid: type[Choice], raw: Mapping[str, object], name: str, default: Choice) -> Choice:
    value = raw.get(name, default)
    try:
        return valid(value.lower() if isinstance(value, str) else str(value))
    except ValueError:
        choices = ", ".join(valid)
        raise InvalidCandidate(name, f"{value!r} is not one of {choices}") from None


def _score(value: object) -> float | None:
    if value is None:
        return None
    try:
        score = to_plain(value)
        score = float(score) if type(score) is int else score
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidCandidate("score", str(error)) from None
    if not isinstance(score, float):
        raise InvalidCandidate("score", f"{value!r} is not a number")
    return score


def _evidence(raw: object) -> tuple[Evidence, ...]:
    if raw is None:
        return ()
    if isinstance(raw, str | Mapping) or not isinstance(raw, Iterable):
        raise InvalidCandidate("evidence", f"{type(raw).__name__} instead of a list")
    return tuple(Evidence.parse(item) for item in raw)


def _extra(raw: Mapping[str, object]) -> Mapping[str, JsonValue]:
    made: dict[str, JsonValue] = {}
    for name, value in raw.items():
        try:
            made |= plain_dict({name: value})
        except (TypeError, ValueError, OverflowError) as error:
            raise InvalidCandidate(str(name), str(error)) from None
    return made


def signal_order(candidate: Candidate) -> tuple[bool, float, int, str]:
    """Return the sort key of a scanner's candidates: strongest first, never by order of arrival.

    The scanner's score decides, then priority, then the ticker alphabetically.
    """
    score = candidate.score
    return (score is None, -(score or 0.0), candidate.priority.rank, candidate.ticker)


def strongest(items: Sequence[Candidate], limit: int | None) -> list[Candidate]:
    """Return a scanner's candidates within ``limit``.

    The limit counts tickers: every candidate for one of the ``limit`` strongest tickers is kept. They are
    sorted strongest first; if none has a score, the scanner's own order is kept.
    """
    by_signal = sorted(items, key=signal_order)
    allowed = set(list(dict.fromkeys(item.ticker for item in by_signal))[:limit])
    ordered = by_signal if any(item.score is not None for item in items) else items
    return [item for item in ordered if item.ticker in allowed]


def merge_candidates(groups: Iterable[Iterable[Mapping[str, JsonValue]]]) -> list[dict[str, JsonValue]]:
    """Merge candidates of several scanners by ticker; ``groups`` come in registry order.

    The candidate with the highest priority leads, the first of equals: the merged candidate has its source,
    context, strategy, direction and score. ``all_sources``, ``all_contexts``, ``all_directions``,
    ``found_by`` and ``evidence`` are unique and in registry order. Tickers are in order of first appearance.
    Inputs are not changed.
    """
    by_ticker: dict[str, list[Mapping[str, JsonValue]]] = {}
    for group in groups:
        for candidate in group:
            by_ticker.setdefault(str(candidate["ticker"]), []).append(candidate)
    return [_merged(found) for found in by_ticker.values()]


def _merged(found: Sequence[Mapping[str, JsonValue]]) -> dict[str, JsonValue]:
    leader = min(found, key=lambda one: Priority(str(one["priority"])).rank)  # the first of equals
    made: dict[str, object] = {}
    for candidate in (leader, *found):
        for name, value in candidate.items():
            made.setdefault(name, value)
    made["all_sources"] = _unique(found, "source", "all_sources")
    made["all_contexts"] = [context for context in _unique(found, "context", "all_contexts") if context]
    made["all_directions"] = _unique(found, "direction", "all_directions")
    made["evidence"] = _unique(found, "evidence", "evidence")
    for name in ("found_by", "partial_sources"):
        if scanners := _unique(found, name, name):
            made[name] = scanners
    return plain_dict(made)


def _unique(found: Iterable[Mapping[str, object]], single: str, several: str) -> list[object]:
    """Return the unique items under ``several``, or else under ``single``, in order."""
    kept: dict[str, object] = {}
    for candidate in found:
        value = candidate.get(several, candidate.get(single))
        for item in value if isinstance(value, list | tuple) else [] if value is None else [value]:
            kept.setdefault(item if isinstance(item, str) else json.dumps(item, sort_keys=True), item)
    return list(kept.values())
