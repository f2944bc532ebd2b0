"""The settings as typed, frozen objects: one validation, at construction, of the whole dict.

A partial dict is laid over ``DEFAULT_CONFIG``. Every refusal names the key, the value and the way
out; an unknown key is refused with the nearest valid name. No key or secret is read here.
"""

from __future__ import annotations

import copy
import difflib
import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args

from platformdirs import user_cache_path
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from tradingagents.discovery.model.candidate import normalise_ticker
from tradingagents.discovery.model.errors import ConfigError, InvalidCandidate
from tradingagents.discovery.settings.defaults import DEFAULT_CONFIG
from tradingagents.discovery.settings.vendors import VendorsSettings

__all__ = [
    "DiscoveryConfig",
    "ExecutionSettings",
    "MarketSettings",
    "PipelineSettings",
    "ScannerSettings",
    "Settings",
    "default_config",
    "parse_config",
    "parse_settings",
    "parse_without_scanners",
]

_Model = TypeVar("_Model", bound="Settings")

_DEFAULTS: dict[str, Any] = DEFAULT_CONFIG["discovery"]


def default_config() -> dict[str, Any]:
    """Return every setting with its default, under ``"discovery"``; a new deep copy at each call."""
    return copy.deepcopy({"discovery": _DEFAULTS})


DATA_SOURCE_ENV = "TRADINGAGENTS_DATA_SOURCE"

Seconds = Annotated[float, Field(gt=0, le=86_400)]
"""A duration above zero and up to a day."""


