"""An explicit, ordered list of scanner classes. Importing a scanner registers nothing.

Users build :class:`~tradingagents.discovery.scanners.registry.ScannerRegistry`, which knows the built-in
scanners.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Collection, Iterable, Iterator

from tradingagents.discovery.model.errors import ConfigError
from tradingagents.discovery.scanning.base import AnyScanner, BaseScanner
from tradingagents.discovery.scanning.plugins import plugins, register_plugins
from tradingagents.discovery.settings.parse import parse_settings
from tradingagents.discovery.settings.sections import ScannerSettings

__all__ = ["Registry"]

_NAME = re.compile(r"[a-z][a-z0-9_]*")


class Registry:
    """Scanner classes in the order in which their candidates are merged.

    Raises :class:`ConfigError` when a class is malformed or its name is taken.
    """

    def __init__(self, scanners: Iterable[type[AnyScanner]] = ()) -> None:
        self._classes: dict[str, type[AnyScanner]] = {}
        for scanner in scanners:
            self.register(scanner)

    def add_plugins(self) -> None:
        """Add the scanners of installed distributions; see :mod:`.plugins`.

        One that cannot be loaded is represented by a scanner that fails with the reason.
        """
        register_plugins(plugins(), self._register_plugin, self.__contains__)

    def _register_plugin(self, scanner: type[AnyScanner]) -> type[AnyScanner]:
        _check(scanner)
        _check_defaults(scanner)
        return self.register(scanner)

    def register(self, scanner: type[AnyScanner]) -> type[AnyScanner]:
        """Append a class and return it, so that this works as a decorator."""
        _check(scanner)
        if (taken := self._classes.get(scanner.name)) is not None:
            label = scanner.__qualname__
            raise ConfigError(
                f"{label}: the name {scanner.name!r} is taken by {taken.__qualname__}; choose another"
            )
        self._classes[scanner.name] = scanner
        return scanner

    def __iter__(self) -> Iterator[type[AnyScanner]]:
        return iter(tuple(self._classes.values()))

    def __len__(self) -> int:
        return len(self._classes)

    def __contains__(self, name: object) -> bool:
        return name in self._classes

    def __getitem__(self, name: str) -> type[AnyScanner]:
        return self._classes[name]

    def __repr__(self) -> str:
        return f"{type(self).__name__}([{', '.join(self._classes)}])"


def _check(scanner: object) -> None:
    label = getattr(scanner, "__qualname__", repr(scanner))
    if not (isinstance(scanner, type) and issubclass(scanner, BaseScanner)):
        raise ConfigError(f"{label} is not a subclass of BaseScanner")
    for attribute in ("name", "pipeline"):
        value = getattr(scanner, attribute, None)
        if not isinstance(value, str) or not _NAME.fullmatch(value):
            raise ConfigError(
                f"{label}.{attribute} is {value!r}; it must be a lower-case name such as 'big_gap'"
            )
    if not isinstance(scanner.strategy, str):
        raise ConfigError(f"{label}.strategy is {scanner.strategy!r}; it must be text")
    _check_flags(scanner.evidence_kinds, scanner.listed_only, label)
    if inspect.isabstract(scanner):
        missing = ", ".join(sorted(scanner.__abstractmethods__))
        raise ConfigError(f"{label} does not define {missing}")
    if not callable(scanner.scan):
        raise ConfigError(f"{label}.scan is {scanner.scan!r}; it must be a method")
    if inspect.iscoroutinefunction(scanner.scan) or inspect.isasyncgenfunction(scanner.scan):
        raise ConfigError(f"{label}.scan is asynchronous; scanners run in threads, so write it without async")
    _check_settings(scanner.Settings, label)


def _check_defaults(scanner: type[AnyScanner]) -> None:
    """Reject settings that are invalid without values by the user: every graph with it would fail."""
    try:
        parse_settings(scanner, {})
    except ConfigError as error:
        problems = "; ".join(error.problems)
        raise ConfigError(
            f"needs a default for every setting, because installing it enables it: {problems}"
        ) from None


def _check_flags(kinds: object, listed_only: object, label: str) -> None:
    if (
        isinstance(kinds, str)
        or not isinstance(kinds, Collection)
        or not all(isinstance(k, str) for k in kinds)
    ):
        raise ConfigError(f"{label}.evidence_kinds is {kinds!r}; it must be a tuple such as ('my_kind',)")
    if not isinstance(listed_only, bool):
        raise ConfigError(f"{label}.listed_only is {listed_only!r}; it must be True or False")


def _check_settings(settings: object, label: str) -> None:
    if not (isinstance(settings, type) and issubclass(settings, ScannerSettings)):
        raise ConfigError(f"{label}.Settings must be a subclass of ScannerSettings")
