"""Drops candidates that are not a listed US share or fund, by the symbol directory of the day.

Vendors mix warrants, units, rights, preferred shares, foreign and over-the-counter symbols into their lists
of shares. For a scanner with ``listed_only`` every candidate is looked up; one that is not a listed share or
fund is dropped and counted in the funnel by its kind.

The directory is loaded once for all scanners of a scan, beside their own work. Until it is there, candidates
are held back, and the check waits for it when the scanner has finished, for at most
:data:`~tradingagents.discovery.screens.market_data.WAIT_SECONDS`. Without it they pass, counted as unchecked,
and the outcome is degraded for the reason of the directory's error. No candidate is lost: those held back
when a scanner fails or is cut are put forward unchecked.
"""

from __future__ import annotations

from datetime import date, timedelta

from tradingagents.discovery.execution.outcome import verdict_of_error
from tradingagents.discovery.model.candidate import Candidate
from tradingagents.discovery.model.clock import current_deadline
from tradingagents.discovery.model.errors import DiscoveryError
from tradingagents.discovery.net.counters import counting
from tradingagents.discovery.scanning.base import AnyScanner
from tradingagents.discovery.scanning.recorder import NOT_CHECKED
from tradingagents.discovery.symbols.directory import SymbolDirectory

__all__ = ["ListingCheck", "directory_in_time"]

_SAME_TIME = timedelta(days=30)


class ListingCheck:
    """Puts forward the candidates of one scanner in one scan, those that pass. Used by one thread."""

    def __init__(self, scanner: AnyScanner, trade_date: date) -> None:
        self._scanner, self._recorder, self._day = scanner, scanner.recorder, trade_date
        self._held: list[Candidate] = []
        self._loaded = False
        self._directory: SymbolDirectory | None = None
        self._unchecked = 0

    def add(self, candidate: Candidate) -> None:
        """Put a candidate forward, drop it, or hold it back while the directory is loading."""
        if not self._scanner.listed_only:
            self._recorder.emit(candidate)
            return
        self._recorder.hold(candidate)
        self._held.append(candidate)
        if self._loaded or self._scanner.market.directory_settled:
            self._release()

    def finish(self) -> None:
        """Put forward what is held back, and report a directory that was needed and not available."""
        self._release()
        if (error := self._scanner.market.without_directory) is not None:
            missing = f"; {self._unchecked} candidates not checked" if self._unchecked else ""
            verdict = verdict_of_error(error)
            message = f"symbol directory unavailable: {verdict.message}{missing}"
            self._scanner.degrade(verdict.reason, message)

    def _release(self) -> None:
        if self._held and not self._loaded:
            self._loaded, self._directory = True, self._load()
        while self._held:
            candidate = self._held[0]
            if self._passes(candidate.ticker):
                self._recorder.emit(candidate)
            self._recorder.release()
            del self._held[0]

    def _passes(self, ticker: str) -> bool:
        if self._directory is None:
            self._unchecked += 1
            self._scanner.count(NOT_CHECKED)
            return True
        if ticker in self._directory.shares_and_funds:
            return True
        listing = self._directory.get(ticker)
        self._scanner.count("not listed" if listing is None else f"listed as {listing.security_type}")
        return False

    def _load(self) -> SymbolDirectory | None:
        """Return the directory; None when it is unavailable, or too far from the trade date.

        A share of a past date may have been delisted since; dropping it would be survivorship bias.
        """
        directory = directory_in_time(self._scanner)
        if directory is not None and abs(directory.as_of - self._day) <= _SAME_TIME:
            return directory
        return None


def directory_in_time(scanner: AnyScanner) -> SymbolDirectory | None:
    """Return the symbol directory where the scanner can do without; None when it is not there in time.

    All calls of a scanner together wait for a second at most, and the outcome is degraded. A directory that
    is some days old, because the vendor is down, is used without a warning: it is good enough for spellings.
    """
    market = scanner.market
    if market.without_directory is not None:
        return None
    try:
        with counting(scanner.recorder.request):  # without a sink for stale answers
            return scanner.ask(
                "nasdaq.listed",
                {},
                market.directory_in_time,
                lambda found: f"{len(found)} symbols of {found.as_of}",
            )
    except DiscoveryError:  # finish() reports it
        current_deadline().check()
        return None
