"""The filter: which merged candidates go on. Every candidate left out is named with its reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tradingagents.discovery.candidate import Priority, normalise_ticker
from tradingagents.discovery.config import FilterSettings

__all__ = ["filter_candidates"]


def filter_candidates(
    candidates: Sequence[Mapping[str, Any]], settings: FilterSettings
) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
    """Return what stays, in the given order, and ``{"ticker", "reason"}`` for what does not. Pure."""
    excluded = {normalise_ticker(ticker) for ticker in settings.exclude_tickers}
    worst = Priority(settings.min_priority).rank
    kept: list[dict[str, Any]] = []
    dropped: list[dict[str, str]] = []
    for candidate in candidates:
        if candidate["ticker"] in excluded:
            dropped.append({"ticker": candidate["ticker"], "reason": "in filter.exclude_tickers"})
        elif Priority(candidate["priority"]).rank > worst:
            reason = f"priority {candidate['priority']} is below filter.min_priority {settings.min_priority}"
            dropped.append({"ticker": candidate["ticker"], "reason": reason})
        else:
            kept.append(dict(candidate))
    return kept, dropped
