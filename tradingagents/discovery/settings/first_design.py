"""Keys of the first design's configuration, and what to write today instead.

The first design is the document that this module implements, as it was built in a fork of TradingAgents. Its
configuration is refused key by key; each refusal names today's key.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase

__all__ = ["answer_for"]

_GONE = "it has no equivalent here; remove it"
_ONE_LIMIT = "use discovery.filter.{}, which is for all scanners at once"

_ANSWERS: Mapping[str, str] = {
    "analyze_all_candidates": "use discovery.ranker.limit: None",
    "max_candidates_to_analyze": "use discovery.ranker.limit",
    "final_recommendations": "use discovery.ranker.limit",
    "universe_source": "use discovery.market.universe: 'stored', 'listed', a file or a list; no index is "
    "built in",
    "tickers_file": "use discovery.market.universe, the path of a text file",
    "universe": "use discovery.market.universe",
    "ohlcv_cache_dir": "use discovery.market.store_dir, filled by `python -m "
    "tradingagents.discovery.bars import`",
    "log_*": "tool calls are always logged; remove it",
    "tool_log_*": "tool calls are always logged, 2,000 characters each; remove it",
    "deep_dive_max_workers": _GONE,
    "discovery_mode": _GONE,
    "truncate_ranking_context": _GONE,
    "max_news_chars": _GONE,
    "max_insider_chars": _GONE,
    "max_recommendations_chars": _GONE,
    "enrichment": _GONE,
    "console_price_charts": _GONE,
    "price_chart_*": _GONE,
    "filters": "use discovery.filter: min_average_volume (shares) is min_dollar_volume_usd, min_market_cap "
    "(billions) is min_market_cap_usd, recent_movement_threshold is recent_move_percent",
    "pipelines.mean_reversion": "rsi_oversold belongs to discovery.pipelines.momentum",
    "pipelines.*.deep_dive_budget": _GONE,
    "pipelines.*.ranker_prompt": "use discovery.ranker.model; prompts are not configurable",
    # scanners that have another name, or none
    "scanners.dark_pool_flow": "use short_volume and volume_accumulation, which read FINRA's files",
    "scanners.congress_trades": _GONE,
    "scanners.gap_up_continuation": "use gap_up; its min_gap is a fraction: 2.0 percent is 0.02",
    "scanners.semantic_news": "use news_catalyst (news with sentiment) and material_events (Form 8-K)",
    "scanners.analyst_upgrade*": "use analyst_revisions, which reads mean ratings",
    "scanners.analyst_revision_breadth": "use analyst_revisions: min_delta is min_shift, of the mean rating",
    "scanners.earnings_beat": "use earnings_surprise with directions: ['beat']",
    "scanners.ml_signal": _GONE,
    # keys of one scanner
    "scanners.insider_buying.cluster_window_days": "use cluster_days, in business days",
    "scanners.insider_buying.min_transaction_value": "use min_value_usd, of all insiders together",
    "scanners.insider_buying.min_cluster_insiders": _GONE,
    "scanners.short_squeeze.min_short_interest_pct": "the float is not read; use min_days_to_cover and "
    "min_growth",
    "scanners.options_flow.unusual_volume_multiple": "use min_volume_over_open_interest",
    "scanners.options_flow.min_premium": "use min_premium_usd",
    "scanners.options_flow.ticker_universe": "use discovery.watchlist",
    "scanners.options_flow.max_tickers": "use discovery.watchlist, at most 10 tickers",
    "scanners.*.max_workers": "use discovery.scanner_execution.request_workers",
    "scanners.volume_accumulation.unusual_volume_multiple": "use min_ratio",
    "scanners.volume_accumulation.compression_*": _GONE,
    "scanners.*.volume_cache_key": _GONE,
    "scanners.volume_dry_up.vdu_vol_pct": "use max_ratio; the rule differs",
    "scanners.volume_dry_up.max_pct_from_52w_high": "use max_below_high, a fraction",
    "scanners.volume_dry_up.sma_*": "use trend_days",
    "scanners.volume_dry_up.pocket_pivot_lookback": _GONE,
    "scanners.volume_dry_up.min_pct_above_52w_low": _GONE,
    "scanners.obv_divergence.lookback_days": "use days",
    "scanners.obv_divergence.min_obv_pct_gain": "use min_obv_days, in days of mean volume: 8 percent of "
    "20 days is 1.6",
    "scanners.obv_divergence.max_price_change_pct": "use max_change, a fraction",
    "scanners.earnings_calendar.max_days_until_earnings": "use days_ahead",
    "scanners.earnings_calendar.max_candidates": "use limit",
    "scanners.earnings_calendar.min_market_cap": _ONE_LIMIT.format("min_market_cap_usd"),
    "scanners.technical_breakout.lookback_days": "use days",
    "scanners.minervini.min_rs_rating": "use min_strength, the year's return",
    "scanners.minervini.sma_200_slope_days": "use rise_days",
    "scanners.minervini.min_pct_off_low": "use min_above_low, a fraction",
    "scanners.minervini.max_pct_from_high": "use max_below_high, a fraction",
    "scanners.high_52w_breakout.freshness_days": "use base_days, the least age of the old high",
    "scanners.high_52w_breakout.freshness_threshold": _GONE,
    "scanners.atr_compression.atr_short": "use short_days",
    "scanners.atr_compression.atr_long": "use long_days",
    "scanners.atr_compression.atr_ratio_max": "use max_ratio",
    "scanners.atr_compression.breakout_lookback": "use breakout_days",
    "scanners.atr_compression.sma_trend": "use trend_days",
    "scanners.rsi_oversold.rsi_period": "use period",
    "scanners.rsi_oversold.sma_period": "use trend_days",
    # keys of every scanner
    "scanners.*.pipeline": "the scanner's class states its pipeline; remove it",
    "scanners.*.max_tickers": "use discovery.market.universe",
    "scanners.*.ticker_universe": "use discovery.market.universe",
    "scanners.*.min_price": _ONE_LIMIT.format("min_price_usd"),
    "scanners.*.min_avg_volume": _ONE_LIMIT.format("min_dollar_volume_usd"),
    "scanners.*.lookback_period": "the history that a screen needs is read; remove it",
    "scanners.*.min_volume_multiple": "use min_volume_ratio",
    "scanners.*.vol_avg_days": "use volume_days, where the scanner has it",
}


def answer_for(path: str) -> str | None:
    """Return what to write instead of a key of the first design; None for any other key.

    ``path`` is dotted and begins with ``discovery.``. The first pattern that matches counts.
    """
    key = path.removeprefix("discovery.")
    depth = key.count(".")
    for pattern, answer in _ANSWERS.items():
        if pattern.count(".") == depth and fnmatchcase(key, pattern):
            return answer
    return None
