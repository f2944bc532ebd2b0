"""Lay a host's dict over the defaults, validate all of it, and report every problem at once.

No key or secret is read here; of the environment only ``TRADINGAGENTS_DATA_SOURCE``.
"""

from __future__ import annotations

import copy
import functools
import os
from collections.abc import Collection, Iterable, Mapping
from typing import Protocol

from pydantic import ValidationError

from tradingagents.discovery.model.errors import ConfigError
from tradingagents.discovery.settings.config import DATA_SOURCE_ENV, DiscoveryConfig
from tradingagents.discovery.settings.problems import config_error, explain, nearest, unknown
from tradingagents.discovery.settings.sections import PipelineSettings, ScannerSettings
from tradingagents.discovery.settings.vendors import VendorsSettings

__all__ = ["defaults_of", "parse_config", "parse_settings", "parse_without_scanners"]

# A host may have sections of these names for purposes of its own; of the others it has none.
_COMMON_NAMES = frozenset({"data_source", "filter", "market", "vendors"})
_UNKNOWN_SCANNER = "scanner, neither built in nor registered (one of another package must be installed)"


class ScannerClass(Protocol):
    """What the settings need of a scanner class."""

    name: str
    pipeline: str
    Settings: type[ScannerSettings]


def defaults_of(scanners: Iterable[ScannerClass]) -> dict[str, object]:
    """Return every setting with its default as plain data; ``scanners`` are scanner classes."""
    sections = copy.deepcopy(_defaults())
    sections["scanners"] = {cls.name: cls.Settings().model_dump(mode="json") for cls in scanners}
    return sections


@functools.cache
def _defaults() -> dict[str, object]:
    return DiscoveryConfig().model_dump(mode="json")


def parse_config(
    config: Mapping[str, object] | None,
    scanners: Collection[ScannerClass],
    known: Collection[ScannerClass] = (),
) -> DiscoveryConfig:
    """Validate ``config`` (the host's whole dict) for the scanner classes of a registry.

    ``known`` are further classes whose settings may be in the dict although they are not in the registry: the
    built-in ones. Raises one :class:`ConfigError` with every problem.
    """
    problems, raw = _raw(config)
    classes = {cls.name: cls for cls in [*known, *scanners]}
    replaced = {cls.name: cls for cls in known if classes[cls.name] is not cls}
    parsed = _scanners(raw, classes, replaced, problems)
    pipelines = _pipelines(raw, classes.values(), problems)
    result = _validated(raw | {"scanners": parsed}, problems)
    if result is not None:
        names = {*classes, *DiscoveryConfig().filter.recent_move_exempt}
        path = "discovery.filter.recent_move_exempt"
        problems += (
            unknown(f"{path}.{name}", "scanner", names)
            for name in result.filter.recent_move_exempt
            if name not in names
        )
    if problems or result is None:
        raise config_error(problems)
    return result.model_copy(update={"pipelines": result.pipelines | pipelines})


def parse_settings(cls: ScannerClass, raw: Mapping[str, object]) -> ScannerSettings:
    """Validate the section of a scanner class. Raises :class:`ConfigError` with every problem of it."""
    model: type[ScannerSettings] = cls.Settings
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        raise config_error(explain(error, model, f"discovery.scanners.{cls.name}")) from None


def parse_without_scanners(config: Mapping[str, object] | None) -> DiscoveryConfig:
    """Validate all but the scanners' sections, for a command that runs none. Raises :class:`ConfigError`."""
    problems, raw = _raw(config)
    result = _validated(raw | {"scanners": {}}, problems)
    if problems or result is None:
        raise config_error(problems)
    return result


def _raw(config: Mapping[str, object] | None) -> tuple[list[str], dict[str, object]]:
    """Return the problems of the host's dict and its discovery section, laid over the defaults."""
    if config is None:
        config = {}
    if not isinstance(config, Mapping):
        raise ConfigError(f"config: {type(config).__name__} instead of a dict such as DEFAULT_CONFIG")
    section = config.get("discovery", {})
    if not isinstance(section, Mapping):
        raise ConfigError(f"discovery: {type(section).__name__} instead of a dict")
    problems = list(_misplaced(config))
    raw = _laid_over(_defaults(), section)
    source = os.environ.get(DATA_SOURCE_ENV)
    given, label = (
        (source, f"environment variable {DATA_SOURCE_ENV}") if source else (raw["data_source"], None)
    )
    raw["data_source"] = given
    if given == "replay":
        problems.append(f"{label or 'discovery.data_source'}: 'replay' is not available in this version")
        raw["data_source"] = "live"
    elif label and given not in {"live", "sandbox"}:
        problems.append(f"{label}: expected 'live' or 'sandbox', got {given!r}")
        raw["data_source"] = "live"
    return problems, raw


