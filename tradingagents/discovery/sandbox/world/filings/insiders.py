"""The filings of each day, and the companies whose insiders bought.

The purchases that count are filed on the session itself, except those that ``corrections`` puts on earlier
days, among grants, sales and other statements.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from tradingagents.discovery.sandbox.world import stream
from tradingagents.discovery.sandbox.world.companies.directory import FIRST_CIK, Listing
from tradingagents.discovery.sandbox.world.filings.builder import (
    CHIEF,
    FINANCE,
    FUND,
    NEW_YORK,
    FilingBuilder,
)
from tradingagents.discovery.sandbox.world.filings.corrections import also_bought, bought_over_days, corrected
from tradingagents.discovery.sandbox.world.filings.records import Filing, Trade
from tradingagents.discovery.sandbox.world.scenarios import Planted, Scenarios
from tradingagents.discovery.sandbox.world.sessions import is_session

__all__ = ["filings_of", "insider_truth"]

_FIRST_OTHER_CIK = FIRST_CIK + 40_000
_AGENT = "0009980001"
_PREVIOUS_DAYS_FORM_4 = 9
_OTHER_FORMS = (
    "424B2", "40-F", "425", "485BPOS", "8-K", "10-Q", "10-K", "144", "SCHEDULE 13G", "497K", "D", "6-K",
)  # fmt: skip
_DOCUMENTS = ("form4.xml", "primary_doc.xml", "wk-form4_1770300{:03d}.xml", "doc4.xml", "ownership.xml")
_SMALL_USD = (12_000, 16_000)  # below the minimum of 25,000, above it when counted twice

_NOT_BOUGHT = {  # scenario: the rows of its filing
    "grant": (Trade("A", 12_000, 0.0), Trade("A", 3_500.5, 14.25)),
    "exercise": (
        Trade("M", 20_000, 11.5),
        Trade("F", 8_000, 31.2, acquired=False),
        Trade("M", 20_000, 11.5, acquired=False, derivative=True),
    ),
    "sale": (Trade("S", 30_000, 22.4, acquired=False),),
    "gift": (Trade("G", 9_000, 0.0),),
    "derivative": (Trade("P", 50_000, 4.2, derivative=True),),
    "free": (Trade("P", 40_000, 0.0),),
    "footnote_price": (Trade("P", 25_000, None, footnote="The price is stated in the agreement."),),
    "swap": (Trade("P", 60_000, 18.0, swap=True),),
    "disposed": (Trade("P", 15_000, 20.0, acquired=False),),
}
_WHY = {
    "insider/grant": "granted, not bought",
    "insider/exercise": "options exercised, shares withheld for tax",
    "insider/sale": "sold",
    "insider/gift": "a gift",
    "insider/derivative": "bought options, not shares",
    "insider/free": "code P without a price",
    "insider/footnote_price": "the price is in a footnote only",
    "insider/swap": "an equity swap",
    "insider/disposed": "code P, but disposed of",
    "insider/small": "below the minimum value",
    "insider/amended": "below the minimum value; its amendment repeats it",
    "insider/twice_listed": "below the minimum value; its filing is listed twice",
    "insider/joint_small": "below the minimum value; three owners file it together",
    "insider/form_3": "a first statement of holdings",
    "insider/form_5": "a yearly statement",
    "insider/noise": "nothing bought",
    "insider/last_week": "bought days ago, and no purchase since",
    "insider/amended_down": "a wrong price, corrected by an amendment",
    "insider/amended_old": "an amendment of a statement of weeks ago",
    "insider/late": "bought half a year ago and filed late",
    "insider/preferred": "preferred shares, not common shares",
}
_EXPECTED = (
    "cluster", "chief", "plan", "joint", "lots", "lower_case", "prefixed", "over_days", "amended_part",
    "offering", "renamed",
)  # fmt: skip


def _bought(builder: FilingBuilder, scenarios: Scenarios, classes: tuple[str, ...]) -> Iterator[Filing]:
    """Yield purchases that a scanner should find."""
    for rank, symbol in enumerate(scenarios["insider/cluster"]):
        for role in ("", "", FINANCE, CHIEF)[: 3 + rank]:
            yield builder.form_4(symbol, (builder.owner(role),), builder.purchases(18_000, 80_000))
    for symbol in scenarios["insider/chief"]:
        yield builder.form_4(symbol, (builder.owner(CHIEF),), builder.purchases(500_000, 900_000))
    for symbol in scenarios["insider/joint"]:
        yield builder.form_4(symbol, builder.joint_owners(), builder.purchases(80_000, 95_000))
    for symbol in scenarios["insider/lots"]:
        yield builder.form_4(symbol, (builder.owner(),), builder.purchases(60_000, 80_000, lots=4))
    for symbol in classes:
        yield builder.form_4(symbol, (builder.owner(),), builder.purchases(120_000, 200_000))
    (planned,), (lower_case,), (prefixed,) = (
        scenarios[f"insider/{p}"] for p in ("plan", "lower_case", "prefixed")
    )
    yield replace(
        builder.form_4(planned, (builder.owner(FINANCE),), builder.purchases(100_000, 150_000)), plan="1"
    )
    typed = builder.form_4(lower_case, (builder.owner(CHIEF),), builder.purchases(70_000, 90_000))
    yield replace(typed, symbol=lower_case.lower(), plan="true")
    typed = builder.form_4(prefixed, (builder.owner(),), builder.purchases(70_000, 90_000))
    yield replace(typed, symbol=f"NYSE: {prefixed}")


def _not_bought(builder: FilingBuilder, scenarios: Scenarios) -> Iterator[Filing]:
    """Yield statements without a purchase in the open market."""
    for name, trades in _NOT_BOUGHT.items():
        for symbol in scenarios[f"insider/{name}"]:
            yield builder.form_4(symbol, (builder.owner(FINANCE),), trades)
    for symbol in scenarios["insider/noise"]:
        yield builder.form_4(symbol, (builder.owner(),), (Trade("A", 1_500, 0.0),))
    for form in ("3", "5"):
        (symbol,) = scenarios[f"insider/form_{form}"]
        yield replace(
            builder.form_4(symbol, (builder.owner(),), builder.purchases(90_000, 99_000)), form=form
        )
    private = builder.form_4(
        scenarios["insider/noise"][0], (builder.owner(FUND),), builder.purchases(300_000, 400_000)
    )
    unlisted = "QUORVANE PRIVATE CREDIT FUND  LLC (FICTIONAL)"
    yield replace(private, issuer=unlisted, issuer_cik=_FIRST_OTHER_CIK - 1, symbol="NONE")


def _too_little(builder: FilingBuilder, scenarios: Scenarios) -> Iterator[Filing]:
    """Yield purchases below the minimum value, which counting them twice would lift above it."""
    (small,), (amended,) = scenarios["insider/small"], scenarios["insider/amended"]
    yield builder.form_4(small, (builder.owner(CHIEF),), builder.purchases(*_SMALL_USD))
    first = builder.form_4(amended, (builder.owner(),), builder.purchases(*_SMALL_USD))
    yield first
    yield replace(first, form="4/A", original=first.filed)
    (twice,), (joint,) = scenarios["insider/twice_listed"], scenarios["insider/joint_small"]
    yield replace(
        builder.form_4(twice, (builder.owner(),), builder.purchases(*_SMALL_USD)), listed_twice=True
    )
    yield builder.form_4(joint, builder.joint_owners(), builder.purchases(*_SMALL_USD))


def _earlier_day(builder: FilingBuilder, scenarios: Scenarios, day: date) -> Iterator[Filing]:
    quiet = scenarios["insider/noise"] + scenarios["insider/grant"] + scenarios["insider/sale"]
    for symbol in stream(0, "earlier", day).sample(quiet, _PREVIOUS_DAYS_FORM_4):
        rows = _NOT_BOUGHT["sale" if symbol in scenarios["insider/sale"] else "grant"]
        yield builder.form_4(symbol, (builder.owner(),), rows)


def _other_forms(seed: int, day: date) -> Iterator[Filing]:
    draw = stream(seed, "other forms", day)
    for number in range(60):
        name = f"EXAMPLE ISSUER {number:03d}  TRUST (FICTIONAL)"
        accepted = datetime.combine(day, time(8), NEW_YORK)
        form = draw.choice(_OTHER_FORMS)
        items = ("1.01", "9.01") if form == "8-K" else ()
        yield Filing("", form, accepted, name, _FIRST_OTHER_CIK + number, items=items)


def filings_of(
    seed: int, as_of: date, day: date, scenarios: Scenarios, listings: Mapping[str, Listing]
) -> tuple[Filing, ...]:
    """Return the filings of ``day`` in the order of acceptance; none on a day without a session."""
    if day > as_of or not is_session(day):
        return ()
    builder = FilingBuilder(seed, day, listings)
    if day == as_of:
        bought = _bought(builder, scenarios, _class_shares(listings))
        drafts = [*bought, *_not_bought(builder, scenarios), *_too_little(builder, scenarios)]
        drafts += [*corrected(builder, scenarios, day), *also_bought(builder, scenarios)]
    else:
        drafts = list(_earlier_day(builder, scenarios, day))
    drafts += bought_over_days(builder, scenarios, as_of, day)
    drafts += _other_forms(seed, day)
    draw = stream(seed, "acceptance", day)
    draw.shuffle(drafts)
    return tuple(_accept(drafts, day))


def _accept(drafts: list[Filing], day: date) -> Iterator[Filing]:
    """Yield the drafts with accession numbers and times of acceptance, in their order."""
    step = timedelta(hours=12) / len(drafts)
    for number, draft in enumerate(drafts):
        accession = f"{_AGENT}-{day:%y}-{day.timetuple().tm_yday:03d}{number:03d}"
        accepted = (draft.accepted + step * number).replace(microsecond=0)
        document = _DOCUMENTS[number % len(_DOCUMENTS)].format(number)
        yield replace(draft, accession=accession, accepted=accepted, document=document)


def _class_shares(listings: Mapping[str, Listing]) -> tuple[str, ...]:
    return tuple(sorted(symbol for symbol in listings if symbol.endswith(".B")))[:1]


def insider_truth(scenarios: Scenarios, listings: Mapping[str, Listing], filed: Iterable[Filing]) -> Planted:
    """Return the companies whose insiders bought for 25,000 dollars or more; the measure is dollars.

    Each purchase counts once. ``filed`` are the filings of the two weeks up to the session.
    """
    expected = {symbol for name in _EXPECTED for symbol in scenarios[f"insider/{name}"]}
    expected |= set(_class_shares(listings))
    by_cik = {listings[symbol].cik: symbol for symbol in expected}
    measure = dict.fromkeys(expected, 0.0)
    for filing in filed:
        if filing.issuer_cik in by_cik and filing.form in {"4", "4/A"}:
            amended = by_cik[filing.issuer_cik] in scenarios["insider/amended_part"] and filing.form == "4"
            trades = filing.trades[:1] if amended else filing.trades
            measure[by_cik[filing.issuer_cik]] += sum(trade.bought_usd for trade in trades)
    why = scenarios.reasons(_WHY) | {
        "NONE": "not a listed company",
        "OLDQ": "the former symbol of the company",
    }
    return Planted(frozenset(expected), frozenset(why), why, measure)
