"""Scanners of installed distributions, found by the entry point group ``tradingagents.scanners``.

A distribution names its class in its ``pyproject.toml``::

    [project.entry-points."tradingagents.scanners"]
    big_gap = "my_package.big_gap:BigGap"

Classes are imported only when a registry adds them. A class that cannot be loaded, or whose name is taken,
does not stop the others: a stand-in takes its place and fails with the reason.
Source: packaging.python.org, "Entry points specification".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.metadata import EntryPoint, entry_points

from pydantic import model_validator

from tradingagents.discovery.model.errors import ConfigError
from tradingagents.discovery.scanning.base import AnyScanner, BaseScanner
from tradingagents.discovery.settings.sections import ScannerSettings

__all__ = ["GROUP", "plugins", "register_plugins"]

GROUP = "tradingagents.scanners"

Register = Callable[[type[AnyScanner]], type[AnyScanner]]
"""Registers a class, or raises :class:`ConfigError`."""


def plugins() -> list[EntryPoint]:
    """Return the entry points of every installed distribution, sorted by name and class."""
    return sorted(entry_points(group=GROUP), key=lambda point: (point.name, point.value))


def register_plugins(points: Iterable[EntryPoint], register: Register, taken: Callable[[str], bool]) -> None:
    """Load each class and register it, or a stand-in for it; ``taken(name)`` is whether a name is in use."""
    for point in points:
        if (problem := _problem_with(point, register)) is not None:
            name = next(name for name in _names_for(point) if not taken(name))
            register(_stand_in(name, f"{_label(point)}: {problem}"))


def _problem_with(point: EntryPoint, register: Register) -> str | None:
    """Load and register a class; return the error message, or None."""
    try:
        register(point.load())
    except ConfigError as error:
        return str(error)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a third-party module and its defaults may raise anything
        return f"cannot be loaded: {type(error).__name__}: {error}"
    return None


def _label(point: EntryPoint) -> str:
    origin = f" of {point.dist.name} {point.dist.version}" if point.dist else ""
    return f"the scanner {point.name!r}{origin} ({point.value})"


def _names_for(point: EntryPoint) -> Iterator[str]:
    """Yield names for a stand-in: its own, then prefixed with its distribution's, then numbered."""
    own = _as_name(point.name)
    yield own
    longer = _as_name(f"{point.dist.name}_{point.name}") if point.dist else own
    yield longer
    number = 2
    while True:
        yield f"{longer}_{number}"
        number += 1


def _as_name(text: str) -> str:
    name = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    return name if name[:1].isalpha() else f"plugin_{name}"


class _StandInSettings(ScannerSettings):
    """Accepts any section: the keys are those of the class that could not be loaded."""

    @model_validator(mode="before")
    @classmethod
    def _keep_enabled(cls, raw: object) -> object:
        return {"enabled": raw["enabled"]} if isinstance(raw, Mapping) and "enabled" in raw else {}


def _stand_in(scanner_name: str, message: str) -> type[AnyScanner]:
    """Return a scanner class that fails with ``message``; it can be disabled like any other."""

    class StandIn(BaseScanner):
        name, pipeline = scanner_name, "plugins"
        Settings = _StandInSettings

        def scan(self, state: dict[str, object]) -> Iterable[object]:
            raise ConfigError(message)

    StandIn.__qualname__ = f"StandIn[{scanner_name}]"
    return StandIn
