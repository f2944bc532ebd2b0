"""What ``python -m tradingagents.discovery.bars`` does: bring the stored bars up to date, import, show."""

from __future__ import annotations

import contextlib
import signal
import threading
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import polars as pl

from tradingagents.discovery.bars.calendar import nyse
from tradingagents.discovery.bars.importing.files import import_files
from tradingagents.discovery.bars.importing.values import canonical_ticker
from tradingagents.discovery.bars.store.snapshot import Snapshot
from tradingagents.discovery.bars.store.store import OhlcvStore
from tradingagents.discovery.bars.update.plan import newest_final_session
from tradingagents.discovery.bars.update.run import UpdateOptions, update
from tradingagents.discovery.bars.update.sources import AlphaVantageBars, BarSource, YahooBars, useful_workers
from tradingagents.discovery.model.clock import SYSTEM_CLOCK, Deadline, date_in_new_york, deadline_scope
from tradingagents.discovery.model.errors import Cancelled, DiscoveryError, NoDataError
from tradingagents.discovery.settings.settings import DiscoveryConfig
from tradingagents.discovery.symbols.directory import SymbolDirectory
from tradingagents.discovery.symbols.spelling import spell, split
from tradingagents.discovery.symbols.universe import Universe, resolve_universe
from tradingagents.discovery.vendors.clients import Vendors

__all__ = ["DONE", "SOURCES", "UNFINISHED", "Say", "run_import", "run_show", "run_update"]

DONE, UNFINISHED = 0, 1
SOURCES = ("yahoo", "alpha_vantage")

Say = Callable[[str], None]
"""Takes one line for people."""

_LAST_BARS = 5


def run_update(config: DiscoveryConfig, store: OhlcvStore, asked: Namespace, say: Say) -> int:
    """Ask the vendor for what is missing. Raises :class:`DiscoveryError` kinds when nothing can be asked."""
    vendors = Vendors(config.vendors, data_source=config.data_source, state_dir=config.state_folder())
    deadline = Deadline(None if asked.minutes is None else asked.minutes * 60)
    with contextlib.closing(vendors), deadline_scope(deadline), _stopped_by_ctrl_c(deadline):
        directory = _directory(vendors, say)
        universe = _universe(asked.universe or config.market.universe, store, directory)
        if universe.unknown:
            say(f"not listed, left out: {', '.join(universe.unknown)}")
        source = _source(asked.source, config, vendors, directory)
        say(f"{universe.size} tickers ({universe.name}), from {source.name}, into {store.root}")
        report = update(store, universe, source, nyse(), options=UpdateOptions(asked.until, asked.years))
    for line in report.lines():
        say(line)
    if deadline.cancelled:
        raise Cancelled("interrupted")
    return DONE if report.complete else UNFINISHED


def run_import(store: OhlcvStore, paths: Sequence[Path], *, adjusted: bool, say: Say) -> int:
    """Read price files into the store."""
    over = newest_final_session(nyse(), SYSTEM_CLOCK.now())
    done = import_files(store, paths, adjusted=adjusted, until=over)
    stored = done.stored
    done_rows = f"{stored.inserted} bars new, {stored.replaced} replaced, {stored.unchanged} unchanged"
    say(f"{done_rows}, in {store.root}")
    for why, count in sorted({**stored.dropped, **stored.noted}.items()):
        say(f"{count} rows: {why}")
    for name, why in done.refused.items():
        say(f"refused: {name}: {why}")
    if stored.seams:
        say(f"on another scale than before, import their whole history: {', '.join(stored.seams)}")
    return UNFINISHED if done.refused or stored.seams else DONE


def run_show(store: OhlcvStore, tickers: Sequence[str], say: Say) -> int:
    """Say what is stored and how new it is, or the last bars of some tickers."""
    snapshot = store.snapshot()
    if tickers:
        return _show_bars(snapshot, tickers, say)
    expected = newest_final_session(nyse(), SYSTEM_CLOCK.now())
    last = snapshot.scan().group_by("ticker").agg(pl.col("date").max()).collect().get_column("date")
    say(f"{store.root}: {snapshot.manifest.rows} bars of {len(last)} tickers")
    say(f"from {min(file.first for file in snapshot.manifest.files)} to {snapshot.newest}")
    say(f"{int((last >= expected).sum())} tickers have the newest finished session, {expected}")
    return DONE


def _show_bars(snapshot: Snapshot, tickers: Sequence[str], say: Say) -> int:
    asked = [canonical_ticker(ticker) or ticker for ticker in tickers]
    bars = snapshot.scan(tickers=asked).collect()
    for ticker in asked:
        own = bars.filter(pl.col("ticker") == ticker)
        if own.is_empty():
            say(f"{ticker}: no bars")
            continue
        say(f"{ticker}: {own.height} bars from {own.item(0, 'date')}")
        for row in own.tail(_LAST_BARS).iter_rows(named=True):
            prices = " ".join(f"{row[name]:.2f}" for name in ("open", "high", "low", "close"))
            say(f"  {row['date']} {prices} {row['volume'] or 0:.0f}")
    return DONE if bars.height else UNFINISHED


@contextlib.contextmanager
def _stopped_by_ctrl_c(deadline: Deadline) -> Iterator[None]:
    """Let the first Ctrl-C end the asking, so that what came is stored and told; the second one kills."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: object) -> None:
        signal.signal(signal.SIGINT, before)
        deadline.cancel()

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _directory(vendors: Vendors, say: Say) -> SymbolDirectory | None:
    try:
        return vendors.nasdaq.listed()
    except DiscoveryError as error:
        say(f"without the symbol directory, tickers are taken as they stand ({error})")
        return None


def _universe(setting: str | list[str], store: OhlcvStore, directory: SymbolDirectory | None) -> Universe:
    def listed() -> SymbolDirectory:
        if directory is None:
            raise NoDataError("the universe 'listed' needs the symbol directory")
        return directory

    return resolve_universe(
        setting,
        date_in_new_york(),
        directory=listed,
        stored=lambda: _stored_tickers(store),
        spellings=directory,
    )


def _stored_tickers(store: OhlcvStore) -> list[str]:
    try:
        return (
            store.snapshot().scan().select(pl.col("ticker").unique()).collect().get_column("ticker").to_list()
        )
    except NoDataError:
        raise NoDataError(
            f"no daily bars in {store.root} yet; name whom to fetch: --universe listed, a file, or AAPL,MSFT"
        ) from None


def _source(
    name: str, config: DiscoveryConfig, vendors: Vendors, directory: SymbolDirectory | None
) -> BarSource:
    def spelled(ticker: str) -> str:
        return spell(split(ticker), name) if directory is None else directory.spelling(ticker, name)

    workers = useful_workers(getattr(config.vendors, name).rates)
    if name == "yahoo":
        return YahooBars(vendors.yahoo, spell=spelled, workers=workers)
    return AlphaVantageBars(vendors.alpha_vantage, spell=spelled, workers=workers)
