"""The plants of the technical scanners: who shows which chart, and what each screen has to find.

Background companies are drawn so that no screen fires on them: they have slid a little under their own means,
every second close is lower than the one before, and their volume is even.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from tradingagents.discovery.sandbox.world.charts import SHAPES, Day, draw_chart
from tradingagents.discovery.sandbox.world.directory import Kind, Listing
from tradingagents.discovery.sandbox.world.prices import Plan
from tradingagents.discovery.sandbox.world.scenarios import Cast, Planted
from tradingagents.discovery.sandbox.world.seeds import stream

__all__ = ["YOUNG_SESSIONS", "chart_plans", "charts", "sector_funds", "technical_truth"]

YOUNG_SESSIONS = 174
"""Sessions since the listing of those that are too young for a mean of two hundred."""

_SECTORS = 11
_FUNDS = ("fund_leads", "fund_leads", "fund_slows", "fund_little", "fund_bounces")

_FINDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "volume_accumulation": ("accumulation",),
        "technical_breakout": ("breakout", "high_52w", "high_52w_again", "gap"),
        "high_52w_breakout": ("high_52w",),
        "minervini": ("trend",),
        "atr_compression": ("compression",),
        "volume_dry_up": ("dry_up",),
        "rsi_oversold": ("oversold",),
        "gap_up": ("gap",),
        "obv_divergence": ("inflow",),
    }
)
"""The charts that each screen finds; one that leaves its range on volume is found by several."""

_MISSES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "volume_accumulation": {
            "accumulation_weak": "closed low in its range",
            "accumulation_fell": "the price fell by more",
            "accumulation_thin": "a high multiple of next to nothing",
        },
        "technical_breakout": {
            "breakout_quiet": "a new high on usual volume",
            "breakout_inside": "volume without a new high",
            "unfetched": "its newest bars are missing",
        },
        "high_52w_breakout": {
            "breakout": "the year's high is further up",
            "high_52w_again": "has made new highs all week",
        },
        "minervini": {
            "trend_spike": "too far under its high",
            "trend_slow": "too little above its low",
        },
        "atr_compression": {
            "compression_inside": "is still in its range",
            "compression_low": "under its mean of fifty days",
            "breakout_quiet": "its range was not narrow",
        },
        "volume_dry_up": {
            "dry_up_once": "one quiet session",
            "dry_up_wide": "its range is wide",
        },
        "rsi_oversold": {
            "oversold_shallow": "a shallow dip",
            "oversold_downtrend": "under its mean of two hundred days",
            "young": "listed too lately for that mean",
        },
        "gap_up": {
            "gap_lost": "closed under its open",
            "gap_quiet": "a gap on usual volume",
            "breakout": "rose during the session, without a gap",
        },
        "obv_divergence": {
            "inflow_rising": "the price rose with it",
            "inflow_mild": "within what chance does",
        },
    }
)
"""The charts that lack one condition, and which."""


def sector_funds(listings: Sequence[Listing]) -> tuple[tuple[str, ...], str]:
    """Return the symbols of the sectors' funds and of the benchmark."""
    funds = sorted(one.symbol for one in listings if one.kind is Kind.ETF)
    return tuple(funds[:_SECTORS]), funds[_SECTORS]


def _shapes(listings: Sequence[Listing], cast: Cast) -> Iterator[tuple[str, str]]:
    """Give every symbol with a chart, and the chart's shape."""
    for shape in SHAPES:
        for symbol in cast[f"bars/{shape}"]:
            yield symbol, shape
    funds, benchmark = sector_funds(listings)
    shapes = (*_FUNDS, *("fund_flat" for _ in funds[len(_FUNDS) :]))
    yield from zip((*funds, benchmark), (*shapes, "fund_flat"), strict=True)


def charts(seed: int, listings: Sequence[Listing], cast: Cast, sessions: int) -> dict[str, list[Day]]:
    """Return the charts by symbol, oldest session first, in US dollars and shares."""
    drawn = {}
    for symbol, shape in _shapes(listings, cast):
        draw = stream(seed, "chart", symbol)
        price, volume = draw.uniform(20, 120), draw.uniform(8e5, 4e6)
        if shape == "accumulation_thin":
            volume = draw.uniform(8_000, 20_000)
        count = YOUNG_SESSIONS if shape == "young" else sessions
        days = draw_chart(shape, draw, count)
        drawn[symbol] = [_scaled(day, price, volume) for day in days]
    return drawn


def _scaled(day: Day, price: float, volume: float) -> Day:
    return Day(
        open=round(day.open * price, 2),
        high=round(day.high * price, 2),
        low=round(day.low * price, 2),
        close=round(day.close * price, 2),
        volume=round(day.volume * volume),
    )


def chart_plans(drawn: Mapping[str, Sequence[Day]], sessions: int) -> dict[str, Plan]:
    """Return the plans of those with a chart, for whoever reads the last session only."""
    plans = {}
    for symbol, days in drawn.items():
        close, before = days[-1].close, days[-2].close
        age = len(days) if len(days) < sessions else None
        plans[symbol] = Plan(close, close / before - 1, days[-1].volume, sessions=age)
    return plans


def technical_truth(
    cast: Cast, plans: Mapping[str, Plan], listings: Sequence[Listing], drawn: Mapping[str, Sequence[Day]]
) -> dict[str, Planted]:
    """Return what every screen finds, by scanner.

    The truth of ``volume_accumulation`` from bars stands under ``volume_accumulation/bars``, with the setting
    that asks for it.
    """
    jumped = tuple(symbol for symbol in cast["movers/gainer"] if plans[symbol].surge is not None)
    truth = {}
    for screen, found in _FINDS.items():
        expected = {symbol for shape in found for symbol in cast[f"bars/{shape}"]}
        why = cast.why({f"bars/{shape}": reason for shape, reason in _MISSES[screen].items()})
        if screen in {"technical_breakout", "high_52w_breakout"}:
            expected |= set(jumped)
        truth[screen] = Planted(frozenset(expected), frozenset(why), why)
    truth["volume_accumulation/bars"] = _from_bars(truth.pop("volume_accumulation"), cast, drawn)
    truth["sector_rotation"] = _sectors(listings)
    return truth


def _from_bars(planted: Planted, cast: Cast, drawn: Mapping[str, Sequence[Day]]) -> Planted:
    measure = {}
    for symbol in planted.expected:
        *before, newest = [day.volume for day in drawn[symbol][-21:]]
        measure[symbol] = newest / (sum(before) / len(before))
    fell = {symbol for symbol in cast["volume/surge"] if symbol not in cast["movers/gainer"]}
    why = {**planted.why, **dict.fromkeys(fell, "fell, and closed low in its range")}
    return Planted(planted.expected, frozenset(why), why, measure, {"source": "bars"})


def _sectors(listings: Sequence[Listing]) -> Planted:
    funds, benchmark = sector_funds(listings)
    reasons = {
        "fund_slows": "leads by less than before",
        "fund_little": "leads by too little",
        "fund_bounces": "under its mean of fifty days",
    }
    shown = dict(zip(funds, _FUNDS, strict=False))
    why = {symbol: reasons[shape] for symbol, shape in shown.items() if shape in reasons}
    why |= dict.fromkeys(funds[len(_FUNDS) :], "moves with the market") | {benchmark: "is the market"}
    expected = frozenset(symbol for symbol, shape in shown.items() if shape == "fund_leads")
    settings = {"funds": list(funds), "benchmark": benchmark}
    return Planted(expected, frozenset(why), why, settings=settings)