class Settings(BaseModel):
    """Base of every settings object: frozen, nothing unknown, nothing converted, no NaN."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class ExecutionSettings(Settings):
    """``scanner_execution``: how many scanners run at once, and for how long."""

    concurrent: bool = True
    max_workers: int = Field(default=8, ge=1, le=256)
    timeout_seconds: Seconds = 30.0
    request_workers: int = Field(default=8, ge=1, le=64)
    open_after_failures: int = Field(default=3, ge=0)
    reopen_after_seconds: Seconds = 3_600.0
    force: bool = False


class PipelineSettings(Settings):
    """``pipelines[name]``: a group of scanners; a lower priority ranks first."""

    enabled: bool = True
    priority: int = Field(default=100, ge=0)


class ScannerSettings(Settings):
    """What every scanner takes. A scanner with keys of its own subclasses this as its ``Settings``."""

    enabled: bool = True
    limit: int | None = Field(default=None, ge=1)
    timeout_seconds: Seconds | None = None
    isolation: Literal["thread", "process"] = "thread"


def _universe(value: str | list[str]) -> str | list[str]:
    if isinstance(value, list):
        for ticker in value:
            try:
                normalise_ticker(ticker)
            except InvalidCandidate as error:
                raise ValueError(f"{ticker!r}: {error.reason}") from None
        if not value:
            raise ValueError("a list of tickers must not be empty")
    elif value not in UNIVERSES and not (Path(value).suffix or len(Path(value).parts) > 1):
        raise ValueError(f"none of {', '.join(UNIVERSES)}, no list, and no file such as 'tickers.txt'")
    return value


UNIVERSES = ("stored", "listed")
"""The universes that have a name; anything else is a file or a list."""


class MarketSettings(Settings):
    """``market``: the daily bars of the technical scanners, and the tickers they look at.

    ``universe`` is one of :data:`UNIVERSES`, the path of a text file with one ticker a line, or tickers.
    ``min_share`` is the part of the universe, 0 to 1, that must have a bar of the session.
    """

    store_dir: str | None = Field(default=None, min_length=1)
    universe: Annotated[str | list[str], AfterValidator(_universe)] = "stored"
    max_age_sessions: int = Field(default=0, ge=0, le=5)
    min_share: float = Field(default=0.8, gt=0, le=1)


class FilterSettings(Settings):
    """``filter``: which merged candidates go on to the ranker. Of the limits, ``None`` switches one off."""

    min_priority: Literal["critical", "high", "medium", "low"] = "low"
    exclude_tickers: list[str] = Field(default_factory=list)
    max_evidence_age_days: int | None = Field(default=45, ge=0)
    min_price_usd: float | None = Field(default=1.0, gt=0)
    min_dollar_volume_usd: float | None = Field(default=500_000.0, gt=0)
    min_market_cap_usd: float | None = Field(default=None, gt=0)
    recent_move_percent: float | None = Field(default=25.0, gt=0)
    recent_move_exempt: list[str] = Field(default_factory=lambda: ["rsi_oversold"])
    timeout_seconds: Seconds = 60.0


class RankerSettings(Settings):
    """``ranker``: in which order candidates are handed on, and how many."""

    limit: int | None = Field(default=50, ge=1)
    model: str | None = Field(default=None, min_length=1)
    timeout_seconds: Seconds = 60.0


class _TopLevel(Settings):
    data_source: Literal["live", "sandbox", "replay"] = "live"
    state_dir: str | None = Field(default=None, min_length=1)
    scanner_execution: ExecutionSettings
    pipelines: dict[str, PipelineSettings]
    scanners: dict[str, dict[str, Any]]
    vendors: VendorsSettings
    market: MarketSettings
    filter: FilterSettings
    ranker: RankerSettings


class DiscoveryConfig(Settings):
    """The whole of ``config["discovery"]``, validated. ``scanners`` has every scanner of the registry."""

    data_source: Literal["live", "sandbox", "replay"]
    state_dir: str | None
    scanner_execution: ExecutionSettings
    pipelines: dict[str, PipelineSettings]
    scanners: dict[str, ScannerSettings]
    vendors: VendorsSettings
    market: MarketSettings
    filter: FilterSettings
    ranker: RankerSettings

    def state_folder(self) -> Path | None:
        """Return where runs leave what the next one should know; None: nowhere.

        Without a setting it is the user's cache directory, but for live data only: a sandbox's faults
        and invented answers are nothing to remember.
        """
        if self.state_dir is not None:
            return Path(self.state_dir).expanduser()
        if self.data_source == "live":
            return user_cache_path("tradingagents", appauthor=False)
        return None

    def market_store_folder(self) -> Path | None:
        """Return the folder of the daily bars, whether it exists or not; None: nowhere.

        For :class:`~tradingagents.discovery.bars.store.store.OhlcvStore`. Bars of invented companies are kept
        apart from real ones.
        """
        if self.market.store_dir is not None:
            return Path(self.market.store_dir).expanduser()
        folder = self.state_folder()
        return folder and folder / ("ohlcv@sandbox" if self.data_source == "sandbox" else "ohlcv")

    def timeout_of(self, scanner: str) -> float:
        """Seconds for one scanner, from its own start."""
        own = self.scanners[scanner].timeout_seconds
        return self.scanner_execution.timeout_seconds if own is None else own

    def is_enabled(self, scanner: str, pipeline: str) -> bool:
        """Whether a scanner runs: it and its pipeline must be enabled."""
        return self.scanners[scanner].enabled and self.pipelines[pipeline].enabled


def parse_config(
    config: Mapping[str, Any] | None, scanners: Collection[type[Any]], known: Collection[type[Any]] = ()
) -> DiscoveryConfig:
    """Validate ``config`` (the host's whole dict) for the scanner classes of a registry.

    ``known`` are further classes whose settings may stand in the dict although they are not in the
    registry: the built-in ones, which the defaults name. Raises :class:`ConfigError`.
    """
    top = _top_level(config)
    classes = {cls.name: cls for cls in [*known, *scanners]}
    _refuse_unknown(top.scanners, classes, "discovery.scanners", _UNKNOWN_SCANNER)
    parsed = {name: parse_settings(cls, top.scanners.get(name, {})) for name, cls in classes.items()}
    result = DiscoveryConfig(
        **{**dict(top), "scanners": parsed, "pipelines": _pipelines(top.pipelines, classes.values())}
    )
    _check_tickers(result.filter.exclude_tickers)
    known_names = {*classes, *_DEFAULTS["filter"]["recent_move_exempt"]}
    _refuse_unknown(
        result.filter.recent_move_exempt, known_names, "discovery.filter.recent_move_exempt", "scanner"
    )
    _check_loopback(result)
    return result


_UNKNOWN_SCANNER = "scanner, neither built in nor registered (one of another package must be installed)"


def parse_settings(cls: type[Any], raw: Mapping[str, Any]) -> ScannerSettings:
    """Validate the section of a scanner class. Raises :class:`ConfigError`."""
    model: type[ScannerSettings] = cls.Settings
    return _validated(model, _meant_for(cls, raw), f"discovery.scanners.{cls.name}")


def parse_without_scanners(config: Mapping[str, Any] | None) -> DiscoveryConfig:
    """Validate what concerns no scanner, for a tool that runs none: its ``scanners`` are empty.

    Raises :class:`ConfigError`.
    """
    result = DiscoveryConfig(**{**dict(_top_level(config)), "scanners": {}})
    _check_loopback(result)
    return result


def _top_level(config: Mapping[str, Any] | None) -> _TopLevel:
    raw = _laid_over(_DEFAULTS, _section(config), "discovery")
    if source := os.environ.get(DATA_SOURCE_ENV):
        raw["data_source"] = _known_source(source)
    return _validated(_TopLevel, raw, "discovery")


def _known_source(name: str) -> str:
    valid = get_args(_TopLevel.model_fields["data_source"].annotation)
    if name not in valid:
        raise ConfigError(f"environment variable {DATA_SOURCE_ENV}: {name!r} is none of {', '.join(valid)}")
    return name


def _section(config: Mapping[str, Any] | None) -> Mapping[str, Any]:
    if config is None:
        return {}
    if not isinstance(config, Mapping):
        raise ConfigError(f"config: {type(config).__name__} instead of a dict such as DEFAULT_CONFIG")
    for key in config:
        if key in _TopLevel.model_fields and key not in {"filter", "data_source", "vendors", "market"}:
            raise ConfigError(f"config[{key!r}] is not read; it belongs in config['discovery'][{key!r}]")
        if key != "discovery" and _nearest(str(key).lower(), ["discovery"], cutoff=0.85):
            raise ConfigError(f"config[{key!r}] is not read; did you mean 'discovery'?")
    section = config.get("discovery", {})
    if not isinstance(section, Mapping):
        raise ConfigError(f"discovery: {type(section).__name__} instead of a dict")
    return section


def _meant_for(cls: type[Any], raw: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out the defaults of a built-in scanner whose name another class has taken."""
    defaults: Mapping[str, Any] = _DEFAULTS["scanners"].get(cls.name, {})
    known = cls.Settings.model_fields
    return {key: value for key, value in raw.items() if key in known or defaults.get(key, key) != value}


def _laid_over(defaults: Mapping[str, Any], given: Mapping[str, Any], path: str) -> dict[str, Any]:
    """Merge dicts at every level; lists, values and TTLs of the given one replace those below."""
    merged = dict(defaults)
    for key, value in given.items():
        below = merged.get(key)
        # The first glob that matches counts, so a default left among the given ones would win over them.
        if key != "ttl_seconds" and isinstance(below, Mapping) and isinstance(value, Mapping):
            merged[key] = _laid_over(below, value, f"{path}.{key}")
        else:
            merged[key] = value
    return merged


def _validated(model: type[_Model], raw: Any, path: str) -> _Model:
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        problems = [_explain(problem, model, path) for problem in error.errors(include_url=False)]
        raise ConfigError("; ".join(problems)) from None


def _explain(problem: Any, model: type[BaseModel], path: str) -> str:
    location = [str(part) for part in problem["loc"]]
    key = ".".join([path, *location])
    if problem["type"] == "extra_forbidden":
        valid = _fields_at(model, location[:-1])
        return f"{key}: unknown key{_suggestion(location[-1], valid)}"
    if problem["type"] == "missing":
        return f"{key}: missing"
    if key.endswith("_env"):  # perhaps the secret itself, pasted where its variable's name belongs
        return f"{key}: not the name of an environment variable"
    return f"{key}: {problem['input']!r} is refused: {problem['msg'][0].lower()}{problem['msg'][1:]}"


def _fields_at(model: type[BaseModel], location: list[str]) -> list[str]:
    for part in location:
        field = model.model_fields.get(part)
        annotation = field.annotation if field else None
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return list(PipelineSettings.model_fields) if "pipelines" in location else []
        model = annotation
    return list(model.model_fields)


def _refuse_unknown(names: Collection[str], valid: Collection[str], path: str, kind: str) -> None:
    for name in names:
        if name not in valid:
            raise ConfigError(f"{path}.{name}: unknown {kind}{_suggestion(name, valid)}")


def _suggestion(name: str, valid: Collection[str]) -> str:
    if near := _nearest(name, valid):
        return f"; did you mean {near!r}?"
    return f"; valid are {', '.join(sorted(valid))}" if valid else ""


def _nearest(name: str, valid: Collection[str], cutoff: float = 0.6) -> str | None:
    return next(iter(difflib.get_close_matches(name, valid, 1, cutoff)), None)


def _pipelines(
    given: Mapping[str, PipelineSettings], classes: Collection[type[Any]]
) -> dict[str, PipelineSettings]:
    """Add the pipelines that only a scanner names; refuse one that no scanner belongs to."""
    named = {cls.pipeline for cls in classes}
    _refuse_unknown(given, named | set(_DEFAULT_PIPELINES), "discovery.pipelines", "pipeline")
    return {**given, **{name: PipelineSettings() for name in sorted(named - set(given))}}


_DEFAULT_PIPELINES = tuple(_DEFAULTS["pipelines"])


def _check_tickers(tickers: list[str]) -> None:
    for ticker in tickers:
        try:
            normalise_ticker(ticker)
        except InvalidCandidate as error:
            raise ConfigError(f"discovery.filter.exclude_tickers: {error.reason}") from None


def _check_loopback(config: DiscoveryConfig) -> None:
    if config.data_source == "sandbox" and (remote := config.vendors.beyond_loopback()):
        raise ConfigError(
            f"discovery.vendors.{remote[0]} points beyond this machine, but the data source is 'sandbox'; "
            "start one with `python -m tradingagents.discovery.sandbox` and lay its config over yours"
        )
