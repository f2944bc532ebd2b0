"""Which filings belong together, and which to read first when not all can be read. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable

from tradingagents.discovery.vendors.sec_index import FilingRef

__all__ = ["linked_filings"]


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
