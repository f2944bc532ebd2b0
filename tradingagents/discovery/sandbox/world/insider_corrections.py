"""What insiders file beside plain purchases: amendments, old trades, and purchases over several days."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from tradingagents.discovery.sandbox.world.filing_builder import CHIEF, FUND, Desk
from tradingagents.discovery.sandbox.world.ownership import Filing
from tradingagents.discovery.sandbox.world.scenarios import Cast
from tradingagents.discovery.sandbox.world.sessions import step_sessions

__all__ = ["also_bought", "bought_over_days", "corrected"]

_OFFERING = "Bought in the issuer's underwritten public offering."
_OVER_DAYS, _LAST_WEEK = (4, 2), 3  # sessions before the newest


def corrected(desk: Desk, cast: Cast, day: date) -> Iterator[Filing]:
    """Filings and their amendments, and purchases that are old or of something else."""
    (part,), (down,), (old,) = (cast[f"insider/amended_{one}"] for one in ("part", "down", "old"))
    one, wrong = desk.spend(27_000, 29_000, lots=2)
    wrong = replace(wrong, shares=wrong.shares + 7)
    first = desk.file(part, (desk.owner(),), (one, wrong))
    yield first
    right = replace(wrong, price=round((wrong.price or 0) - 0.05, 2))
    yield replace(first, form="4/A", original=day, trades=(right,))
    (lot,) = desk.spend(9_000, 9_900)
    first = desk.file(down, (desk.owner(CHIEF),), (replace(lot, price=(lot.price or 0) * 10),))
    yield first
    yield replace(first, form="4/A", original=day, trades=(lot,))
    (lot,) = desk.spend(90_000, 99_000)
    told = day - timedelta(days=28)
    amended = desk.file(old, (desk.owner(CHIEF),), (replace(lot, day=told - timedelta(days=1)),))
    yield replace(amended, form="4/A", original=told)
    (late,), (preferred,) = cast["insider/late"], cast["insider/preferred"]
    (lot,) = desk.spend(90_000, 99_000)
    yield desk.file(late, (desk.owner(CHIEF),), (replace(lot, day=day - timedelta(days=182)),))
    (lot,) = desk.spend(90_000, 99_000)
    yield desk.file(preferred, (desk.owner(),), (replace(lot, security="6.5% Series A Preferred Stock"),))


def also_bought(desk: Desk, cast: Cast) -> Iterator[Filing]:
    """A purchase that was none in the market, and one under the symbol of before the company's new one."""
    (offered,), (renamed,) = cast["insider/offering"], cast["insider/renamed"]
    (lot,) = desk.spend(300_000, 400_000)
    yield desk.file(offered, (desk.owner(FUND),), (replace(lot, footnote=_OFFERING),))
    yield replace(desk.file(renamed, (desk.owner(),), desk.spend(60_000, 70_000)), symbol="OLDQ")


def bought_over_days(desk: Desk, cast: Cast, as_of: date, day: date) -> Iterator[Filing]:
    """Three insiders who bought a little each, on three days; and two who bought on one of them only."""
    (together,), (before,) = cast["insider/over_days"], cast["insider/last_week"]
    if day in {step_sessions(as_of, -ago) for ago in _OVER_DAYS} | {as_of}:
        yield desk.file(together, (desk.owner(),), desk.spend(9_000, 11_000))
    if day == step_sessions(as_of, -_LAST_WEEK):
        for role in ("", CHIEF):
            yield desk.file(before, (desk.owner(role),), desk.spend(50_000, 60_000))
