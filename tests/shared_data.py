"""Where recorded vendor answers lie, when they are there; users do not have them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_FOUND = Path(os.environ.get("TRADINGAGENTS_SHARED", Path(__file__).resolve().parents[2] / "shared"))

SHARED: Path | None = _FOUND if (_FOUND / "real-data").is_dir() else None

needs_shared = pytest.mark.skipif(
    SHARED is None,
    reason="recorded vendor answers are not here; TRADINGAGENTS_SHARED names the folder with real-data",
)
