"""Checks of a screen before the pass that all screens of a scan share: a wrong one fails by itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import polars as pl

from tradingagents.discovery.model.errors import ConfigError
from tradingagents.discovery.screens.base import MAX_BARS, Feature, Screen

__all__ = ["check_screen", "has_python"]


def check_screen(screen: object) -> None:
    """Raise :class:`ConfigError` for an object that is no usable :class:`Screen`; runs no expression."""
    if not isinstance(screen, Screen):
        raise ConfigError(f"a Screen is needed, not {type(screen).__name__}")
    if problems := [*_wrong_features(screen.features), *_wrong_parts(screen)]:
        raise ConfigError(f"screen {screen.name!r}: {'; '.join(problems)}", problems=problems)


def has_python(screen: Screen) -> bool:
    """Whether an expression of the screen runs a Python function (``map_elements``, ``map_batches``)."""
    features = (feature.expr for feature in screen.features)
    every = (*features, *screen.values.values(), screen.rule, screen.score)
    return any("python" in str(expr) for expr in every)


def _wrong_features(features: object) -> Iterator[str]:
    if not isinstance(features, tuple) or not features:
        yield "features must be a tuple with at least one Feature"
        return
    for feature in features:
        if not isinstance(feature, Feature):
            yield f"features must hold Feature objects, not {type(feature).__name__}"
        elif not _are((feature.expr,), pl.Expr) or not _are((feature.name,), str):
            yield f"feature {feature.name!r} must have a name and a Polars expression"
        elif not _are((feature.bars,), int) or not 1 <= feature.bars <= MAX_BARS:
            yield f"feature {feature.name!r} needs {feature.bars!r} bars; it must be 1 to {MAX_BARS:,}"


def _wrong_parts(screen: Screen) -> Iterator[str]:
    if not _are((screen.name, screen.context), str):
        yield "name and context must be texts"
    if not _are((screen.values,), Mapping) or not _are(screen.values.values(), pl.Expr):
        yield "values must be a dict of Polars expressions"
    if not _are((screen.rule, screen.score), pl.Expr):
        yield "rule and score must be Polars expressions"
    if screen.only is not None and not _is_tickers(screen.only):
        yield "only must be a frozenset of tickers"
    if not _is_tickers(screen.beside):
        yield "beside must be a frozenset of tickers"


def _is_tickers(value: object) -> bool:
    return isinstance(value, frozenset) and _are(value, str)


def _are(values: Iterable[object], kind: type[object]) -> bool:
    return all(isinstance(one, kind) for one in values)
