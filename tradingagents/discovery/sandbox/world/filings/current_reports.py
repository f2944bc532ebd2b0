"""Current reports, Form 8-K, of each day, and the companies with material events.

Material reports are filed on the session itself, among routine reports; the session before also has material
ones, which are too old. The reports change nothing else, so other scanners are not affected.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta

from tradingagents.discovery.sandbox.world import stream
from tradingagents.discovery.sandbox.world.companies.directory import FIRST_CIK, Listing
from tradingagents.discovery.sandbox.world.filings.builder import NEW_YORK
from tradingagents.discovery.sandbox.world.filings.records import Filing
from tradingagents.discovery.sandbox.world.scenarios import Planted
from tradingagents.discovery.sandbox.world.sessions import is_session, step_sessions

__all__ = ["reports_of", "reports_truth"]

_AGENT = "0009980002"
_SUBSIDIARY_CIK = FIRST_CIK + 39_000
_MATERIAL = {  # scenario: number of companies, items of each filing, weight
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
    "disclosure": (2, ("7.01", "9.01"), "a voluntary disclosure"),
    "other": (2, ("8.01",), "other events"),
    "vote": (1, ("5.07",), "a vote"),
    "by_laws": (1, ("5.03", "9.01"), "by-laws"),
    "earlier": (2, ("4.02",), "filed the session before"),
}
_CONTROL = ("5.01",)


def _assign(seed: int, plain: Iterable[str]) -> dict[str, list[str]]:
    counts = {scenario: count for scenario, (count, _, _) in (_MATERIAL | _ROUTINE).items()}
    drawn = stream(seed, "reports").sample(sorted(plain), sum(counts.values()))
    assigned = {}
    for scenario, count in counts.items():
        assigned[scenario], drawn = drawn[:count], drawn[count:]
    return assigned


def _class_share(listings: Mapping[str, Listing]) -> str:
    """Return the first class of shares, which a scanner reports for a company with several."""
    return min(symbol for symbol in listings if symbol.endswith(".A"))


def reports_of(
    seed: int, as_of: date, day: date, plain: Iterable[str], listings: Mapping[str, Listing]
) -> tuple[Filing, ...]:
    """Return the reports filed on ``day``, in the order of acceptance; none on a day without a session."""
    if day > as_of or not is_session(day):
        return ()
    assigned = _assign(seed, plain)
    if day == as_of:
        drafts = list(_drafts(assigned, listings))
    elif day == step_sessions(as_of, -1):
        drafts = [_draft(listings[one], _ROUTINE["earlier"][1]) for one in assigned["earlier"]]
    else:
        drafts = []
    stream(seed, "report times", day).shuffle(drafts)
    return tuple(_accept(drafts, day))


def _drafts(
    assigned: Mapping[str, list[str]], listings: Mapping[str, Listing]
) -> Iterator[dict[str, object]]:
    for scenario, (_, filings, _) in _MATERIAL.items():
        for symbol in assigned[scenario]:
            for items in filings:
                draft = _draft(listings[symbol], items)
                if scenario == "amended":
                    draft["form"] = "8-K/A"
                if scenario == "successor":
                    draft["form"] = "8-K12B"
                if scenario == "joint":
                    name = f"{listings[symbol].issuer.upper()} FUNDING"
                    draft["co_registrants"] = ((_SUBSIDIARY_CIK, name),)
                yield draft
    for scenario, (_, items, _) in _ROUTINE.items():
        if scenario != "earlier":
            yield from (_draft(listings[symbol], items) for symbol in assigned[scenario])
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
    """Return the companies with a material report; the measure is its weight."""
    assigned = _assign(seed, plain)
    measure = {
        one: float(weight) for scenario, (_, _, weight) in _MATERIAL.items() for one in assigned[scenario]
    }
    measure[_class_share(listings)] = 4.0
    why = {one: reason for scenario, (_, _, reason) in _ROUTINE.items() for one in assigned[scenario]}
    return Planted(frozenset(measure), frozenset(why), why, measure)
