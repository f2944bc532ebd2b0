"""Plain data: what a checkpointer, a process boundary and JSON all take unchanged.

Plain means ``None``, ``bool``, ``int``, finite ``float``, ``str``, and lists and string-keyed dicts
of these.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any

__all__ = ["copy_plain", "to_plain"]

_ATOMS = (str, bool, type(None))


def to_plain(value: Any) -> Any:
    """Return ``value`` as plain data, sharing nothing mutable with it.

    Numbers of array libraries become Python numbers, dates ISO 8601 text, enums their values, tuples
    and sets lists. Raises ``TypeError`` for what has no plain form, NaN and infinities included.
    """
    if isinstance(value, Enum):
        return to_plain(value.value)
    if isinstance(value, _ATOMS):
        return value
    if isinstance(value, Mapping):
        return {_key(k): to_plain(v) for k, v in list(value.items())}
    if isinstance(value, AbstractSet):
        return sorted((to_plain(v) for v in value), key=str)
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray | memoryview):
        return [to_plain(v) for v in list(value)]
    return _scalar(value)


def _key(key: Any) -> str:
    return key if type(key) is str else str(to_plain(key))


def _scalar(value: Any) -> Any:
    if hasattr(value, "item") and not isinstance(value, int | float):
        value = value.item()  # numpy and polars scalars
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float | Decimal):
        number = float(value)
        if not math.isfinite(number):
            raise TypeError(f"{number!r} is not a finite number")
        return number
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, PurePath):
        return str(value)
    raise TypeError(f"{type(value).__name__} is not plain data")


def copy_plain(value: Any, memo: dict[int, Any] | None = None) -> Any:
    """Return a deep copy of dicts and lists; other values are deep-copied only where they must be.

    About three times as fast as ``copy.deepcopy`` on plain data. Keeps shared and cyclic references
    (pass one ``memo`` to keep them across calls). Safe while another thread changes the original:
    each container is first snapshotted in one step.
    """
    return _copy(value, {} if memo is None else memo)


def _copy(value: Any, memo: dict[int, Any]) -> Any:
    kind = type(value)
    if kind in _IMMUTABLE:
        return value
    if id(value) in memo:
        return memo[id(value)][1]
    if kind is dict:
        return _copy_dict(value, memo)
    if kind is list:
        return _copy_list(value, memo)
    import copy  # noqa: PLC0415 - only values that are not plain need it

    made = copy.deepcopy(value)
    memo[id(value)] = (value, made)
    return made


def _copy_dict(value: dict[Any, Any], memo: dict[int, Any]) -> dict[Any, Any]:
    made = value.copy()
    memo[id(value)] = (value, made)  # the original is kept too: its id must stay taken
    for key, item in made.items():
        if type(item) not in _IMMUTABLE:
            made[key] = _copy(item, memo)
    return made


def _copy_list(value: list[Any], memo: dict[int, Any]) -> list[Any]:
    made = value.copy()
    memo[id(value)] = (value, made)
    for index, item in enumerate(made):
        if type(item) not in _IMMUTABLE:
            made[index] = _copy(item, memo)
    return made


_IMMUTABLE = frozenset({str, int, float, bool, type(None), bytes, complex, date, datetime, Decimal})
