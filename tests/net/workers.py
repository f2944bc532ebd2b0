"""What a second process does in the tests of shared quota."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.net.made import rate, vendor
from tradingagents.discovery.model.clock import SYSTEM_CLOCK
from tradingagents.discovery.net import open_session
from tradingagents.discovery.net.limits.ledger import Delay
from tradingagents.discovery.net.limits.sqlite import QUOTA_SCHEMA, SQLiteLedger
from tradingagents.discovery.state.table import Table


def wait_for_the_others() -> None:
    """Print that this process is ready, and wait until all are."""
    print("ready", flush=True)  # noqa: T201 - the test reads it
    sys.stdin.readline()


def take_all(path: str, limit: str) -> int:
    """Take permits of a day until refused, and return how many were given."""
    file = Table(Path(path), QUOTA_SCHEMA, keep_open=True, busy_seconds=5.0)
    ledger = SQLiteLedger(file, (rate(int(limit), 86_400.0),), SYSTEM_CLOCK)
    wait_for_the_others()
    taken = 0
    while not isinstance(ledger.take(), Delay):
        taken += 1
    file.close()
    return taken


def fetch(url: str, folder: str, process: str) -> int:
    """Send ten requests under the quota shared in ``folder``, and return how many were answered."""
    session = open_session(vendor("finnhub", url, rates=(rate(10, 1.5),)), state_dir=Path(folder))
    wait_for_the_others()
    answered = [session.fetch(f"{url}/quote?n={process}.{number}").ok for number in range(10)]
    session.close()
    return sum(answered)


if __name__ == "__main__":
    print({"take-all": take_all, "fetch": fetch}[sys.argv[1]](*sys.argv[2:]))  # noqa: T201 - the test reads it
