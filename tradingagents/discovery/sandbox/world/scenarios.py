"""Assigns companies to the positive and negative test cases of every scanner.

The companies of each scenario are drawn without replacement from those with plain four-letter symbols, so a
scenario of one scanner does not affect the others. A few companies then get further scenarios on purpose, to
exercise the merging of candidates that several scanners found.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tradingagents.discovery.sandbox.world import stream

__all__ = ["Planted", "Scenarios", "assign_scenarios"]

_COUNTS = {
    # market movers
    "movers/gainer": 9, "movers/loser": 9, "movers/penny_up": 3, "movers/penny_down": 3,
    "movers/thin_up": 2, "movers/thin_down": 3, "movers/busy_flat": 6,
    # off-exchange volume
    "volume/surge": 6, "volume/thin": 3, "volume/slow_rise": 3, "volume/new": 2, "volume/busy_flat": 3,
    "volume/yesterday": 2,
    # insiders that buy in the open market
    "insider/cluster": 2, "insider/chief": 2, "insider/plan": 1, "insider/joint": 1, "insider/lots": 1,
    "insider/lower_case": 1, "insider/prefixed": 1,
    # insiders that do not buy in the open market, or not enough
    "insider/grant": 3, "insider/exercise": 2, "insider/sale": 3, "insider/gift": 1, "insider/derivative": 1,
    "insider/free": 1, "insider/footnote_price": 1, "insider/swap": 1, "insider/disposed": 1,
    "insider/small": 1, "insider/amended": 1, "insider/twice_listed": 1, "insider/joint_small": 1,
    "insider/form_3": 1, "insider/form_5": 1, "insider/noise": 10,
    # earnings; the companies of the ratings scenarios report soon, those of ratings/up_quiet excepted
    "ratings/up": 7, "ratings/down": 5, "ratings/flat": 4, "ratings/one_month": 2, "ratings/none": 2,
    "ratings/slight": 2, "ratings/older": 2,
    "earnings/past": 14, "earnings/later": 20,
    # news
    "news/bullish": 7, "news/edge": 1, "news/passing": 3, "news/neutral": 3, "news/bearish": 3, "news/old": 3,
    "news/just_under": 1,
    # posts
    "posts/cashtag": 3, "posts/bare": 3, "posts/two": 3, "posts/one_repeats": 2,
    "posts/dd": 5, "posts/dd_short": 2, "posts/dd_low": 2, "posts/dd_stickied": 1, "posts/dd_removed": 1,
    "posts/dd_deleted": 1, "posts/dd_chat": 1,
    # reports of the last days, and upgrades of companies without a report soon
    "surprise/beat": 4, "surprise/miss": 3, "surprise/smaller_loss": 1, "surprise/from_nothing": 1,
    "surprise/revenue": 1, "surprise/mixed": 1, "surprise/tiny": 2, "surprise/cent": 2,
    "surprise/no_actual": 2, "surprise/no_estimate": 1, "surprise/units": 1, "ratings/up_quiet": 4,
    # near misses: outweighed news, old or repeated posts, incomplete ratings
    "news/contested": 2, "news/syndicated": 1, "posts/one_author": 1, "posts/crossposted": 1, "posts/old": 1,
    "posts/dd_old": 1, "ratings/gap": 1, "ratings/few": 1,
    # charts, each followed by the near misses of its screen
    "bars/accumulation": 3, "bars/accumulation_weak": 2, "bars/accumulation_fell": 2,
    "bars/accumulation_thin": 1, "bars/breakout": 3, "bars/breakout_quiet": 2, "bars/breakout_inside": 2,
    "bars/unfetched": 2, "bars/high_52w": 3, "bars/high_52w_again": 2, "bars/trend": 3, "bars/trend_spike": 2,
    "bars/trend_slow": 2, "bars/compression": 3, "bars/compression_inside": 2, "bars/compression_low": 1,
    "bars/dry_up": 3, "bars/dry_up_once": 2, "bars/dry_up_wide": 1, "bars/oversold": 3,
    "bars/oversold_shallow": 2, "bars/oversold_downtrend": 2, "bars/young": 2, "bars/gap": 3,
    "bars/gap_lost": 2, "bars/gap_quiet": 1, "bars/inflow": 3, "bars/inflow_rising": 2, "bars/inflow_mild": 1,
    # insiders over several days, and amendments; last, because inserting them would shift the draws above
    "insider/over_days": 1, "insider/last_week": 1, "insider/amended_part": 1, "insider/amended_down": 1,
    "insider/amended_old": 1, "insider/late": 1, "insider/preferred": 1, "insider/offering": 1,
    "insider/renamed": 1,
}  # fmt: skip

_SHARED = (  # the first company of a scenario is also in these
    ("insider/cluster", ("earnings/star", "volume/surge", "news/bullish")),
    ("movers/gainer", ("volume/surge", "news/bullish", "posts/cashtag", "surprise/beat")),
    ("posts/dd", ("posts/bare",)),
)


@dataclass(frozen=True)
class Planted:
    """The correct answer of one scanner, with ``settings`` laid over its defaults and no limit.

    ``expected``: all tickers that a correct scanner finds. ``forbidden``: the decoys, tickers in any
    spelling the vendor uses that it must not report. ``why``: the reason for each forbidden ticker.
    ``measure``: the strength of each expected ticker in the scanner's own unit.
    """

    expected: frozenset[str]
    forbidden: frozenset[str]
    why: Mapping[str, str] = field(default_factory=dict)
    measure: Mapping[str, float] = field(default_factory=dict)
    settings: Mapping[str, object] = field(default_factory=dict)


class Scenarios:
    """The symbols of each scenario: ``scenarios["news/bullish"]`` is a tuple of them. Immutable."""

    def __init__(self, companies: Mapping[str, Sequence[str]]) -> None:
        self._companies = {scenario: tuple(symbols) for scenario, symbols in companies.items()}

    def __getitem__(self, scenario: str) -> tuple[str, ...]:
        return self._companies[scenario]

    def reasons(self, by_scenario: Mapping[str, str]) -> dict[str, str]:
        """Return the reason of each company, from the reason of each scenario."""
        return {symbol: reason for scenario, reason in by_scenario.items() for symbol in self[scenario]}


def assign_scenarios(seed: int, companies: Sequence[str]) -> Scenarios:
    """Draw the companies of each scenario from ``companies``; ``ValueError`` when they are too few."""
    needed = sum(_COUNTS.values())
    if len(companies) < needed:
        raise ValueError(
            f"the synthetic market needs {needed} plain companies for its scenarios, not {len(companies)}"
        )
    drawn = stream(seed, "cast").sample(list(companies), needed)
    assigned: dict[str, list[str]] = {}
    for scenario, count in _COUNTS.items():
        assigned[scenario], drawn = drawn[:count], drawn[count:]
    for first, others in _SHARED:
        for scenario in others:
            assigned.setdefault(scenario, []).append(assigned[first][0])
    return Scenarios(assigned)
