"""Current reports, Form 8-K, of each day, and the truth about those that matter.

What counts is filed on the session itself, beside routine reports and, on the session before, the same kind
of thing. The players have an event and nothing else that changes: other scanners see nothing of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta

from tradingagents.discovery.sandbox.world.directory import FIRST_CIK, Listing
from tradingagents.discovery.sandbox.world.filing_builder import NEW_YORK
from tradingagents.discovery.sandbox.world.ownership import Filing
from tradingagents.discovery.sandbox.world.scenarios import Planted
from tradingagents.discovery.sandbox.world.seeds import stream
from tradingagents.discovery.sandbox.world.sessions import is_session, step_sessions

__all__ = ["reports_of", "reports_truth"]

_AGENT = "0009980002"
_SUBSIDIARY_CIK = FIRST_CIK + 39_000
_MATERIAL = {  # part: how many, the items of each filing, and what they amount to
    "restated": (2, (("4.02",),), 8),
    "bankrupt": (1, (("1.03", "2.04", "9.01"),), 12),
    "delisted": (2, (("3.01",),), 4),
    "auditor": (1, (("4.01", "9.01"),), 4),
    "acquired": (1, (("1.01", "2.01", "9.01"),), 6),
    "officer": (2, (("5.02",),), 2),
    "agreement": (2, (("1.01", "8.01", "9.01"),), 2),
    "amended": (1, (("5.02",),), 1),
    "joint": (1, (("2.06",),), 4),
    "two": (1, (("5.02", "9.01"), ("1.01",)), 4),
    "successor": (1, (("2.01", "5.01"),), 8),
}
_ROUTINE = {
    "results": (3, ("2.02", "9.01"), "results only"),
    "told": (2, ("7.01", "9.01"), "a disclosure of its own choice"),
    "other": (2, ("8.01",), "other events"),
    "vote": (1, ("5.07",), "a vote"),
    "by_laws": (1, ("5.03", "9.01"), "by-laws"),
    "earlier": (2, ("4.02",), "filed the session before"),
}
_CONTROL = ("5.01",)


def _players(seed: int, plain: Iterable[str]) -> dict[str, list[str]]:
    counts = {part: count for part, (count, _, _) in (_MATERIAL | _ROUTINE).items()}
    drawn = stream(seed, "reports").sample(sorted(plain), sum(counts.values()))
    parts = {}
    for part, count in counts.items():
        parts[part], drawn = drawn[:count], drawn[count:]
    return parts


def _class_share(listings: Mapping[str, Listing]) -> str:
    """Return the first share of a company that has several: the one its reports are told of."""
    return min(symbol for symbol in listings if symbol.endswith(".A"))


def reports_of(
    seed: int, as_of: date, day: date, plain: Iterable[str], listings: Mapping[str, Listing]
) -> tuple[Filing, ...]:
    """Return the reports filed on ``day``, in the order of acceptance; none on a day without a session."""
    if day > as_of or not is_session(day):
        return ()
    players = _players(seed, plain)
    if day == as_of:
        drafts = list(_drafts(players, listings))
    elif day == step_sessions(as_of, -1):
        drafts = [_draft(listings[one], _ROUTINE["earlier"][1]) for one in players["earlier"]]
    else:
        drafts = []
    stream(seed, "report times", day).shuffle(drafts)
    return tuple(_accept(drafts, day))


def _drafts(players: Mapping[str, list[str]], listings: Mapping[str, Listing]) -> Iterator[dict[str, object]]:
    for part, (_, filings, _) in _MATERIAL.items():
        for symbol in players[part]:
            for items in filings:
                draft = _draft(listings[symbol], items)
                if part == "amended":
                    draft["form"] = "8-K/A"
                if part == "successor":
                    draft["form"] = "8-K12B"
                if part == "joint":
                    name = f"{listings[symbol].issuer.upper()} FUNDING"
                    draft["co_registrants"] = ((_SUBSIDIARY_CIK, name),)
                yield draft
    for part, (_, items, _) in _ROUTINE.items():
        if part != "earlier":
            yield from (_draft(listings[symbol], items) for symbol in players[part])
    yield _draft(listings[_class_share(listings)], _CONTROL)


def _draft(listing: Listing, items: tuple[str, ...]) -> dict[str, object]:
    return {"form": "8-K", "issuer": listing.issuer.upper(), "issuer_cik": listing.cik, "items": items}


def _accept(drafts: list[dict[str, object]], day: date) -> Iterator[Filing]:
    opened = datetime.combine(day, time(6, 30), NEW_YORK)
    for number, draft in enumerate(drafts):
        accession = f"{_AGENT}-{day:%y}-{day.timetuple().tm_yday:03d}{number:03d}"
        accepted = opened + timedelta(minutes=21, seconds=7) * number
        yield Filing(accession=accession, accepted=accepted, **draft)  # type: ignore[arg-type]


def reports_truth(seed: int, plain: Iterable[str], listings: Mapping[str, Listing]) -> Planted:
    """Return who reported something that matters; the measure is the weight of it."""
    players = _players(seed, plain)
    measure = {one: float(weight) for part, (_, _, weight) in _MATERIAL.items() for one in players[part]}
    measure[_class_share(listings)] = 4.0
    why = {one: reason for part, (_, _, reason) in _ROUTINE.items() for one in players[part]}
    return Planted(frozenset(measure), frozenset(why), why, measure)
