"""A fake source of daily bars for tests: its bars, its errors, and the requests it received."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from tests.fake_clock import FakeClock
from tradingagents.discovery.bars.calendar import nyse
from tradingagents.discovery.bars.store.schema import SCHEMA
from tradingagents.discovery.bars.store.store import OhlcvStore
from tradingagents.discovery.bars.update.report import UpdateReport
from tradingagents.discovery.bars.update.run import UpdateOptions, update
from tradingagents.discovery.bars.update.sources import Fetched
from tradingagents.discovery.model.errors import NoDataError

EVENING = datetime(2026, 2, 5, 23, tzinfo=UTC)  # 18:00 in New York on a session
SESSION = date(2026, 2, 5)


class At(FakeClock):
    """A clock that stands at one moment and moves only by ``advance``."""

    def __init__(self, moment: datetime) -> None:
        super().__init__()
        self.moment = moment

    def now(self) -> datetime:
        return self.moment


def bars_of(
    ticker: str, days: Iterable[date], *, close: float = 100.0, factor: float = 1.0, rise: float = 0.5
) -> pl.DataFrame:
    """Return rising bars, one a day; ``factor`` divides prices and multiplies volumes, as a split does."""
    rows = []
    for number, day in enumerate(days):
        price = (close + rise * number) / factor
        rows.append((day, ticker, price, price * 1.01, price * 0.99, price, 1e6 * factor))
    return pl.DataFrame(rows, schema=dict(SCHEMA), orient="row")


class BarVendor:
    """Returns the bars between the two days from its frames, one a ticker."""

    name = "vendor"

    def __init__(
        self,
        frames: Mapping[str, pl.DataFrame],
        *,
        errors: Mapping[str, Exception] | None = None,
        before: Callable[[str], None] = lambda ticker: None,
        workers: int = 1,
        limited_to: int | None = None,
    ) -> None:
        self.frames, self.errors, self.workers = dict(frames), dict(errors or {}), workers
        self._before, self._limited_to = before, limited_to
        self._lock = threading.Lock()
        self.requests: list[tuple[str, date, date]] = []

    def fetch(self, ticker: str, first: date, last: date) -> Fetched:
        with self._lock:
            self.requests.append((ticker, first, last))
        self._before(ticker)
        if ticker in self.errors:
            raise self.errors[ticker]
        if ticker not in self.frames:
            raise NoDataError(f"vendor: {ticker} is not known")
        frame = self.frames[ticker].filter(pl.col("date").is_between(first, last))
        if self._limited_to is not None and frame.height > self._limited_to:
            return Fetched(frame.tail(self._limited_to), "this plan has a part")
        return Fetched(frame)

    @property
    def tickers(self) -> list[str]:
        return [ticker for ticker, _, _ in self.requests]


def sessions(count: int, last: date = SESSION) -> list[date]:
    """Return the last ``count`` sessions of the New York exchange, oldest first."""
    return list(nyse().sessions_between(nyse().back(last, count - 1), last))


def run(
    store: OhlcvStore,
    tickers: Iterable[str],
    vendor: BarVendor,
    now: datetime = EVENING,
    **options: object,
) -> UpdateReport:
    return update(store, tickers, vendor, nyse(), options=UpdateOptions(**options), clock=At(now))  # type: ignore[arg-type]


def stored(store: OhlcvStore, ticker: str) -> pl.DataFrame:
    return store.snapshot().scan(tickers=[ticker]).collect()


def make_store(folder: Path) -> OhlcvStore:
    return OhlcvStore(folder / "bars")
