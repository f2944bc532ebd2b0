"""``python -m tradingagents.discovery.bars``: the daily bars that technical scanners read.

    update --source yahoo --universe listed     fetch the missing sessions from a vendor
    import FILE...                              read CSV and Parquet files
    show [TICKER...]                            what is stored, and how new it is

Exit codes: 0 all done; 1 some tickers or files remain or failed, and running it again continues from there;
2 it could not start (settings, a missing key or extra, nothing stored); 130 ended by Ctrl-C, all answers
received are stored.
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
from tradingagents.discovery.settings.config import DiscoveryConfig
from tradingagents.discovery.settings.parse import parse_without_scanners
from tradingagents.discovery.state.names import bars_folder

__all__ = ["main"]

_USAGE, _INTERRUPTED = 2, 130


def main(argv: Sequence[str] | None = None, out: TextIO | None = None, err: TextIO | None = None) -> int:
    """Run one command; return the exit code. Results go to ``out``, errors to ``err``."""
    out, err = out or sys.stdout, err or sys.stderr
    arguments = _arguments(argv)
    try:
        config = parse_without_scanners(_read(arguments.config))
        return _run(config, _store(arguments.store, config), arguments, out)
    except (Cancelled, KeyboardInterrupt):
        err.write("interrupted; all answers received are stored\n")
        return _INTERRUPTED
    except DiscoveryError as error:
        err.write(f"{error}\n")
        return _USAGE


def _run(config: DiscoveryConfig, store: OhlcvStore, arguments: argparse.Namespace, out: TextIO) -> int:
    def write_line(line: str) -> None:
        out.write(f"{line}\n")
        out.flush()

    if arguments.command == "update":
        return run_update(config, store, arguments, write_line)
    if arguments.command == "import":
        return run_import(store, arguments.files, adjusted=arguments.adjusted, write_line=write_line)
    return run_show(store, arguments.tickers, write_line)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tradingagents.discovery.bars",
        description="Keep the daily bars that technical scanners read.",
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="JSON settings, merged over the defaults")
    parser.add_argument(
        "--store", type=Path, metavar="FOLDER", help="where the bars are stored (default: as configured)"
    )
    commands = parser.add_subparsers(dest="command", required=True)
    _add_update(commands.add_parser("update", help="fetch the missing sessions from a vendor"))
    files = commands.add_parser("import", help="read price files, CSV or Parquet")
    files.add_argument("files", nargs="+", type=Path, metavar="FILE")
    files.add_argument("--adjusted", action="store_true", help="scale prices by the files' adjusted close")
    show = commands.add_parser("show", help="show what is stored")
    show.add_argument("tickers", nargs="*", metavar="TICKER")
    return parser.parse_args(argv)


def _add_update(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--source", choices=SOURCES, required=True, help="the vendor to fetch from")
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
    parser.add_argument("--minutes", type=_positive, help="how long it may take (default: no limit)")


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
        raise ConfigError(f"{path} is not a JSON object")
    return settings if "discovery" in settings else {"discovery": settings}


def _store(given: Path | None, config: DiscoveryConfig) -> OhlcvStore:
    folder = given or bars_folder(config)
    if folder is None:
        raise ConfigError("the sandbox has no default store: name a folder with --store")
    return OhlcvStore(folder)


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger("tradingagents.discovery.bars").setLevel(logging.INFO)  # the progress of an update
    sys.exit(main())
