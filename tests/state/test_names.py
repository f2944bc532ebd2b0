"""Files of synthetic data are named apart from those of live data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tradingagents.discovery.settings.parse import parse_without_scanners
from tradingagents.discovery.state.names import bars_folder, state_file


@pytest.mark.parametrize(
    ("source", "name"),
    [("live", "seen.sqlite"), ("sandbox", "seen@sandbox.sqlite"), ("replay", "seen@replay.sqlite")],
)
def test_a_state_file_has_the_name_of_its_source(source: str, name: str, tmp_path: Path) -> None:
    assert state_file(tmp_path, "seen", source) == tmp_path / name
    assert state_file(None, "seen", source) is None


@pytest.mark.parametrize(
    ("source", "name"), [("live", "ohlcv"), ("sandbox", "ohlcv@sandbox"), ("replay", "ohlcv")]
)
def test_a_sandbox_has_bars_of_its_own(source: str, name: str, tmp_path: Path) -> None:
    def folder(**own: Any) -> Path | None:
        live = parse_without_scanners({"discovery": own})
        return bars_folder(live.model_copy(update={"data_source": source}))

    assert folder(state_dir=str(tmp_path)) == tmp_path / name
    assert folder(market={"store_dir": str(tmp_path / "own")}) == tmp_path / "own"
