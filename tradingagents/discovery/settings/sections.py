"""The sections of ``config["discovery"]`` but ``vendors``: types, defaults, bounds and meaning."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from tradingagents.discovery.model.candidate import normalise_ticker
from tradingagents.discovery.model.errors import InvalidCandidate
from tradingagents.discovery.settings.base import Seconds, Settings

__all__ = [
    "UNIVERSES",
    "ExecutionSettings",
    "FilterSettings",
    "MarketSettings",
    "PipelineSettings",
    "RankerSettings",
    "ScannerSettings",
    "Ticker",
]


def _ticker(text: str) -> str:
    try:
        return normalise_ticker(text)
    except InvalidCandidate as error:
        raise ValueError(error.reason) from None


Ticker = Annotated[str, AfterValidator(_ticker)]
"""A US ticker in any spelling; kept in Nasdaq's (``BRK.B``)."""


class ExecutionSettings(Settings):
    """``scanner_execution``: how many scanners run at once, and for how long."""

    concurrent: bool = Field(
        True, description="False: the same engine with one scanner and one request at a time."
    )
    max_workers: int = Field(8, ge=1, le=256, description="Scanners that run at once.")
    timeout_seconds: Seconds = Field(
        30.0,
        description="Timeout of each scanner, from its own start. A value below the default also caps "
        "the longer timeouts that some scanners have by default.",
    )
    request_workers: int = Field(
        8, ge=1, le=64, description="Requests that one scanner's `self.map()` has in flight at once."
    )
    open_after_failures: int = Field(
        3,
        ge=0,
        description="Consecutive failed or timed out runs after which a scanner's circuit opens: it is "
        "skipped until `reopen_after_seconds` have passed, then tried once. 0: never.",
    )
    reopen_after_seconds: Seconds = Field(
        3_600.0, description="Time for which an open circuit skips a scanner."
    )
    force: bool = Field(False, description="Run scanners whose circuit is open, too.")


class PipelineSettings(Settings):
    """``pipelines.<name>``: a group of scanners."""

    enabled: bool = Field(True, description="False disables every scanner of the pipeline.")
    priority: int = Field(100, ge=0, description="Pipelines with a lower number rank first.")


class ScannerSettings(Settings):
    """``scanners.<name>``: what every scanner takes. A scanner with keys of its own subclasses this::

    class BigGap(BaseScanner):
        class Settings(ScannerSettings):
            min_gap_percent: float = Field(4.0, gt=0, description="Smallest gap, in percent.")
    """

    enabled: bool = Field(True, description="False: the scanner does not run and has no outcome.")
    limit: int | None = Field(
        None, ge=1, description="Most tickers it may put forward, the highest scores first. None: all."
    )
    timeout_seconds: Seconds | None = Field(
        None, description="Timeout, from the scanner's own start. None: `scanner_execution.timeout_seconds`."
    )
    isolation: Literal["thread", "process"] = Field(
        "thread",
        description="A thread starts at once, but can only be abandoned at its deadline; a process is "
        "killed, and takes a fraction of a second to start.",
    )


UNIVERSES = ("stored", "listed")
"""The universes that have a name; anything else is a file or a list of tickers."""


def _universe(value: str | list[str]) -> str | list[str]:
    if isinstance(value, list):
        if not value:
            raise ValueError("a list of tickers must not be empty")
    elif value not in UNIVERSES and not (Path(value).suffix or len(Path(value).parts) > 1):
        raise ValueError(
            f"must be one of {', '.join(UNIVERSES)}, a list of tickers, or a file such as 'tickers.txt'"
        )
    return value


class MarketSettings(Settings):
    """``market``: the stored daily bars, and the tickers that the technical scanners look at."""

    store_dir: str | None = Field(
        None, min_length=1, description="Folder of the stored daily bars. None: `ohlcv` in the `state_dir`."
    )
    universe: Annotated[str | list[Ticker], AfterValidator(_universe)] = Field(
        "stored",
        description="Tickers that are screened. `stored`: listed common stocks with bars; `listed`: all "
        "listed common stocks, those without bars counted as unanswered; a text file with one ticker a "
        "line; or a list of tickers.",
    )
    max_age_sessions: int = Field(
        0, ge=0, le=5, description="Sessions by which the bars may be older than the newest closed session."
    )
    min_share: float = Field(
        0.8,
        gt=0,
        le=1,
        description="Part of the universe, 0 to 1, that must have a bar of the session; below it the "
        "data is stale.",
    )


class FilterSettings(Settings):
    """``filter``: which merged candidates go on to the ranker.

    A limit drops a candidate that is known to miss it; one about which nothing is known stays, and is counted
    as unknown. Price and dollar volume come from the stored bars, market capitalisation from the evidence.
    """

    min_priority: Literal["critical", "high", "medium", "low"] = Field(
        "low", description="Lowest priority that passes."
    )
    exclude_tickers: list[Ticker] = Field([], description="Tickers that never pass.")
    directions: list[Literal["up", "down", "none"]] | None = Field(
        None,
        min_length=1,
        description="Directions that pass: what a candidate's signal is about, a rise, a fall or neither. "
        "None: any.",
    )
    max_evidence_age_days: int | None = Field(
        45,
        ge=0,
        description="Greatest age of the newest record behind a candidate, in calendar days before the "
        "trade date. Monthly ratings and short interest are up to five weeks old when they are the "
        "newest there is. None: any.",
    )
    min_price_usd: float | None = Field(1.0, gt=0, description="Lowest last close, in US dollars. None: any.")
    min_dollar_volume_usd: float | None = Field(
        500_000.0,
        gt=0,
        description="Lowest median of close times volume over 20 sessions, in US dollars. None: any.",
    )
    min_market_cap_usd: float | None = Field(
        None, gt=0, description="Lowest market capitalisation, in US dollars. None: any."
    )
    recent_move_percent: float | None = Field(
        25.0,
        gt=0,
        description="A share that moved more than this over 5 sessions, up or down, ranks one priority "
        "lower. None: no difference.",
    )
    recent_move_exempt: list[str] = Field(
        ["rsi_oversold"], description="Scanners whose candidates are exempt from `recent_move_percent`."
    )
    timeout_seconds: Seconds = Field(
        60.0, description="Timeout of a filter of your own, `DiscoveryGraph(filter=...)`."
    )


class RankerSettings(Settings):
    """``ranker``: in which order candidates are handed on, and how many."""

    limit: int | None = Field(50, ge=1, description="Most candidates that are handed on. None: all.")
    model: str | None = Field(
        None,
        min_length=1,
        description="A chat model that reorders the candidates, as a name for LangChain's "
        "`init_chat_model` such as `openai:gpt-5-mini` (needs the extra `llm`, the provider's package "
        "and its key). When it fails, the built-in order is kept and `warnings` says so. None: no model.",
    )
    timeout_seconds: Seconds = Field(
        60.0, description="Timeout of the model, or of a ranker of your own, `DiscoveryGraph(ranker=...)`."
    )
