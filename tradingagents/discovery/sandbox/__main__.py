"""``python -m tradingagents.discovery.sandbox``: serve the synthetic market until Ctrl-C."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from collections.abc import Sequence

from tradingagents.discovery.sandbox.http.server import SandboxServer
from tradingagents.discovery.sandbox.world.market import Market

__all__ = ["main"]


def _latency(text: str) -> tuple[str, float]:
    name, equals, seconds = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form vendor=seconds")
    return name, float(seconds)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tradingagents.discovery.sandbox",
        description="Serve seven imitated vendors over a synthetic market on this machine.",
    )
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (default: any free one)")
    parser.add_argument("--seed", type=int, default=7, help="another seed is another market (default: 7)")
    parser.add_argument(
        "--latency",
        type=_latency,
        action="append",
        default=[],
        metavar="VENDOR=SECONDS",
        help="delay the answers of a vendor or endpoint (sec/filing=0.2); may be repeated",
    )
    parser.add_argument("--limits", action="store_true", help="enforce the vendors' published request limits")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM; return the exit code: 1 when the port is taken."""
    options = _arguments(argv)
    done = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: done.set())
    market = Market(options.seed)
    server = SandboxServer(
        market, latency_seconds=dict(options.latency), limits=options.limits, port=options.port
    )
    try:
        server.start()
    except OSError as error:
        sys.stderr.write(f"cannot listen on port {options.port}: {error.strerror}\n")
        return 1
    sys.stdout.write(
        f"Sandbox at {server.url} (session of {market.as_of}, seed {market.seed}).\n"
        "All data is synthetic: no company, price, filing, article or post in it is real.\n"
        f"{json.dumps(server.config()['discovery'], indent=2)}\n"
        "Ctrl-C ends it.\n"
    )
    sys.stdout.flush()
    try:
        while not done.wait(0.5):  # with a timeout: a Ctrl-C just before a wait does not end it
            pass
    finally:
        server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
