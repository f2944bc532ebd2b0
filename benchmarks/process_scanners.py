"""The scanners of the ``process`` suite, in a module with few imports, as the process imports it."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from typing import Any

from tradingagents.discovery import BaseScanner

__all__ = ["NoOp", "Runaway"]


class NoOp(BaseScanner):
    """Finds one candidate at once."""

    name, pipeline, strategy = "no_op", "edge", "none"

    def scan(self, state: dict[str, Any]) -> list[Any]:
        return [{"ticker": "ABC"}]


class Runaway(BaseScanner):
    """Yields one candidate with its process id and start time, then never releases the interpreter lock."""

    name, pipeline, strategy = "runaway", "edge", "none"

    def scan(self, state: dict[str, Any]) -> Iterator[Any]:
        yield {"ticker": "ABC", "process": os.getpid(), "began": time.monotonic()}
        re.fullmatch(r"(a+)+b", "a" * 64)  # two to the power of 64 steps
