"""Which company plays which part: the plants and decoys of every scanner.

Each part is drawn without replacement from the plain four-letter companies, so that a signal planted for
one scanner is nothing to another. A few stars are then given further parts on purpose, because merging
what several scanners say of one ticker has to be seen too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tradingagents.discovery.sandbox.world.seeds import stream

__all__ = ["Cast", "Planted", "cast_parts"]

_PARTS = {
    # market movers
    "movers/gainer": 9, "movers/loser": 9, "movers/penny_up": 3, "movers/penny_down": 3,
    "movers/thin_up": 2, "movers/thin_down": 3, "movers/busy_flat": 6,
    # off-exchange volume
    "volume/surge": 6, "volume/thin": 3, "volume/slow_rise": 3, "volume/new": 2, "volume/busy_flat": 3,
    "volume/yesterday": 2,
    # insiders that buy in the open market
    "insider/cluster": 2, "insider/chief": 2, "insider/plan": 1, "insider/joint": 1, "insider/lots": 1,
    "insider/lower_case": 1, "insider/prefixed": 1,
    # insiders that do not, or not enough
    "insider/grant": 3, "insider/exercise": 2, "insider/sale": 3, "insider/gift": 1, "insider/derivative": 1,
    "insider/free": 1, "insider/footnote_price": 1, "insider/swap": 1, "insider/disposed": 1,
    "insider/small": 1, "insider/amended": 1, "insider/twice_listed": 1, "insider/joint_small": 1,
    "insider/form_3": 1, "insider/form_5": 1, "insider/noise": 10,
    # earnings; the ratings parts are among those that report soon
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
    # reports of the last days, and what analysts did where no report is due
    "surprise/beat": 4, "surprise/miss": 3, "surprise/smaller_loss": 1, "surprise/from_nothing": 1,
    "surprise/revenue": 1, "surprise/mixed": 1, "surprise/tiny": 2, "surprise/cent": 2,
    "surprise/no_actual": 2, "surprise/no_estimate": 1, "surprise/units": 1, "ratings/up_quiet": 4,
    # what only looks like news, research, attention or a month's change
    "news/contested": 2, "news/syndicated": 1, "posts/one_author": 1, "posts/crossposted": 1, "posts/old": 1,
    "posts/dd_old": 1, "ratings/gap": 1, "ratings/few": 1,
    # charts, each with the near misses of its screen
    "bars/accumulation": 3, "bars/accumulation_weak": 2, "bars/accumulation_fell": 2,
    "bars/accumulation_thin": 1, "bars/breakout": 3, "bars/breakout_quiet": 2, "bars/breakout_inside": 2,
    "bars/unfetched": 2, "bars/high_52w": 3, "bars/high_52w_again": 2, "bars/trend": 3, "bars/trend_spike": 2,
    "bars/trend_slow": 2, "bars/compression": 3, "bars/compression_inside": 2, "bars/compression_low": 1,
    "bars/dry_up": 3, "bars/dry_up_once": 2, "bars/dry_up_wide": 1, "bars/oversold": 3,
    "bars/oversold_shallow": 2, "bars/oversold_downtrend": 2, "bars/young": 2, "bars/gap": 3,
    "bars/gap_lost": 2, "bars/gap_quiet": 1, "bars/inflow": 3, "bars/inflow_rising": 2, "bars/inflow_mild": 1,
    # insiders over several days, and what filings correct; last, so that the parts above stay whose they are
    "insider/over_days": 1, "insider/last_week": 1, "insider/amended_part": 1, "insider/amended_down": 1,
    "insider/amended_old": 1, "insider/late": 1, "insider/preferred": 1, "insider/offering": 1,
    "insider/renamed": 1,
}  # fmt: skip

_STARS = (  # the first player of a part also plays these
    ("insider/cluster", ("earnings/star", "volume/surge", "news/bullish")),
    ("movers/gainer", ("volume/surge", "news/bullish", "posts/cashtag", "surprise/beat")),
    ("posts/dd", ("posts/bare",)),
)


@dataclass(frozen=True)
class Planted:
    """What is known of one scanner's answer, given ``settings`` over the default ones and no limit.

    ``expected``: the tickers a correct scanner finds, all of them. ``forbidden``: tickers, in any
    spelling the vendor uses, that it must not put forward. ``why`` says the trap of each forbidden
    one; ``measure`` the strength of each expected one in the scanner's own unit.
    """

    expected: frozenset[str]
    forbidden: frozenset[str]
    why: Mapping[str, str] = field(default_factory=dict)
    measure: Mapping[str, float] = field(default_factory=dict)
    settings: Mapping[str, object] = field(default_factory=dict)


class Cast:
    """Who plays what: ``cast["news/bullish"]`` is a tuple of symbols. Immutable."""

    def __init__(self, parts: Mapping[str, Sequence[str]]) -> None:
        self._parts = {part: tuple(players) for part, players in parts.items()}

    def __getitem__(self, part: str) -> tuple[str, ...]:
        return self._parts[part]

    def why(self, reasons: Mapping[str, str]) -> dict[str, str]:
        """Return each player's reason, from a table of part to reason."""
        return {player: reason for part, reason in reasons.items() for player in self[part]}


def cast_parts(seed: int, companies: Sequence[str]) -> Cast:
    """Draw the players from the plain ``companies``; ``ValueError`` when there are too few of them."""
    needed = sum(_PARTS.values())
    if len(companies) < needed:
        raise ValueError(
            f"the synthetic market needs {needed} plain companies for its parts, not {len(companies)}"
        )
    drawn = stream(seed, "cast").sample(list(companies), needed)
    parts: dict[str, list[str]] = {}
    for part, count in _PARTS.items():
        parts[part], drawn = drawn[:count], drawn[count:]
    for lead, further in _STARS:
        for part in further:
            parts.setdefault(part, []).append(parts[lead][0])
    return Cast(parts)
