"""What the Forms 8-K of one company amount to: items, strength, words, records. Pure functions.

The score adds the weights of the items that count, each once. One that only an amendment reports weighs
one: what it amends was told before.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from tradingagents.discovery.model.candidate import Evidence, Priority
from tradingagents.discovery.scanners.material_events.items import ITEMS
from tradingagents.discovery.vendors.sec.header import FilingHeader
from tradingagents.discovery.vendors.sec.index import FilingRef

__all__ = ["Events", "Report", "events_of", "is_unknown"]

_PRIORITIES = ((8, Priority.CRITICAL), (4, Priority.HIGH), (2, Priority.MEDIUM))
_NAMED = 3  # items named in the context; the evidence has all


@dataclass(frozen=True, slots=True)
class Report:
    """One filing, what its header says, and which of its items count."""

    ref: FilingRef
    header: FilingHeader
    counted: tuple[str, ...]

    @property
    def is_amendment(self) -> bool:
        return self.ref.form.endswith("/A")


@dataclass(frozen=True)
class Events:
    """The filings of one company that have an item that counts; at least one, oldest first."""

    reports: tuple[Report, ...]

    @property
    def weights(self) -> dict[str, int]:
        """Each item that counts with its weight, the heaviest first."""
        found: dict[str, int] = {}
        for report in self.reports:
            for number in report.counted:
                item = ITEMS.get(number)
                weight = 1 if report.is_amendment or item is None else max(item.weight, 1)
                found[number] = max(weight, found.get(number, 0))
        return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))

    @property
    def score(self) -> float:
        return float(sum(self.weights.values()))

    @property
    def priority(self) -> Priority:
        heaviest = max(self.weights.values())
        return next((priority for least, priority in _PRIORITIES if heaviest >= least), Priority.LOW)

    @property
    def context(self) -> str:
        """One sentence: the form, when it was filed, and the heaviest items with their numbers."""
        told = [f"{_about(number)} ({number})" for number in self.weights]
        more = [f"{len(told) - _NAMED} more"] if len(told) > _NAMED else []
        forms = "amended Form 8-K" if all(one.is_amendment for one in self.reports) else "Form 8-K"
        filed = sorted({one.ref.filed.isoformat() for one in self.reports})
        return f"{forms} filed {' and '.join(filed)}: {', '.join(told[:_NAMED] + more)}"

    def evidence(self, url_of: Callable[[str], str]) -> list[Evidence]:
        """Return one record for each filing; ``url_of`` makes an address of its path."""
        return [_record(report, url_of(report.ref.path)) for report in self.reports]


def events_of(filings: Sequence[tuple[FilingRef, FilingHeader]], items: Collection[str]) -> Events | None:
    """Return what the filings of one company amount to, or None when none has an item that counts."""
    reports = [
        Report(ref, header, tuple(number for number in header.items if number in items))
        for ref, header in sorted(filings, key=lambda one: (one[0].filed, one[0].accession))
    ]
    counted = tuple(report for report in reports if report.counted)
    return Events(counted) if counted else None


def is_unknown(header: FilingHeader) -> bool:
    """Whether a report has no item of the form's table: none at all, or those of before August 2004."""
    return not ITEMS.keys() & set(header.items)


def _about(number: str) -> str:
    item = ITEMS.get(number)
    return item.about if item else "an item that is new to this table"


def _record(report: Report, url: str) -> Evidence:
    return Evidence(
        vendor="sec",
        kind="form_8k",
        as_of=report.ref.filed.isoformat(),
        url=url,
        id=report.ref.accession,
        values={
            "form": report.ref.form,
            "items": list(report.header.items),
            "counted": list(report.counted),
            "accepted": report.header.accepted.isoformat(),
        },
    )
