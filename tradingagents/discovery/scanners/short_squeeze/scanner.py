"""``short_squeeze``: stocks with a large or fast-growing short position (FINRA short interest).

The file is published twice a month: positions on the settlement date, about ten days later. It has neither
shares outstanding nor borrowing costs, so short interest as a fraction of the float is unknown. The criteria
are in :mod:`.positions`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import partial
from typing import Any

from pydantic import Field

from tradingagents.discovery.bars.calendar import nyse
from tradingagents.discovery.execution.outcome import Reason
from tradingagents.discovery.model.candidate import Candidate, Direction, Evidence, Priority
from tradingagents.discovery.model.errors import NoDataError, StaleDataError
from tradingagents.discovery.scanners.short_squeeze.positions import Squeeze, find_squeezes
from tradingagents.discovery.scanners.short_squeeze.settlements import Settlement, settlements
from tradingagents.discovery.scanning.base import BaseScanner
from tradingagents.discovery.scanning.listing_check import directory_in_time
from tradingagents.discovery.settings.sections import ScannerSettings
from tradingagents.discovery.symbols.directory import SymbolDirectory
from tradingagents.discovery.symbols.security_type import SecurityType
from tradingagents.discovery.vendors.finra.short_interest import ShortInterestFile

__all__ = ["ShortSqueeze", "ShortSqueezeSettings"]

_TRIED = 2  # the newest settlement and, until its file is published, the one before
_GRACE = timedelta(days=2)
_OPEN_ENDED = frozenset({SecurityType.ETF, SecurityType.ETN})


class ShortSqueezeSettings(ScannerSettings):
    """``scanners.short_squeeze``."""

    limit: int | None = Field(10, ge=1)
    min_days_to_cover: float = Field(
        8.0, gt=0, description="Shares sold short over the mean daily volume, at least, to qualify by size."
    )
    min_growth: float = Field(
        0.5,
        gt=0,
        description="Growth of the position since the settlement before, as a fraction, at least, to qualify "
        "by growth; `min_growth_days_to_cover` must be reached, too.",
    )
    min_growth_days_to_cover: float = Field(
        3.0, ge=0, description="Days to cover of a position that grew, at least."
    )
    min_short_shares: float = Field(1_000_000, ge=0, description="Smallest position, in shares sold short.")
    min_mean_volume: float = Field(200_000, gt=0, description="Smallest mean volume, in shares a day.")


class ShortSqueeze(BaseScanner[ShortSqueezeSettings]):
    """Finds positions with many days to cover, and positions that grew fast. The score is days to cover.

    Priority is high for positions that meet both criteria, otherwise medium.
    """

    name, pipeline, strategy = "short_squeeze", "edge", "short_squeeze"
    evidence_kinds = ("short_interest",)
    listed_only = True

    @classmethod
    def unit(cls, settings: ShortSqueezeSettings) -> str:
        """See :class:`BaseScanner`."""
        return "files"

    def scan(self, state: dict[str, Any]) -> Iterator[Candidate]:
        """Yield in order of symbol.

        Raises ``StaleDataError`` when the files of the two newest settlements do not exist, ``NoDataError``
        for a day outside the exchange calendar, and the error of a file that cannot be fetched.
        """
        file = self._newest(self.trade_date(state))
        found, left_out = find_squeezes(file.positions.values(), self.settings)
        self.count("symbols", len(file.positions))
        for reason, count in left_out.items():
            self.count(reason, count)
        for ticker, one in self._stocks(found):
            yield self._candidate(ticker, one, file.settlement)

    def _newest(self, until: date) -> ShortInterestFile:
        """Return the newest file published by a day; degrade the outcome when a newer one is overdue."""
        expected = settlements(until, _TRIED, nyse())
        self.record_coverage(of=1)
        for settlement in expected:
            try:
                file = self._file(settlement.day)
            except NoDataError:
                continue
            self.record_coverage(asked=1, answered=1)
            self._check_file(file, expected[0], until)
            return file
        days = " and ".join(str(one.day) for one in expected)
        raise StaleDataError(f"finra: no short interest file for {days}")

    def _file(self, day: date) -> ShortInterestFile:
        file: ShortInterestFile = self.ask(
            "finra.short_interest",
            {"settlement": day.isoformat()},
            partial(self.vendors.finra.short_interest, day),
            lambda file: f"{len(file.positions)} symbols",
        )
        return file

    def _check_file(self, file: ShortInterestFile, newest: Settlement, until: date) -> None:
        if file.malformed:
            what = f"{len(file.malformed)} malformed rows, the first {file.malformed[0]!r}"
            self.degrade(Reason.BAD_PAYLOAD, f"finra: short interest of {file.settlement}: {what}")
        if file.settlement == newest.day:
            return
        if until - newest.published <= _GRACE:  # published in the evening
            self.count("newest settlement not yet published")
        else:
            late = f"short interest of {newest.day}, due {newest.published}, is missing"
            self.degrade(Reason.NO_DATA, f"finra: {late}; using {file.settlement}")

    def _stocks(self, found: Sequence[Squeeze]) -> Iterator[tuple[str, Squeeze]]:
        """Yield each with its ticker, without ETFs and ETNs: their supply is open-ended, so no squeeze.

        FINRA writes ``BRK.B`` as ``BRKB``; the symbol directory restores the dot.
        """
        directory = directory_in_time(self) if found else None
        spelled = {} if directory is None else _class_shares(directory)
        for one in found:
            ticker = spelled.get(one.position.symbol, one.position.symbol)
            listing = None if directory is None else directory.get(ticker)
            if listing is not None and listing.security_type in _OPEN_ENDED:
                self.count("ETFs and ETNs (open-ended supply)")
            else:
                yield ticker, one

    def _candidate(self, ticker: str, one: Squeeze, settlement: date) -> Candidate:
        position = one.position
        grown = "" if one.growth is None else f", {one.growth:+.0%} since the settlement before"
        grown += "; the shares were split between the two" if position.split else ""
        grown += "; FINRA revised the figure" if position.revised else ""
        return self.candidate(
            ticker,
            (
                f"{position.current:,.0f} shares sold short on {settlement}, {one.days_to_cover:.1f} days of "
                f"its mean volume of {position.average_volume:,.0f}{grown}"
            ),
            priority=Priority.HIGH if one.crowded and one.grew else Priority.MEDIUM,
            # As a group heavily shorted shares fall (Asquith et al. 2005); a squeeze is the exception.
            direction=Direction.DOWN,
            score=round(one.days_to_cover, 4),
            evidence=(self._evidence(ticker, one, settlement),),
        )

    def _evidence(self, ticker: str, one: Squeeze, settlement: date) -> Evidence:
        position = one.position
        return Evidence(
            vendor="finra",
            kind="short_interest",
            as_of=settlement.isoformat(),
            url=self.vendors.finra.short_interest_url(settlement),
            values={
                "symbol": ticker,
                "finra_symbol": position.symbol,
                "name": position.name,
                "market": position.market,
                "short_shares": position.current,
                "previous_short_shares": position.previous,
                "mean_volume": position.average_volume,
                "days_to_cover": round(one.days_to_cover, 4),
                "growth": None if one.growth is None else round(one.growth, 4),
                "split": position.split,
                "revised": position.revised,
            },
        )


def _class_shares(directory: SymbolDirectory) -> dict[str, str]:
    """Return the tickers of class shares by FINRA's spelling, unless that is another listed ticker."""
    spelled = {ticker.replace(".", ""): ticker for ticker in directory.shares_and_funds if "." in ticker}
    return {letters: ticker for letters, ticker in spelled.items() if letters not in directory}
