"""A surprise is relative to the absolute estimate, with a floor: correct near zero and below."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.shared_data import SHARED, needs_shared
from tradingagents.discovery.scanners.earnings.surprise_size import eps_surprise, revenue_surprise

FLOOR = 0.1
dollars = st.floats(-1_000, 1_000).map(lambda value: round(value, 4))
revenues = st.floats(1, 1e12)


@pytest.mark.parametrize(
    ("actual", "estimate", "percent"),
    [
        (1.1, 1.0, 10.0),
        (0.9, 1.0, -10.0),
        (-0.05, -0.1, 50.0),  # half the loss that was feared
        (-0.15, -0.1, -50.0),
        (0.5, -0.5, 200.0),  # a profit instead of a loss
        (-0.5, 0.5, -200.0),
        (0.01, 0.0, 10.0),  # a cent is a tenth of the floor, not infinitely much
        (0.0, 0.0, 0.0),
        (0.04, -0.01, 50.0),
    ],
)
def test_the_sign_is_the_direction_and_the_floor_bounds_the_size(
    actual: float, estimate: float, percent: float
) -> None:
    found = eps_surprise(actual, estimate, FLOOR)
    assert found is not None
    assert found.percent == percent
    assert found.near_zero is (abs(estimate) < FLOOR)
    assert found.sign == (percent > 0) - (percent < 0)


@pytest.mark.parametrize(("actual", "estimate"), [(None, 1.0), (1.0, None), (None, None)])
def test_a_missing_figure_is_not_zero(actual: float | None, estimate: float | None) -> None:
    assert eps_surprise(actual, estimate, FLOOR) is None
    assert revenue_surprise(actual, estimate) is None


@pytest.mark.parametrize(
    ("actual", "estimate"),
    [(812_000.0, 812e6), (812e6, 812_000.0), (0.0, 1e6), (-5.0, 1e6), (1e6, 0.0), (1e6, -1e6)],
)
def test_revenues_in_different_units_or_without_any_are_not_compared(actual: float, estimate: float) -> None:
    assert revenue_surprise(actual, estimate) is None


@given(dollars, dollars)
def test_more_is_never_worse_and_nothing_explodes(actual: float, estimate: float) -> None:
    found = eps_surprise(actual, estimate, FLOOR)
    assert found is not None
    assert math.isfinite(found.percent)
    assert abs(found.percent) <= 100 * abs(actual - estimate) / FLOOR + 1e-3
    more = eps_surprise(actual + 0.01, estimate, FLOOR)
    assert more is not None
    assert more.percent > found.percent


@given(dollars, dollars)
def test_profit_and_loss_mirror_each_other(actual: float, estimate: float) -> None:
    one, other = eps_surprise(actual, estimate, FLOOR), eps_surprise(-actual, -estimate, FLOOR)
    assert one is not None
    assert other is not None
    assert one.percent == -other.percent


@given(revenues, st.floats(0.2, 5), st.sampled_from([1e-3, 1.0, 1e3]))
def test_a_revenue_surprise_does_not_depend_on_the_size_of_the_company(
    estimate: float, factor: float, size: float
) -> None:
    one, other = revenue_surprise(estimate * factor, estimate), None
    other = revenue_surprise(estimate * factor * size, estimate * size)
    assert one is not None
    assert other is not None
    assert one.percent == pytest.approx(other.percent, abs=1e-4)
    assert one.percent == pytest.approx(100 * (factor - 1), abs=1e-4)


ROOT = Path(SHARED or "") / "real-data"


def _quarters() -> list[dict[str, str]]:
    """Every recorded quarter with an estimate: three companies, one of which long made losses."""
    rows: list[dict[str, str]] = []
    for name in ("earnings/META.json", "earnings/NVO.json", "captures/earnings_TSLA_2022.json"):
        raw: Any = json.loads((ROOT / "alpha_vantage" / name).read_text())
        rows += (json.loads(raw["body"]) if "body" in raw else raw)["quarterlyEarnings"]
    return [row for row in rows if "None" not in {row["estimatedEPS"], row["surprisePercentage"]}]


@needs_shared
def test_the_published_surprises_of_real_companies_come_out_the_same() -> None:
    rows = _quarters()
    tiny = losses = 0
    for row in rows:
        found = eps_surprise(float(row["reportedEPS"]), float(row["estimatedEPS"]), FLOOR)
        published = float(row["surprisePercentage"])
        assert found is not None
        if found.near_zero:
            tiny += 1
            assert abs(found.percent) <= abs(published) + 1e-3  # 3,304 % of an estimate of -0.02 among them
            assert found.percent * published >= 0
        else:
            losses += found.estimate < 0
            assert found.percent == pytest.approx(published, abs=2e-3)
    assert len(rows) >= 140
    assert tiny >= 5
    assert losses >= 10


@needs_shared
def test_the_vendors_sample_gives_the_vendors_percentages() -> None:
    sample: Any = json.loads((ROOT / "finnhub/vendor_doc_samples/stock_earnings.json").read_text())
    for row in sample:
        found = eps_surprise(row["actual"], row["estimate"], FLOOR)
        assert found is not None
        assert found.percent == pytest.approx(row["surprisePercent"], abs=1e-3)
