"""Which filings belong together, which to read first when not all can be read, and reading them."""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from typing import TypeVar

from tradingagents.discovery.scanning.base import BaseScanner
from tradingagents.discovery.vendors.sec.index import FilingRef

__all__ = ["first_filings", "linked_filings", "read_groups"]

Answer = TypeVar("Answer")


def linked_filings(filings: Iterable[FilingRef]) -> list[list[FilingRef]]:
    """Group filings that share a filer, directly or through others; the largest group first.

    All filings of one issuer come to lie in one group, though the index does not say which filer is the
    issuer. How many there are is all that the index tells of the signal: several insiders of one company
    make several filings. Groups of equal size go by the number of their first filing.
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
    """Return the groups without what would be read beyond ``most``; numbers in ``known`` need no reading.

    None stands for no bound.
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
    scanner: BaseScanner,
    groups: Sequence[list[FilingRef]],
    read: Callable[[FilingRef], Answer],
    of: int,
) -> Iterator[list[tuple[FilingRef, Answer]]]:
    """Read several filings at once, and yield each group as soon as its last was read.

    Filings that cannot be had are missing in their group and told; ``of`` are how many there are in all.
    """
    rank_of = {ref: rank for rank, group in enumerate(groups) for ref in group}
    held: list[tuple[FilingRef, Answer]] = []
    for ref, answer in scanner.gather(read, rank_of, of=of):
        if held and rank_of[held[-1][0]] != rank_of[ref]:  # the last of that group could not be had
            yield held
            held = []
        held.append((ref, answer))
        if groups[rank_of[ref]][-1] == ref:
            yield held
            held = []
    if held:
        yield held
