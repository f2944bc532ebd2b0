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
    """What travels through the graph.

    ``tickers`` and ``candidate_metadata`` hold the merged candidates after the scan, those that passed
    after the filter, and those handed on, best first, after the ranker. ``status`` is ``scanned``,
    ``filtered``, then ``ranked``.
    """

    trade_date: str
    tickers: list[str]
    candidate_metadata: list[dict[str, Any]]
    tool_logs: Annotated[list[dict[str, Any]], merge_by_id]
    status: str
    scan_report: dict[str, Any]
    filter_report: dict[str, Any]
    final_ranking: list[dict[str, Any]]
