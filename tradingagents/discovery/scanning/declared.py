"""The needs of the scanners of a graph, collected: what each declares with its settings, or why it cannot."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass

from tradingagents.discovery.model.errors import ConfigError
from tradingagents.discovery.scanning.base import AnyScanner
from tradingagents.discovery.scanning.needs import Bars, Directory, EarningsCalendar, Need
from tradingagents.discovery.screens.base import Screen, ScreenThresholds
from tradingagents.discovery.settings.sections import ScannerSettings

__all__ = ["Declared", "declared_by", "widest_calendar"]

_MAX_NEEDS = 32
_MAX_DAYS = 90


@dataclass(frozen=True)
class Declared:
    """The needs of one scanner with its settings; ``error`` is why they could not be collected."""

    screens: tuple[Screen | ScreenThresholds, ...] = ()
    calendar_days: tuple[int, int] = (0, 0)
    directory: bool = False
    error: BaseException | None = None


def declared_by(scanner: type[AnyScanner], settings: ScannerSettings) -> Declared:
    """Collect what a scanner needs; raises nothing that third-party code raises."""
    try:
        needs = [_checked(scanner, one) for one in _listed(scanner, settings)]
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - it becomes the outcome of this scanner alone
        return Declared(error=error)
    calendars = [one for one in needs if isinstance(one, EarningsCalendar)]
    return Declared(
        screens=tuple(one.screen for one in needs if isinstance(one, Bars)),
        calendar_days=_widest((one.days_back, one.days_ahead) for one in calendars),
        directory=scanner.listed_only or any(isinstance(one, Directory) for one in needs),
    )


def widest_calendar(declared: Iterable[Declared]) -> tuple[int, int]:
    """Return the most days back and ahead that any of the scanners needs."""
    return _widest(one.calendar_days for one in declared)


def _widest(windows: Iterable[tuple[int, int]]) -> tuple[int, int]:
    back, ahead = zip((0, 0), *windows, strict=True)
    return max(back), max(ahead)


def _listed(scanner: type[AnyScanner], settings: ScannerSettings) -> list[object]:
    given: object = scanner.needs(settings)
    if isinstance(given, str | bytes) or not isinstance(given, Iterable):
        raise _wrong(scanner, f"returned {type(given).__name__}")
    needs = list(itertools.islice(given, _MAX_NEEDS + 1))
    if len(needs) > _MAX_NEEDS:
        raise ConfigError(f"{scanner.__qualname__}.needs returned more than {_MAX_NEEDS} objects")
    return needs


def _checked(scanner: type[AnyScanner], need: object) -> Need:
    match need:
        case Bars(screen=Screen() | ScreenThresholds()) | Directory():
            return need
        case Bars(screen=other):
            raise _wrong(
                scanner, f"has Bars({type(other).__name__}); its screen must be a Screen or thresholds"
            )
        case EarningsCalendar(days_back=back, days_ahead=ahead):
            if {back, ahead} <= set(range(_MAX_DAYS + 1)):
                return need
            days = f"EarningsCalendar({back!r}, {ahead!r})"
            raise ConfigError(f"{scanner.__qualname__}.needs has {days}; its days must be 0 to {_MAX_DAYS}")
    raise _wrong(scanner, f"has {type(need).__name__}")


def _wrong(scanner: type[AnyScanner], what: str) -> ConfigError:
    return ConfigError(
        f"{scanner.__qualname__}.needs {what}; it must return Bars, EarningsCalendar and Directory objects"
    )
