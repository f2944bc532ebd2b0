"""The filings of each day, and the truth about insiders that buy.

The purchases that count are filed on the session itself, but for what ``insider_corrections`` puts on the
days before it, beside grants, sales and the like.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from tradingagents.discovery.sandbox.world.directory import FIRST_CIK, Listing
from tradingagents.discovery.sandbox.world.filing_builder import CHIEF, FINANCE, FUND, NEW_YORK, Desk
from tradingagents.discovery.sandbox.world.insider_corrections import also_bought, bought_over_days, corrected
from tradingagents.discovery.sandbox.world.ownership import Filing, Trade
from tradingagents.discovery.sandbox.world.scenarios import Cast, Planted
from tradingagents.discovery.sandbox.world.seeds import stream
from tradingagents.discovery.sandbox.world.sessions import is_session

__all__ = ["filings_of", "insider_truth"]

_FIRST_OTHER_CIK = FIRST_CIK + 40_000
_AGENT = "0009980001"
_PREVIOUS_DAYS_FORM_4 = 9
_OTHER_FORMS = (
    "424B2", "40-F", "425", "485BPOS", "8-K", "10-Q", "10-K", "144", "SCHEDULE 13G", "497K", "D", "6-K",
)  # fmt: skip
_DOCUMENTS = ("form4.xml", "primary_doc.xml", "wk-form4_1770300{:03d}.xml", "doc4.xml", "ownership.xml")
_SMALL_USD = (12_000, 16_000)  # below the 25,000 that count, above it when counted twice

_NOT_BOUGHT = {  # part: the rows of its filing
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
    "insider/footnote_price": "the price stands in a footnote only",
    "insider/swap": "an equity swap",
    "insider/disposed": "code P, but disposed of",
    "insider/small": "below the least value",
    "insider/amended": "below the least value; its amendment says the same again",
    "insider/twice_listed": "below the least value; its filing is listed twice",
    "insider/joint_small": "below the least value; three owners file it together",
    "insider/form_3": "a first statement of holdings",
    "insider/form_5": "a yearly statement",
    "insider/noise": "nothing bought",
    "insider/last_week": "bought, but days ago, and nobody since",
    "insider/amended_down": "a slip in the price, corrected since",
    "insider/amended_old": "an amendment of what was told weeks ago",
    "insider/late": "bought half a year ago, and filed only now",
    "insider/preferred": "preferred shares, not those that the ticker stands for",
}
_EXPECTED = (
    "cluster", "chief", "plan", "joint", "lots", "lower_case", "prefixed", "over_days", "amended_part",
    "offering", "renamed",
)  # fmt: skip


def _bought(desk: Desk, cast: Cast, classes: tuple[str, ...]) -> Iterator[Filing]:
    """What a scanner has to find."""
    for rank, symbol in enumerate(cast["insider/cluster"]):
        for role in ("", "", FINANCE, CHIEF)[: 3 + rank]:
            yield desk.file(symbol, (desk.owner(role),), desk.spend(18_000, 80_000))
    for symbol in cast["insider/chief"]:
        yield desk.file(symbol, (desk.owner(CHIEF),), desk.spend(500_000, 900_000))
    for symbol in cast["insider/joint"]:
        yield desk.file(symbol, desk.joint_owners(), desk.spend(80_000, 95_000))
    for symbol in cast["insider/lots"]:
        yield desk.file(symbol, (desk.owner(),), desk.spend(60_000, 80_000, lots=4))
    for symbol in classes:
        yield desk.file(symbol, (desk.owner(),), desk.spend(120_000, 200_000))
    (planned,), (lower_case,), (prefixed,) = (
        cast[f"insider/{p}"] for p in ("plan", "lower_case", "prefixed")
    )
    yield replace(desk.file(planned, (desk.owner(FINANCE),), desk.spend(100_000, 150_000)), plan="1")
    typed = desk.file(lower_case, (desk.owner(CHIEF),), desk.spend(70_000, 90_000))
    yield replace(typed, symbol=lower_case.lower(), plan="true")
    typed = desk.file(prefixed, (desk.owner(),), desk.spend(70_000, 90_000))
    yield replace(typed, symbol=f"NYSE: {prefixed}")


def _not_bought(desk: Desk, cast: Cast) -> Iterator[Filing]:
    """What it must leave alone, because nothing was bought in the open market."""
    for part, trades in _NOT_BOUGHT.items():
        for symbol in cast[f"insider/{part}"]:
            yield desk.file(symbol, (desk.owner(FINANCE),), trades)
    for symbol in cast["insider/noise"]:
        yield desk.file(symbol, (desk.owner(),), (Trade("A", 1_500, 0.0),))
    for form in ("3", "5"):
        (symbol,) = cast[f"insider/form_{form}"]
        yield replace(desk.file(symbol, (desk.owner(),), desk.spend(90_000, 99_000)), form=form)
    private = desk.file(cast["insider/noise"][0], (desk.owner(FUND),), desk.spend(300_000, 400_000))
    unlisted = "QUORVANE PRIVATE CREDIT FUND  LLC (FICTIONAL)"
    yield replace(private, issuer=unlisted, issuer_cik=_FIRST_OTHER_CIK - 1, symbol="NONE")


def _too_little(desk: Desk, cast: Cast) -> Iterator[Filing]:
    """Purchases below the least value, that only counting them twice lifts above it."""
    (small,), (amended,) = cast["insider/small"], cast["insider/amended"]
    yield desk.file(small, (desk.owner(CHIEF),), desk.spend(*_SMALL_USD))
    first = desk.file(amended, (desk.owner(),), desk.spend(*_SMALL_USD))
    yield first
    yield replace(first, form="4/A", original=first.filed)
    (twice,), (joint,) = cast["insider/twice_listed"], cast["insider/joint_small"]
    yield replace(desk.file(twice, (desk.owner(),), desk.spend(*_SMALL_USD)), listed_twice=True)
    yield desk.file(joint, desk.joint_owners(), desk.spend(*_SMALL_USD))


def _earlier_day(desk: Desk, cast: Cast, day: date) -> Iterator[Filing]:
    quiet = cast["insider/noise"] + cast["insider/grant"] + cast["insider/sale"]
    for symbol in stream(0, "earlier", day).sample(quiet, _PREVIOUS_DAYS_FORM_4):
        rows = _NOT_BOUGHT["sale" if symbol in cast["insider/sale"] else "grant"]
        yield desk.file(symbol, (desk.owner(),), rows)


def _other_forms(seed: int, day: date) -> Iterator[Filing]:
    draw = stream(seed, "other forms", day)
    for number in range(60):
        name = f"EXAMPLE ISSUER {number:03d}  TRUST (FICTIONAL)"
        accepted = datetime.combine(day, time(8), NEW_YORK)
        form = draw.choice(_OTHER_FORMS)
        items = ("1.01", "9.01") if form == "8-K" else ()
        yield Filing("", form, accepted, name, _FIRST_OTHER_CIK + number, items=items)


def filings_of(
    seed: int, as_of: date, day: date, cast: Cast, listings: Mapping[str, Listing]
) -> tuple[Filing, ...]:
    """Return everything filed on ``day``, in the order of acceptance; nothing on a day without a session."""
    if day > as_of or not is_session(day):
        return ()
    desk = Desk(seed, day, listings)
    if day == as_of:
        bought = _bought(desk, cast, _class_shares(listings))
        drafts = [*bought, *_not_bought(desk, cast), *_too_little(desk, cast)]
        drafts += [*corrected(desk, cast, day), *also_bought(desk, cast)]
    else:
        drafts = list(_earlier_day(desk, cast, day))
    drafts += bought_over_days(desk, cast, as_of, day)
    drafts += _other_forms(seed, day)
    draw = stream(seed, "acceptance", day)
    draw.shuffle(drafts)
    return tuple(_accept(drafts, day))


def _accept(drafts: list[Filing], day: date) -> Iterator[Filing]:
    """Give the drafts their numbers and times, in their order."""
    step = timedelta(hours=12) / len(drafts)
    for number, draft in enumerate(drafts):
        accession = f"{_AGENT}-{day:%y}-{day.timetuple().tm_yday:03d}{number:03d}"
        accepted = (draft.accepted + step * number).replace(microsecond=0)
        document = _DOCUMENTS[number % len(_DOCUMENTS)].format(number)
        yield replace(draft, accession=accession, accepted=accepted, document=document)


def _class_shares(listings: Mapping[str, Listing]) -> tuple[str, ...]:
    return tuple(sorted(symbol for symbol in listings if symbol.endswith(".B")))[:1]


def insider_truth(cast: Cast, listings: Mapping[str, Listing], filed: Iterable[Filing]) -> Planted:
    """Return whose insiders bought for 25,000 dollars or more; the measure is dollars, each filing once.

    ``filed`` is what was filed in the two weeks to the session.
    """
    expected = {symbol for part in _EXPECTED for symbol in cast[f"insider/{part}"]}
    expected |= set(_class_shares(listings))
    by_cik = {listings[symbol].cik: symbol for symbol in expected}
    measure = dict.fromkeys(expected, 0.0)
    for filing in filed:
        if filing.issuer_cik in by_cik and filing.form in {"4", "4/A"}:
            amended = by_cik[filing.issuer_cik] in cast["insider/amended_part"] and filing.form == "4"
            trades = filing.trades[:1] if amended else filing.trades
            measure[by_cik[filing.issuer_cik]] += sum(trade.bought_usd for trade in trades)
    why = cast.why(_WHY) | {"NONE": "not a listed company", "OLDQ": "the symbol before the company's new one"}
    return Planted(frozenset(expected), frozenset(why), why, measure)
