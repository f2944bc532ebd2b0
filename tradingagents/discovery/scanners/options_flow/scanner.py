"""``options_flow``: watched tickers with option volume far above open interest (Alpha Vantage chains).

Volume above open interest means that positions were opened. An end-of-day chain does not show whether by
buyers or sellers, alone or as one leg of a spread, so no candidate claims a direction. Each ticker costs one
of the free plan's 25 requests per day: the user names the tickers, and the last requests of a day are
reserved for scanners that need only one.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import Field

from tradingagents.discovery.bars.calendar import nyse
from tradingagents.discovery.execution.outcome import Reason, verdict_of_error
from tradingagents.discovery.model.candidate import Candidate, Evidence, Priority
from tradingagents.discovery.model.clock import current_deadline
from tradingagents.discovery.model.errors import (
    Auth,
    FetchError,
    NoDataError,
    NotConfiguredError,
    QuotaSpent,
    StaleDataError,
)
from tradingagents.discovery.net.limits.pacer import quota_reserve
from tradingagents.discovery.scanners.checks import check_session
from tradingagents.discovery.scanners.options_flow.activity import Activity, find_activity
from tradingagents.discovery.scanning.base import BaseScanner
from tradingagents.discovery.settings.sections import ScannerSettings, Ticker
from tradingagents.discovery.vendors.alpha_vantage.options import OptionChain, OptionContract

__all__ = ["OptionsFlow", "OptionsFlowSettings"]

_NEW_YORK = ZoneInfo("America/New_York")
_MAX_TICKERS = 10
_MAX_EVIDENCE = 5
_ONE_SIDED = 0.75  # of the premium
_HIGH_RATIO = 5.0  # times min_volume_over_open_interest


class OptionsFlowSettings(ScannerSettings):
    """``scanners.options_flow``."""

    limit: int | None = Field(10, ge=1)
    tickers: list[Ticker] = Field(
        [],
        max_length=_MAX_TICKERS,
        description=f"Tickers to watch, at most {_MAX_TICKERS}: one request each of the 25 a day on Alpha "
        "Vantage's free plan. Some plans do not include option chains. Empty: the watchlist; without one the "
        "scanner is skipped.",
    )
    min_volume: int = Field(500, ge=1, description="Smallest volume of a contract in the session.")
    min_volume_over_open_interest: float = Field(
        2.0, gt=0, description="That volume over the open interest, at least."
    )
    min_premium_usd: float = Field(
        100_000,
        ge=0,
        description="Smallest premium of a contract, in US dollars: volume times mark times 100 shares.",
    )
    min_days_to_expiry: int = Field(
        1,
        ge=0,
        description="Fewest calendar days to expiry. 0: with contracts that expire on the session itself.",
    )
    max_days_to_expiry: int = Field(60, ge=0, description="Most calendar days to expiry.")
    max_delta: float = Field(
        0.9,
        gt=0,
        le=1,
        description="Largest absolute delta: an option beyond it is a substitute for the share.",
    )
    requests_left_to_others: int = Field(
        4,
        ge=0,
        description="Requests of the day's quota that are left to other scanners: `market_movers` and "
        "`news_catalyst` need one each.",
    )


class OptionsFlow(BaseScanner[OptionsFlowSettings]):
    """Finds watched tickers with unusual contracts.

    The score is their percentage of the whole chain's premium, so that active chains have no advantage.
    """

    name, pipeline, strategy = "options_flow", "edge", "unusual_options"
    evidence_kinds = ("option_contract",)

    def scan(self, state: dict[str, Any]) -> Iterator[Candidate]:
        """Yield in order of the configured tickers. Raises ``NotConfiguredError`` without any.

        Of a watchlist of more than ten, those requested longest ago.
        """
        named = list(dict.fromkeys(self.settings.tickers)) or self.watchlist(state)
        if not named:
            wanted = f"list up to {_MAX_TICKERS} in discovery.scanners.options_flow.tickers, or any number in"
            raise NotConfiguredError(
                f"tickers to watch: {wanted} discovery.watchlist; one Alpha Vantage request each"
            )
        watched = self.rotation.take(named, _MAX_TICKERS)
        if left := len(named) - len(watched):
            self.count("left for later runs", left)
        self.record_coverage(of=len(named))
        for chain in self._chains(watched, self.trade_date(state)):
            self.count("contracts", len(chain.contracts))
            activity, left_out = find_activity(chain, self.settings)
            for reason, count in left_out.items():
                self.count(reason, count)
            if activity is not None:
                yield self._candidate(activity)

    def _chains(self, watched: list[str], trade_date: date) -> Iterator[OptionChain]:
        """Yield the available chains one after another: the free plan allows one request per second.

        Requests nothing more after the key is refused or the day's quota is spent. Raises the first error
        when no chain at all is available.
        """
        day = _session_to_request(trade_date, current_deadline().clock.now().astimezone(_NEW_YORK).date())
        first: FetchError | NoDataError | None = None
        found = False
        for number, ticker in enumerate(watched):
            try:
                chain = self._chain(ticker, day, trade_date)
            except StaleDataError as error:
                first = first or error
                self.rotation.done(ticker)
                self.record_coverage(asked=1)
                self.degrade(Reason.STALE_DATA, f"{ticker}: {error}")
            except NoDataError as error:
                first = first or error
                self.rotation.failed(ticker, error)
                self.record_coverage(asked=1, answered=1)
                self.count("no options data")
            except FetchError as error:
                first = first or error
                self.rotation.failed(ticker, error)
                self.record_coverage(asked=1)
                self.degrade(verdict_of_error(error).reason, f"{ticker}: {error}")
                if isinstance(error, Auth | QuotaSpent):
                    self.count("not requested after a refusal", len(watched) - number - 1)
                    break
            else:
                found = True
                self.rotation.done(ticker)
                self.record_coverage(asked=1, answered=1)
                yield chain
        if first is not None and not found:
            raise first

    def _chain(self, ticker: str, day: date | None, trade_date: date) -> OptionChain:
        problems: list[str] = []
        vendor = self.vendors.alpha_vantage
        with quota_reserve(self.settings.requests_left_to_others):
            chain: OptionChain = self.ask(
                "alpha_vantage.option_chain",
                {"symbol": ticker, "date": day.isoformat() if day else "newest"},
                lambda: vendor.option_chain(ticker, day, on_malformed=problems.append),
                lambda chain: f"{len(chain.contracts)} contracts of {chain.day}",
            )
        for problem in problems:
            self.degrade(Reason.BAD_PAYLOAD, f"alpha_vantage: {ticker}: {problem}")
        if day is not None and chain.day != day:
            raise StaleDataError(f"alpha_vantage: options of {chain.day} instead of {day}")
        check_session(chain.day, trade_date, "alpha_vantage: options")
        return chain

    def _candidate(self, activity: Activity) -> Candidate:
        chain, unusual = activity.chain, activity.unusual
        ratio = max(_ratio(one) for one in unusual)
        urgent = ratio >= _HIGH_RATIO * self.settings.min_volume_over_open_interest
        count = f"{len(unusual)} contract{'s' if len(unusual) > 1 else ''}"
        return self.candidate(
            chain.symbol,
            (
                f"unusual options on {chain.day}: {count} with {activity.premium_usd / 1e6:,.2f} million USD "
                f"of premium ({activity.share:.0%} of the chain's), {_leaning(activity)}; the largest: "
                f"{_description(unusual[0])}; bought or sold is not known"
            ),
            priority=Priority.HIGH if urgent else Priority.MEDIUM,
            score=round(100 * activity.share, 6),
            evidence=tuple(self._evidence(chain, one) for one in unusual[:_MAX_EVIDENCE]),
        )

    def _evidence(self, chain: OptionChain, contract: OptionContract) -> Evidence:
        address = self.vendors.alpha_vantage.address
        return Evidence(
            vendor="alpha_vantage",
            kind="option_contract",
            as_of=chain.day.isoformat(),
            id=contract.id,
            url=address("HISTORICAL_OPTIONS", symbol=chain.symbol, date=chain.day.isoformat()),
            values={
                "symbol": chain.symbol,
                "type": contract.kind,
                "strike_usd": contract.strike,
                "expiration": contract.expiration.isoformat(),
                "volume": contract.volume,
                "open_interest": contract.open_interest,
                "volume_over_open_interest": round(_ratio(contract), 4),
                "mark_usd": contract.mark,
                "bid_usd": contract.bid,
                "ask_usd": contract.ask,
                "premium_usd": round(contract.premium_usd, 2),
                "delta": contract.delta,
                "side": "unknown",
            },
        )


def _session_to_request(trade_date: date, today: date) -> date | None:
    """Return the session to request; None means the vendor's newest.

    For a trade date in the past the newest would be look-ahead.
    """
    return None if trade_date >= today else nyse().latest_session(trade_date)


def _ratio(contract: OptionContract) -> float:
    return contract.volume / max(contract.open_interest, 1)


def _leaning(activity: Activity) -> str:
    calls = activity.call_share
    if calls >= _ONE_SIDED:
        return f"{calls:.0%} of it in calls"
    if calls <= 1 - _ONE_SIDED:
        return f"{1 - calls:.0%} of it in puts"
    return f"{calls:.0%} of it in calls and the rest in puts"


def _description(contract: OptionContract) -> str:
    return (
        f"{contract.kind} {contract.strike:g} of {contract.expiration}, {contract.volume:,} traded against "
        f"{contract.open_interest:,} open, at {contract.mark:,.2f} USD"
    )
