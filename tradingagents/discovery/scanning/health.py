"""Whether a scan saw what it was set up to see, and the line that closes its log. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Literal

from tradingagents.discovery.execution.outcome import Reason, Status, Verdict
from tradingagents.discovery.model.report import ScanReport

__all__ = ["Health", "closing_line", "health_of"]

Health = Literal["complete", "partial", "failed"]


def health_of(ended: Iterable[tuple[Verdict, int]]) -> Health:
    """Return the health of a scan from each scanner's verdict and its number of candidates.

    ``complete``: every scanner that was set up to run ended ``ok`` or ``empty``. A scanner whose key or other
    setting is missing was not set up, and is no loss; a scan without any scanner is complete.
    ``failed``: nothing usable came, that is, no candidate and no ``ok`` or ``empty`` outcome, or no scanner
    was set up at all. ``partial``: anything between.
    """
    outcomes = list(ended)
    set_up = [(verdict, found) for verdict, found in outcomes if verdict.reason is not Reason.NOT_CONFIGURED]
    if not outcomes:
        return "complete"
    fine = [verdict.status in {Status.OK, Status.EMPTY} for verdict, _ in set_up]
    if set_up and all(fine):
        return "complete"
    return "partial" if any(fine) or any(found for _, found in set_up) else "failed"


def closing_line(report: ScanReport) -> str:
    """Return one line on the whole scan: ``partial: 12 ok, 3 failed, 7 skipped, 47 tickers``."""
    counts = Counter(outcome["status"] for outcome in report["outcomes"])
    parts = [f"{counts[status]} {status.replace('_', ' ')}" for status in Status if counts[status]]
    tickers = len({one["ticker"] for outcome in report["outcomes"] for one in outcome["candidates"]})
    return f"{report['health']}: {', '.join([*parts, f'{tickers} tickers'])}"
