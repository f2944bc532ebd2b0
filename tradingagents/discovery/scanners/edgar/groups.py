"""Grouping filings by filer, and reading whole groups, the largest first."""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from typing import TypeVar

from tradingagents.discovery.scanning.base import AnyScanner
from tradingagents.discovery.vendors.sec.index import FilingRef

__all__ = ["first_filings", "linked_filings", "read_groups"]

Answer = TypeVar("Answer")


def linked_filings(filings: Iterable[FilingRef]) -> list[list[FilingRef]]:
    """Group filings that share a filer, directly or through other filings; the largest group first.

    The index does not mark which filer is the issuer, but all filings of one issuer are in one group. The
    size of a group is the only signal in the index: several insiders of one company make several filings.
    Groups of equal size are in order of the date and number of their first filing.
    """
    groups: dict[int, list[FilingRef]] = {}  # by filer; linked filers share one list
    for filing in filings:
        met = {id(group): group for cik in filing.ciks if (group := groups.get(cik)) is not None}
        largest, *others = sorted(met.values(), key=len, reverse=True) or [[]]
        largest.append(filing)
        for group in others:
            largest += group
            for moved in group:
                groups.update(dict.fromkeys(moved.ciks, largest))
        groups.update(dict.fromkeys(filing.ciks, largest))
    apart = {id(group): sorted(group, key=_order) for group in groups.values()}
    return sorted(apart.values(), key=lambda group: (-len(group), _order(group[0])))


def _order(filing: FilingRef) -> tuple[str, str]:
    return filing.filed.isoformat(), filing.accession


def first_filings(
    groups: Iterable[list[FilingRef]], most: int | None, known: Container[str] = ()
) -> list[list[FilingRef]]:
    """Return the groups cut to ``most`` filings to read; None means no limit.

    Filings whose accession number is in ``known`` need no request: they are kept and not counted.
    """
    left = math.inf if most is None else most
    kept: list[list[FilingRef]] = []
    for group in groups:
        own = []
        for filing in group:
            if filing.accession not in known:
                if not left:
                    continue
                left -= 1
            own.append(filing)
        if own:
            kept.append(own)
    return kept


def read_groups(
    scanner: AnyScanner,
    groups: Sequence[list[FilingRef]],
    read: Callable[[FilingRef], Answer],
    of: int,
) -> Iterator[list[tuple[FilingRef, Answer]]]:
    """Read filings concurrently, and yield each group as soon as its last filing has been read.

    A filing that cannot be read is missing from its group, and the failure is reported. ``of`` is the total
    number of filings for the coverage.
    """
    rank_of = {ref: rank for rank, group in enumerate(groups) for ref in group}
    held: list[tuple[FilingRef, Answer]] = []
    for ref, answer in scanner.gather(read, rank_of, of=of):
        if held and rank_of[held[-1][0]] != rank_of[ref]:  # that group's last filing could not be read
            yield held
            held = []
        held.append((ref, answer))
        if groups[rank_of[ref]][-1] == ref:
            yield held
            held = []
    if held:
        yield held
