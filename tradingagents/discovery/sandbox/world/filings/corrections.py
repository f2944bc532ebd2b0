"""Statements other than plain purchases: amendments, old trades, and purchases over several days."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from tradingagents.discovery.sandbox.world.filings.builder import CHIEF, FUND, FilingBuilder
from tradingagents.discovery.sandbox.world.filings.records import Filing
from tradingagents.discovery.sandbox.world.scenarios import Scenarios
from tradingagents.discovery.sandbox.world.sessions import step_sessions

__all__ = ["also_bought", "bought_over_days", "corrected"]

_OFFERING = "Bought in the issuer's underwritten public offering."
_OVER_DAYS, _LAST_WEEK = (4, 2), 3  # sessions before the newest


def corrected(builder: FilingBuilder, scenarios: Scenarios, day: date) -> Iterator[Filing]:
    """Yield filings and their amendments, and purchases that are old or of other securities."""
    (part,), (down,), (old,) = (scenarios[f"insider/amended_{one}"] for one in ("part", "down", "old"))
    one, wrong = builder.purchases(27_000, 29_000, lots=2)
    wrong = replace(wrong, shares=wrong.shares + 7)
    first = builder.form_4(part, (builder.owner(),), (one, wrong))
    yield first
    right = replace(wrong, price=round((wrong.price or 0) - 0.05, 2))
    yield replace(first, form="4/A", original=day, trades=(right,))
    (lot,) = builder.purchases(9_000, 9_900)
    first = builder.form_4(down, (builder.owner(CHIEF),), (replace(lot, price=(lot.price or 0) * 10),))
    yield first
    yield replace(first, form="4/A", original=day, trades=(lot,))
    (lot,) = builder.purchases(90_000, 99_000)
    original = day - timedelta(days=28)
    amended = builder.form_4(old, (builder.owner(CHIEF),), (replace(lot, day=original - timedelta(days=1)),))
    yield replace(amended, form="4/A", original=original)
    (late,), (preferred,) = scenarios["insider/late"], scenarios["insider/preferred"]
    (lot,) = builder.purchases(90_000, 99_000)
    yield builder.form_4(late, (builder.owner(CHIEF),), (replace(lot, day=day - timedelta(days=182)),))
    (lot,) = builder.purchases(90_000, 99_000)
    yield builder.form_4(
        preferred, (builder.owner(),), (replace(lot, security="6.5% Series A Preferred Stock"),)
    )


def also_bought(builder: FilingBuilder, scenarios: Scenarios) -> Iterator[Filing]:
    """Yield a purchase in a public offering, and one under the former symbol of the company."""
    (offered,), (renamed,) = scenarios["insider/offering"], scenarios["insider/renamed"]
    (lot,) = builder.purchases(300_000, 400_000)
    yield builder.form_4(offered, (builder.owner(FUND),), (replace(lot, footnote=_OFFERING),))
    yield replace(
        builder.form_4(renamed, (builder.owner(),), builder.purchases(60_000, 70_000)), symbol="OLDQ"
    )


def bought_over_days(
    builder: FilingBuilder, scenarios: Scenarios, as_of: date, day: date
) -> Iterator[Filing]:
    """Yield small purchases of three insiders on three days, and purchases on one earlier day only."""
    (together,), (before,) = scenarios["insider/over_days"], scenarios["insider/last_week"]
    if day in {step_sessions(as_of, -ago) for ago in _OVER_DAYS} | {as_of}:
        yield builder.form_4(together, (builder.owner(),), builder.purchases(9_000, 11_000))
    if day == step_sessions(as_of, -_LAST_WEEK):
        for role in ("", CHIEF):
            yield builder.form_4(before, (builder.owner(role),), builder.purchases(50_000, 60_000))
