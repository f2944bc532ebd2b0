"""The whole configuration of the first design: every key that is refused is answered, all in one error."""

from __future__ import annotations

from typing import Any

import pytest

from tradingagents.discovery import ConfigError, DiscoveryGraph
from tradingagents.discovery.settings.first_design import answer_for

# Keys of the first design; those that are valid today have a value that is valid today.
TOP = [
    "max_candidates_to_analyze",
    "analyze_all_candidates",
    "final_recommendations",
    "deep_dive_max_workers",
    "discovery_mode",
    "universe_source",
    "truncate_ranking_context",
    "max_news_chars",
    "max_insider_chars",
    "max_recommendations_chars",
    "log_tool_calls",
    "log_tool_calls_console",
    "log_prompts_console",
    "tool_log_max_chars",
    "tool_log_exclude",
    "console_price_charts",
    "price_chart_library",
    "price_chart_windows",
    "price_chart_lookback_days",
    "price_chart_width",
    "price_chart_height",
    "price_chart_max_tickers",
    "price_chart_show_movement_stats",
    "ohlcv_cache_dir",
]
SCANNERS = {
    "volume_dry_up": "max_tickers sma_fast sma_mid sma_slow vol_avg_days vdu_vol_pct pocket_pivot_lookback "
    "max_pct_from_52w_high min_pct_above_52w_low min_price min_avg_volume",
    "dark_pool_flow": "min_z_score min_dark_pool_pct source_url",
    "insider_buying": "cluster_window_days min_transaction_value min_cluster_insiders",
    "options_flow": "unusual_volume_multiple min_premium max_tickers max_workers",
    "congress_trades": "lookback_days",
    "gap_up_continuation": "max_tickers lookback_period min_gap_pct min_vol_multiple max_intraday_reversal_pct "
    "require_above_sma200 sma200_days vol_avg_days",
    "volume_accumulation": "unusual_volume_multiple volume_cache_key compression_atr_pct_max "
    "compression_bb_width_max compression_min_volume_ratio",
    "obv_divergence": "lookback_days min_obv_pct_gain max_price_change_pct volume_cache_key max_tickers",
    "market_movers": "",
    "semantic_news": "sources lookback_hours min_news_importance min_similarity max_tickers_per_news "
    "news_lookback_days",
    "analyst_upgrade": "lookback_days",
    "analyst_revision_breadth": "min_delta min_analysts",
    "reddit_trending": "",
    "reddit_dd": "",
    "earnings_calendar": "max_candidates max_days_until_earnings min_market_cap",
    "short_squeeze": "min_short_interest_pct",
    "earnings_beat": "lookback_days min_surprise_pct",
    "ml_signal": "min_win_prob lookback_period fetch_market_cap max_workers",
    "technical_breakout": "max_tickers min_volume_multiple lookback_days",
    "minervini": "min_rs_rating lookback_period sma_200_slope_days min_pct_off_low max_pct_from_high max_tickers",
    "high_52w_breakout": "max_tickers min_volume_multiple vol_avg_days freshness_days freshness_threshold "
    "min_price min_avg_volume",
    "atr_compression": "max_tickers atr_short atr_long atr_ratio_max breakout_lookback sma_trend min_price "
    "min_avg_volume vol_avg_days",
    "rsi_oversold": "max_tickers rsi_period sma_period min_price min_avg_volume vol_avg_days",
}
PIPELINES = ("edge", "momentum", "news", "social", "events", "mean_reversion")


def first_design() -> dict[str, Any]:
    pipelines: dict[str, Any] = {
        name: {"enabled": True, "priority": number, "deep_dive_budget": 5}
        for number, name in enumerate(PIPELINES)
    }
    for name in PIPELINES:
        if name != "events":
            pipelines[name]["ranker_prompt"] = f"{name}.txt"
    scanners = {
        name: {"enabled": True, "pipeline": "edge", "limit": 10, **dict.fromkeys(own.split(), 1)}
        for name, own in SCANNERS.items()
    }
    return {
        **dict.fromkeys(TOP, 1),
        "filters": {"min_average_volume": 500_000},
        "enrichment": {"batch_news_vendor": "google"},
        "pipelines": pipelines,
        "scanner_execution": {"concurrent": True, "max_workers": 8, "timeout_seconds": 120},
        "scanners": scanners,
    }


def test_every_refused_key_is_answered_in_one_error() -> None:
    with pytest.raises(ConfigError) as caught:
        DiscoveryGraph({"discovery": first_design()})
    problems = caught.value.problems
    assert len(problems) == 124
    unanswered = [problem for problem in problems if answer_for(problem.split(":")[0]) is None]
    assert unanswered == []
    assert all(problem in str(caught.value) for problem in problems)


@pytest.mark.parametrize(
    ("key", "today"),
    [
        ("filters", "discovery.filter"),
        ("scanners.gap_up_continuation", "gap_up"),
        ("scanners.market_movers.pipeline", "remove it"),
        ("scanners.rsi_oversold.rsi_period", "period"),
        ("pipelines.mean_reversion", "momentum"),
        ("scanners.atr_compression.min_price", "discovery.filter.min_price_usd"),
    ],
)
def test_an_answer_names_what_to_write_today(key: str, today: str) -> None:
    assert today in (answer_for(f"discovery.{key}") or "")


@pytest.mark.parametrize("key", ["scanner_execution.max_worker", "scanners.reddit_dd.min_scores", "zzz"])
def test_other_keys_are_not_answered(key: str) -> None:
    assert answer_for(f"discovery.{key}") is None
