"""``python -m tradingagents.discovery``: the command line, also installed as ``tradingagents-discovery``."""

from __future__ import annotations

from tradingagents.discovery.cli.app import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
