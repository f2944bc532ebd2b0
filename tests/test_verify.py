"""The verify script numbers the scanners that have ended, and no other line."""

from __future__ import annotations

import logging

import pytest

from verify_concurrent_execution import _Progress


def test_only_scanners_are_numbered(capsys: pytest.CaptureFixture[str]) -> None:
    progress = _Progress(2)
    lines = ["Running 2 scanners sequentially...", "✓ one: 3 candidates", "⚠️ two: HTTP 500 error"]
    lines += ["partial: 1 ok, 1 failed, 3 tickers", "filter: kept 3 of 3 candidates", "ranker: kept 3 of 3"]
    for line in lines:
        progress.emit(logging.LogRecord("test", logging.INFO, "", 0, line, None, None))
    printed = [line.split(" s  ", 1)[-1] for line in capsys.readouterr().out.splitlines() if line]
    assert printed == [lines[0], f"[1/2]  {lines[1]}", f"[2/2]  {lines[2]}", *lines[3:]]
