"""Charts of the technical scanners by company, and the companies that each screen should find.

Companies without a scenario have paths on which no screen fires: slightly below their own means, every second
close lower than the one before, on even volume.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from tradingagents.discovery.sandbox.world import stream
from tradingagents.discovery.sandbox.world.companies.directory import Kind, Listing
from tradingagents.discovery.sandbox.world.prices.paths import Plan
from tradingagents.discovery.sandbox.world.scenarios import Planted, Scenarios
from tradingagents.discovery.sandbox.world.technical.charts import SHAPES, Day, draw_chart

__all__ = ["YOUNG_SESSIONS", "chart_plans", "charts", "sector_funds", "technical_truth"]

YOUNG_SESSIONS = 174
"""Sessions since the listing of companies that are too young for a 200-day mean."""

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
"""The charts that each screen finds; a breakout on volume is found by several."""

_MISSES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "volume_accumulation": {
            "accumulation_weak": "closed low in its range",
            "accumulation_fell": "the price fell by more",
            "accumulation_thin": "a high multiple of a tiny volume",
        },
        "technical_breakout": {
            "breakout_quiet": "a new high on usual volume",
            "breakout_inside": "volume without a new high",
            "unfetched": "its newest bars are missing",
        },
        "high_52w_breakout": {
            "breakout": "below the high of the year",
            "high_52w_again": "made new highs all week",
        },
        "minervini": {
            "trend_spike": "too far below its high",
            "trend_slow": "too little above its low",
        },
        "atr_compression": {
            "compression_inside": "still in its range",
            "compression_low": "below its 50-day mean",
            "breakout_quiet": "its range was not narrow",
        },
        "volume_dry_up": {
            "dry_up_once": "one quiet session",
            "dry_up_wide": "its range is wide",
        },
        "rsi_oversold": {
            "oversold_shallow": "a shallow dip",
            "oversold_downtrend": "below its 200-day mean",
            "young": "listed too recently for a 200-day mean",
        },
        "gap_up": {
            "gap_lost": "closed below its open",
            "gap_quiet": "a gap on usual volume",
            "breakout": "rose during the session, without a gap",
        },
        "obv_divergence": {
            "inflow_rising": "the price rose with it",
            "inflow_mild": "within random variation",
        },
    }
)
"""The charts that lack one condition, and which one."""


def sector_funds(listings: Sequence[Listing]) -> tuple[tuple[str, ...], str]:
    """Return the symbols of the sector funds and of the benchmark."""
    funds = sorted(one.symbol for one in listings if one.kind is Kind.ETF)
    return tuple(funds[:_SECTORS]), funds[_SECTORS]


def _shapes(listings: Sequence[Listing], scenarios: Scenarios) -> Iterator[tuple[str, str]]:
    """Yield every symbol with a chart, and the shape of the chart."""
    for shape in SHAPES:
        for symbol in scenarios[f"bars/{shape}"]:
            yield symbol, shape
    funds, benchmark = sector_funds(listings)
    shapes = (*_FUNDS, *("fund_flat" for _ in funds[len(_FUNDS) :]))
    yield from zip((*funds, benchmark), (*shapes, "fund_flat"), strict=True)


def charts(
    seed: int, listings: Sequence[Listing], scenarios: Scenarios, sessions: int
) -> dict[str, list[Day]]:
    """Return the charts by symbol, oldest session first, in US dollars and shares."""
    drawn = {}
    for symbol, shape in _shapes(listings, scenarios):
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
    """Return the plans of symbols with a chart, for vendors that serve only the last session."""
    plans = {}
    for symbol, days in drawn.items():
        close, before = days[-1].close, days[-2].close
        age = len(days) if len(days) < sessions else None
        plans[symbol] = Plan(close, close / before - 1, days[-1].volume, sessions=age)
    return plans


def technical_truth(
    scenarios: Scenarios,
    plans: Mapping[str, Plan],
    listings: Sequence[Listing],
    drawn: Mapping[str, Sequence[Day]],
) -> dict[str, Planted]:
    """Return what every screen should find, by scanner.

    The key ``volume_accumulation/bars`` is that scanner with the setting ``source: bars``.
    """
    jumped = tuple(symbol for symbol in scenarios["movers/gainer"] if plans[symbol].surge is not None)
    truth = {}
    for screen, found in _FINDS.items():
        expected = {symbol for shape in found for symbol in scenarios[f"bars/{shape}"]}
        why = scenarios.reasons({f"bars/{shape}": reason for shape, reason in _MISSES[screen].items()})
        if screen in {"technical_breakout", "high_52w_breakout"}:
            expected |= set(jumped)
        truth[screen] = Planted(frozenset(expected), frozenset(why), why)
    truth["volume_accumulation/bars"] = _from_bars(truth.pop("volume_accumulation"), scenarios, drawn)
    truth["sector_rotation"] = _sectors(listings)
    return truth


def _from_bars(planted: Planted, scenarios: Scenarios, drawn: Mapping[str, Sequence[Day]]) -> Planted:
    measure = {}
    for symbol in planted.expected:
        *before, newest = [day.volume for day in drawn[symbol][-21:]]
        measure[symbol] = newest / (sum(before) / len(before))
    fell = {symbol for symbol in scenarios["volume/surge"] if symbol not in scenarios["movers/gainer"]}
    why = {**planted.why, **dict.fromkeys(fell, "fell, and closed low in its range")}
    return Planted(planted.expected, frozenset(why), why, measure, {"source": "bars"})


def _sectors(listings: Sequence[Listing]) -> Planted:
    funds, benchmark = sector_funds(listings)
    reasons = {
        "fund_slows": "its lead shrinks",
        "fund_little": "leads by too little",
        "fund_bounces": "below its 50-day mean",
    }
    shown = dict(zip(funds, _FUNDS, strict=False))
    why = {symbol: reasons[shape] for symbol, shape in shown.items() if shape in reasons}
    why |= dict.fromkeys(funds[len(_FUNDS) :], "moves with the benchmark") | {benchmark: "is the benchmark"}
    expected = frozenset(symbol for symbol, shape in shown.items() if shape == "fund_leads")
    settings = {"funds": list(funds), "benchmark": benchmark}
    return Planted(expected, frozenset(why), why, settings=settings)
