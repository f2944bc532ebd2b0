"""Where recorded vendor answers are: SEC documents in this repository, those of other vendors outside it.

Terms of the other vendors forbid publishing their data. ``TRADINGAGENTS_SHARED`` names the folder that has them
(default: ``../shared`` beside the checkout); tests that need it are skipped where it is absent.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

__all__ = ["RECORDED_SEC", "SHARED", "needs_shared"]

# Listed with their sources in SOURCES.md in that folder.
RECORDED_SEC = Path(__file__).resolve().parent / "recorded" / "sec"

_FOUND = Path(os.environ.get("TRADINGAGENTS_SHARED", Path(__file__).resolve().parents[2] / "shared"))

SHARED: Path | None = _FOUND if (_FOUND / "real-data").is_dir() else None

needs_shared = pytest.mark.skipif(
    SHARED is None,
    reason="no recorded vendor answers: set TRADINGAGENTS_SHARED to the folder that contains real-data",
)
