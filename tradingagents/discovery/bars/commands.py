"""The commands of ``python -m tradingagents.discovery.bars``: update the stored bars, import files, show."""

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
from tradingagents.discovery.settings.config import DiscoveryConfig
from tradingagents.discovery.symbols.directory import SymbolDirectory
from tradingagents.discovery.symbols.spelling import spell, split
from tradingagents.discovery.symbols.universe import Universe, resolve_universe
from tradingagents.discovery.vendors.clients import Vendors

__all__ = ["DONE", "SOURCES", "UNFINISHED", "WriteLine", "run_import", "run_show", "run_update"]

DONE, UNFINISHED = 0, 1
SOURCES = ("yahoo", "alpha_vantage")

WriteLine = Callable[[str], None]
"""Shows one line to the user."""

_LAST_BARS = 5


def run_update(
    config: DiscoveryConfig, store: OhlcvStore, arguments: Namespace, write_line: WriteLine
) -> int:
    """Fetch the missing bars. Raises :class:`DiscoveryError` kinds when it cannot start."""
    vendors = Vendors(config.vendors, data_source=config.data_source, state_dir=config.state_folder())
    deadline = Deadline(None if arguments.minutes is None else arguments.minutes * 60)
    with contextlib.closing(vendors), deadline_scope(deadline), _stopped_by_ctrl_c(deadline):
        directory = _directory(vendors, write_line)
        universe = _universe(arguments.universe or config.market.universe, store, directory)
        if universe.unknown:
            write_line(f"ignored, not listed: {', '.join(universe.unknown)}")
        source = _source(arguments.source, config, vendors, directory)
        write_line(f"{universe.size} tickers ({universe.name}), from {source.name}, into {store.root}")
        report = update(
            store, universe, source, nyse(), options=UpdateOptions(arguments.until, arguments.years)
        )
    for line in report.lines():
        write_line(line)
    if deadline.cancelled:
        raise Cancelled("interrupted")
    return DONE if report.complete else UNFINISHED


def run_import(store: OhlcvStore, paths: Sequence[Path], *, adjusted: bool, write_line: WriteLine) -> int:
    """Read price files into the store."""
    finished = newest_final_session(nyse(), SYSTEM_CLOCK.now())
    done = import_files(store, paths, adjusted=adjusted, until=finished)
    stored = done.stored
    rows = f"{stored.inserted} new bars, {stored.replaced} replaced, {stored.unchanged} unchanged"
    write_line(f"{rows}, in {store.root}")
    for why, count in sorted({**stored.dropped, **stored.noted}.items()):
        write_line(f"{count} rows: {why}")
    for name, why in done.refused.items():
        write_line(f"refused: {name}: {why}")
    if stored.adjustment_breaks:
        tickers = ", ".join(stored.adjustment_breaks)
        write_line(f"split adjustment differs from the stored bars, import the whole history of: {tickers}")
    return UNFINISHED if done.refused or stored.adjustment_breaks else DONE


def run_show(store: OhlcvStore, tickers: Sequence[str], write_line: WriteLine) -> int:
    """Show what is stored and how new it is, or the last bars of some tickers."""
    snapshot = store.snapshot()
    if tickers:
        return _show_bars(snapshot, tickers, write_line)
    expected = newest_final_session(nyse(), SYSTEM_CLOCK.now())
    last = snapshot.scan().group_by("ticker").agg(pl.col("date").max()).collect().get_column("date")
    write_line(f"{store.root}: {snapshot.manifest.rows} bars of {len(last)} tickers")
    write_line(f"from {min(file.first for file in snapshot.manifest.files)} to {snapshot.newest}")
    write_line(f"{int((last >= expected).sum())} tickers have the newest finished session, {expected}")
    return DONE


def _show_bars(snapshot: Snapshot, tickers: Sequence[str], write_line: WriteLine) -> int:
    canonical = [canonical_ticker(ticker) or ticker for ticker in tickers]
    bars = snapshot.scan(tickers=canonical).collect()
    for ticker in canonical:
        own = bars.filter(pl.col("ticker") == ticker)
        if own.is_empty():
            write_line(f"{ticker}: no bars")
            continue
        write_line(f"{ticker}: {own.height} bars from {own.item(0, 'date')}")
        for row in own.tail(_LAST_BARS).iter_rows(named=True):
            prices = " ".join(f"{row[name]:.2f}" for name in ("open", "high", "low", "close"))
            write_line(f"  {row['date']} {prices} {row['volume'] or 0:.0f}")
    return DONE if bars.height else UNFINISHED


@contextlib.contextmanager
def _stopped_by_ctrl_c(deadline: Deadline) -> Iterator[None]:
    """Let the first Ctrl-C end the update and store its answers; a second one kills the process."""
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


def _directory(vendors: Vendors, write_line: WriteLine) -> SymbolDirectory | None:
    try:
        return vendors.nasdaq.listed()
    except DiscoveryError as error:
        write_line(f"no symbol directory, so tickers are not checked against it ({error})")
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
            f"no daily bars in {store.root} yet; name the tickers: --universe listed, a file, or AAPL,MSFT"
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