def _misplaced(config: Mapping[str, object]) -> Iterable[str]:
    for key in config:
        if key in DiscoveryConfig.model_fields and key not in _COMMON_NAMES:
            yield f"config[{key!r}] is not read; it belongs in config['discovery'][{key!r}]"
        elif key != "discovery" and nearest(str(key).lower(), ["discovery"], cutoff=0.85):
            yield f"config[{key!r}] is not read; did you mean 'discovery'?"


def _laid_over(defaults: Mapping[str, object], given: Mapping[str, object]) -> dict[str, object]:
    """Merge dicts at every level; lists, values and TTLs of the given one replace those of the defaults."""
    merged = dict(defaults)
    for key, value in given.items():
        below = merged.get(key)
        # The first glob that matches counts, so a default left among the given ones would win over them.
        if key != "ttl_seconds" and isinstance(below, Mapping) and isinstance(value, Mapping):
            merged[key] = _laid_over(below, value)
        else:
            merged[key] = value
    return merged


def _scanners(
    raw: Mapping[str, object],
    classes: Mapping[str, ScannerClass],
    replaced: Mapping[str, ScannerClass],
    problems: list[str],
) -> dict[str, ScannerSettings]:
    given = raw["scanners"]
    if not isinstance(given, Mapping):
        problems.append(f"discovery.scanners: expected a dict, got {given!r}")
        given = {}
    problems += (
        unknown(f"discovery.scanners.{name}", _UNKNOWN_SCANNER, classes)
        for name in given
        if name not in classes
    )
    parsed = {}
    for name, cls in classes.items():
        section = given.get(name, {})
        if name in replaced and isinstance(section, Mapping):
            section = _without_defaults(section, cls, replaced[name])
        try:
            parsed[name] = parse_settings(cls, section)
        except ConfigError as error:
            problems += error.problems
    return parsed


def _without_defaults(
    section: Mapping[str, object], cls: ScannerClass, built_in: ScannerClass
) -> dict[str, object]:
    """Leave out the defaults of a built-in scanner whose name another class has taken."""
    defaults = built_in.Settings().model_dump(mode="json")
    known = cls.Settings.model_fields
    return {key: value for key, value in section.items() if key in known or defaults.get(key, key) != value}


def _pipelines(
    raw: Mapping[str, object], classes: Collection[ScannerClass], problems: list[str]
) -> dict[str, PipelineSettings]:
    """Return the pipelines that only a scanner names; report one that no scanner belongs to."""
    named, given = {cls.pipeline for cls in classes}, raw["pipelines"]
    if not isinstance(given, Mapping):
        return {}  # reported with the other types
    valid = named | DiscoveryConfig().pipelines.keys()
    problems += (
        unknown(f"discovery.pipelines.{name}", "pipeline", valid) for name in given if name not in valid
    )
    return {name: PipelineSettings() for name in sorted(named - set(given))}


def _validated(raw: Mapping[str, object], problems: list[str]) -> DiscoveryConfig | None:
    """Return the configuration; None, with what was found added to ``problems``, when it is not valid."""
    try:
        result = DiscoveryConfig.model_validate(raw)
    except ValidationError as error:
        unnamed = _unnamed_vendors(raw)
        prefixes = tuple(f"discovery.vendors.{name}." for name in unnamed)
        problems += (
            text for text in explain(error, DiscoveryConfig, "discovery") if not text.startswith(prefixes)
        )
        valid = list(VendorsSettings.model_fields)
        problems += (
            f"{unknown(f'discovery.vendors.{name}', 'vendor', valid)} A vendor of your own needs a base_url."
            for name in unnamed
        )
        return None
    if result.data_source == "sandbox" and (remote := result.vendors.beyond_loopback()):
        problems.append(
            f"discovery.vendors.{remote[0]} is beyond this machine, but the data source is 'sandbox'; "
            "start one with `python -m tradingagents.discovery.sandbox` and lay its config over yours"
        )
    return result


def _unnamed_vendors(raw: Mapping[str, object]) -> list[str]:
    """Return the vendors that are neither built in nor, without an address, of the user's own."""
    given = raw["vendors"]
    if not isinstance(given, Mapping):
        return []
    return [
        name
        for name, section in given.items()
        if name not in VendorsSettings.model_fields
        and not (isinstance(section, Mapping) and "base_url" in section)
    ]
