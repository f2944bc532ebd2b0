"""The state of the discovery graph: plain data that any checkpointer takes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Any

from typing_extensions import TypedDict

__all__ = ["DiscoveryState", "merge_by_id"]


def merge_by_id(left: list[Any] | None, right: list[Any] | None) -> list[Any]:
    """Reduce ``tool_logs``: every entry once, whether a node returns what is new or the whole list.

    Entries are told apart by ``id``; one without an ``id`` by its content, so that equal entries that
    were there twice stay twice. A later entry of the same id takes the earlier one's place.
    """
    merged = dict(_keyed(left or ()))
    merged.update(_keyed(right or ()))
    return list(merged.values())


def _keyed(entries: Iterable[Any]) -> Iterable[tuple[Any, Any]]:
    seen: Counter[str] = Counter()
    for entry in entries:
        if isinstance(entry, dict) and "id" in entry:
            yield ("id", str(entry["id"])), entry
        else:
            content = json.dumps(entry, sort_keys=True, default=repr)
            yield ("content", content, seen[content]), entry
            seen[content] += 1


class DiscoveryState(TypedDict, total=False):
    """What travels through the graph, all of it plain data.

    ``trade_date``: ISO 8601; today in New York where it is empty.
    ``tickers``, ``candidate_metadata``: the merged candidates after the scan, those that passed after the
    filter, those handed on, best first, after the ranker. The filter adds to each ``market`` (see
    :func:`read_market`) and ``new``, ``first_seen``, ``last_seen``, ``seen_by`` (see
    :func:`mark_candidates`), and to some ``deprioritised``, the reason; the ranker adds ``rank``,
    ``percentile`` and ``confluence``.
    ``tool_logs``: what scanners asked, every entry once.
    ``status``: ``scanned``, ``filtered``, then ``ranked``.
    ``scan_report``: the receipt: how each scanner ended, and under ``stages`` how many candidates went into
    each later step and came out.
    ``filter_report``, ``ranker_report``: what went in and came out of each step, and why the rest did not;
    see :meth:`FilterStage.run` and :meth:`RankerStage.run`.
    ``final_ranking``: what the agents get.
    ``warnings``: what went wrong after the scan, for people: a filter that dropped everything, a ranker that
    failed, bars that could not be read. Empty when all is well. Not named ``messages``, which in a host's
    graph is the agents' conversation.
    """

    trade_date: str
    tickers: list[str]
    candidate_metadata: list[dict[str, Any]]
    tool_logs: Annotated[list[dict[str, Any]], merge_by_id]
    status: str
    scan_report: dict[str, Any]
    filter_report: dict[str, Any]
    ranker_report: dict[str, Any]
    final_ranking: list[dict[str, Any]]
    warnings: list[str]
