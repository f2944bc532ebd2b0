"""An API key in a wrong place of the configuration is not repeated by the error that reports it."""

from __future__ import annotations

from typing import Any

import pytest

from tradingagents.discovery import ConfigError, DiscoveryGraph

KEYS = [
    "sk-live-9f8e7d6c5b4a39281706f5e4d3c2b1a0",
    "c8v2k1aad3i9bq7d5eug",
    "ABCD1234EFGH5678",
    "eyJhbGciOiJIUzI1NiJ9_eyJzdWIiOiIxMjM0In0_dBjftJeZ4CVP",
    "sk_live_51HxAbCdEfGhIjKl",
    "AIzaSyDabcdefGHIJKLm5",
]


def places(key: str) -> dict[str, Any]:
    return {
        "as a scanner's name": {"scanners": {key: {}}},
        "as a top-level key": {key: 1},
        "as a vendor's name": {"vendors": {key: {"ttl_seconds": 1}}},
        "as a number": {"scanner_execution": {"max_workers": key}},
        "in an address": {"vendors": {"finnhub": {"base_url": f"ftp://user:{key}@host/?q={key}"}}},
        "as a section": {"vendors": {"finnhub": key}},
        "as a choice": {"data_source": key},
        "as a pipeline": {"pipelines": {key: {}}},
        "in a list": {"filter": {"exclude_tickers": [key]}},
        "in a dict": {"market": {"universe": {"key": key}}},
        "twice": {"data_source": key, "state_dir": [key]},
    }


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("place", places(""))
def test_a_pasted_key_is_not_repeated(place: str, key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        DiscoveryGraph({"discovery": places(key)[place]})
    texts = [str(caught.value), repr(caught.value), *caught.value.problems]
    assert not any(key in text for text in texts)
    assert "discovery." in texts[0]


@pytest.mark.usefixtures("no_collection")
def test_a_value_nested_too_deeply_to_show_is_a_problem_like_any_other() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(ConfigError, match="nested too deeply"):
        DiscoveryGraph({"discovery": {"data_source": deep}})


@pytest.mark.parametrize(
    "name", ["high_52w_breakout_extra", "min_median_dollar_volume_usd", "x-ray_scanner", "scanner_2026_a"]
)
def test_a_wrong_name_that_is_no_key_is_named(name: str) -> None:
    with pytest.raises(ConfigError, match=name):
        DiscoveryGraph({"discovery": {"scanners": {name: {}}}})


def test_a_message_has_a_bounded_length_and_every_problem_is_kept() -> None:
    with pytest.raises(ConfigError) as caught:
        DiscoveryGraph({"discovery": {f"k{number}": 1 for number in range(2_000)} | {"x" * 1_000_000: 1}})
    assert len(str(caught.value)) < 200_000
    assert "and 1501 more" in str(caught.value)
    assert len(caught.value.problems) == 2_001
    assert max(map(len, caught.value.problems)) <= 1_000
