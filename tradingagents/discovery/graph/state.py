"""The state of the discovery graph: plain data that any checkpointer accepts."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Any

from typing_extensions import TypedDict

__all__ = ["DiscoveryState", "merge_by_id"]


def merge_by_id(left: list[Any] | None, right: list[Any] | None) -> list[Any]:
    """Reduce ``tool_logs``: every entry once, whether a node returns new entries or the whole list.

    Entries are identified by ``id``, or else by their content; equal entries without ``id`` that occur twice
    in one list are kept twice. A later entry replaces an earlier one of the same id, in its place.
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
    """The state, all of it plain data.

    ``trade_date``: ISO 8601; empty for today in New York.
    ``tickers``, ``candidate_metadata``: the merged candidates after the scan; those kept after the filter;
    the best ones, best first, after the ranker. The filter adds to each ``market`` (see
    :func:`read_market`) and ``new``, ``first_seen``, ``last_seen``, ``seen_by`` (see
    :func:`mark_candidates`), and may add ``deprioritised``, a reason; the ranker adds ``rank``,
    ``percentile`` and ``confluence``.
    ``tool_logs``: the requests of the scanners, every entry once.
    ``status``: ``scanned``, ``filtered``, then ``ranked``.
    ``scan_report``: how each scanner ended, and under ``stages`` the number of candidates before and after
    each stage.
    ``filter_report``, ``ranker_report``: counts and reasons of each stage; see :meth:`FilterStage.run` and
    :meth:`RankerStage.run`.
    ``final_ranking``: the candidates for the agents.
    ``warnings``: problems after the scan, for users: a filter that dropped everything, a ranker that failed,
    bars that cannot be read. Not named ``messages``, which in a host's graph is the agents' conversation.
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
