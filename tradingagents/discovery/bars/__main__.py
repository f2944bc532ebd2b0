"""``python -m tradingagents.discovery.bars``: the daily bars that technical scanners read.

    update --source yahoo --universe listed     ask a vendor for what is missing
    import FILE...                              read CSV and Parquet files
    show [TICKER...]                            what is stored, how new it is

Exit codes: 0 all done; 1 something is left or failed, and running it again goes on from there; 2 it could
not be begun (settings, a missing key or extra, nothing stored); 130 ended by Ctrl-C, what came is stored.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, TextIO

from tradingagents.discovery.bars.commands import SOURCES, run_import, run_show, run_update
from tradingagents.discovery.bars.store.store import OhlcvStore
from tradingagents.discovery.model.errors import Cancelled, ConfigError, DiscoveryError
from tradingagents.discovery.settings.settings import DiscoveryConfig, parse_without_scanners

__all__ = ["main"]

_USAGE, _INTERRUPTED = 2, 130


def main(argv: Sequence[str] | None = None, out: TextIO | None = None, err: TextIO | None = None) -> int:
    """Run one command; return the exit code. Says what it did on ``out``, what went wrong on ``err``."""
    out, err = out or sys.stdout, err or sys.stderr
    asked = _arguments(argv)
    try:
        config = parse_without_scanners(_read(asked.config))
        return _run(config, _store(asked.store, config), asked, out)
    except (Cancelled, KeyboardInterrupt):
        err.write("interrupted; what had come is stored\n")
        return _INTERRUPTED
    except DiscoveryError as error:
        err.write(f"{error}\n")
        return _USAGE


def _run(config: DiscoveryConfig, store: OhlcvStore, asked: argparse.Namespace, out: TextIO) -> int:
    def say(line: str) -> None:
        out.write(f"{line}\n")
        out.flush()

    if asked.command == "update":
        return run_update(config, store, asked, say)
    if asked.command == "import":
        return run_import(store, asked.files, adjusted=asked.adjusted, say=say)
    return run_show(store, asked.tickers, say)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tradingagents.discovery.bars",
        description="Keep the daily bars that technical scanners read.",
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="JSON settings, laid over the defaults")
    parser.add_argument(
        "--store", type=Path, metavar="FOLDER", help="where the bars lie (default: as configured)"
    )
    commands = parser.add_subparsers(dest="command", required=True)
    _add_update(commands.add_parser("update", help="ask a vendor for the sessions that are missing"))
    files = commands.add_parser("import", help="read price files, CSV or Parquet")
    files.add_argument("files", nargs="+", type=Path, metavar="FILE")
    files.add_argument("--adjusted", action="store_true", help="scale prices by the files' adjusted close")
    show = commands.add_parser("show", help="say what is stored")
    show.add_argument("tickers", nargs="*", metavar="TICKER")
    return parser.parse_args(argv)


def _add_update(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--source", choices=SOURCES, required=True, help="the vendor to ask")
    parser.add_argument(
        "--universe",
        metavar="WHICH",
        help="stored, listed, a file with one ticker a line, or AAPL,MSFT (default: as configured)",
    )
    parser.add_argument(
        "--until",
        type=date.fromisoformat,
        metavar="DATE",
        help="the last session to fetch (default: the newest)",
    )
    parser.add_argument(
        "--years", type=_positive, default=5.0, help="history of a ticker without bars (default: 5)"
    )
    parser.add_argument(
        "--minutes", type=_positive, help="how long it may take (default: until all are asked)"
    )


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number <= 200_000:
        raise argparse.ArgumentTypeError(f"{text} must be above zero")
    return number


def _read(path: Path | None) -> Mapping[str, Any]:
    """Return the settings in a file: the host's whole dict, or its part "discovery"."""
    if path is None:
        return {}
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from None
    if not isinstance(settings, dict):
        raise ConfigError(f"{path} holds no JSON object")
    return settings if "discovery" in settings else {"discovery": settings}


def _store(asked: Path | None, config: DiscoveryConfig) -> OhlcvStore:
    folder = asked or config.market_store_folder()
    if folder is None:
        raise ConfigError("with the sandbox as data source nothing is kept: name a folder with --store")
    return OhlcvStore(folder)


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger("tradingagents.discovery.bars").setLevel(logging.INFO)  # how far an update has come
    sys.exit(main())
