"""The Forms 8-K of one company together: score, priority, context, evidence. Pure functions.

The score is the sum of the weights of the counted items, each once. An item that only an amendment reports
weighs 1, because the original report is not new.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from tradingagents.discovery.model.candidate import Direction, Evidence, Priority
from tradingagents.discovery.scanners.material_events.items import ITEMS
from tradingagents.discovery.vendors.sec.index import FilingHeader, FilingRef

__all__ = ["Events", "Report", "events_of", "is_unknown"]

_PRIORITIES = ((8, Priority.CRITICAL), (4, Priority.HIGH), (2, Priority.MEDIUM))
_NAMED = 3  # items named in the context; the evidence has all


@dataclass(frozen=True, slots=True)
class Report:
    """One filing with its header and the items that count."""

    ref: FilingRef
    header: FilingHeader
    counted: tuple[str, ...]

    @property
    def is_amendment(self) -> bool:
        return self.ref.form.endswith("/A")


@dataclass(frozen=True)
class Events:
    """The filings of one company with a counted item; at least one, oldest first."""

    reports: tuple[Report, ...]

    @property
    def weights(self) -> dict[str, int]:
        """Each counted item with its weight, the heaviest first."""
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
    def direction(self) -> Direction:
        """Down with any item that is bad news; the form does not state whether the others are good or bad."""
        bad = any(item.down for number in self.weights if (item := ITEMS.get(number)))
        return Direction.DOWN if bad else Direction.NONE

    @property
    def context(self) -> str:
        """One sentence: the form, when it was filed, and the heaviest items with their numbers."""
        items = [f"{_about(number)} ({number})" for number in self.weights]
        more = [f"{len(items) - _NAMED} more"] if len(items) > _NAMED else []
        forms = "amended Form 8-K" if all(one.is_amendment for one in self.reports) else "Form 8-K"
        filed = sorted({one.ref.filed.isoformat() for one in self.reports})
        return f"{forms} filed {' and '.join(filed)}: {', '.join(items[:_NAMED] + more)}"

    def evidence(self, url_of: Callable[[str], str]) -> list[Evidence]:
        """Return one record for each filing; ``url_of`` turns its path into an address."""
        return [_record(report, url_of(report.ref.path)) for report in self.reports]


def events_of(filings: Sequence[tuple[FilingRef, FilingHeader]], items: Collection[str]) -> Events | None:
    """Return the events in one company's filings, None when none has a counted item."""
    reports = [
        Report(ref, header, tuple(number for number in header.items if number in items))
        for ref, header in sorted(filings, key=lambda one: (one[0].filed, one[0].accession))
    ]
    counted = tuple(report for report in reports if report.counted)
    return Events(counted) if counted else None


def is_unknown(header: FilingHeader) -> bool:
    """Whether a report has no known item: none at all, or the items used before August 2004."""
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
