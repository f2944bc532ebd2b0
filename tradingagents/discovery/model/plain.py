"""Plain data: what a checkpointer, a process boundary and JSON all accept unchanged.

Plain means ``None``, ``bool``, ``int``, finite ``float``, ``str``, and lists and string-keyed dicts
of these.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Protocol, TypeVar, cast

from pydantic import JsonValue

__all__ = ["copy_plain", "plain_dict", "to_plain"]

Copied = TypeVar("Copied")

_EXACT = frozenset({str, int, bool, type(None)})
_DEEPEST = 100  # levels; deeper values contain themselves, or are not data


def to_plain(value: object) -> JsonValue:
    """Return ``value`` as plain data, sharing nothing mutable with it.

    Numbers of array libraries become Python numbers, dates ISO 8601 text, enums their values, tuples
    and sets lists. Raises ``TypeError`` for values without a plain form: NaN and infinities, arrays, and
    containers that contain themselves. Safe while another thread adds to a container.
    """
    return _plain(value, 0)


def plain_dict(value: Mapping[str, object]) -> dict[str, JsonValue]:
    """Return a mapping as plain data; see :func:`to_plain`."""
    made = to_plain(value)
    assert isinstance(made, dict)
    return made


def _plain(value: object, depth: int) -> JsonValue:
    kind = type(value)
    if value is None or kind in _EXACT:
        return cast("str | int | bool | None", value)
    if depth > _DEEPEST:
        raise TypeError(f"nested more than {_DEEPEST} levels deep, or it contains itself")
    if isinstance(value, Enum):
        return _plain(value.value, depth + 1)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Mapping):
        return {_key(k): _plain(v, depth + 1) for k, v in list(value.items())}
    if isinstance(value, AbstractSet):
        return sorted((_plain(v, depth + 1) for v in list(value)), key=repr)
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray | memoryview):
        return [_plain(v, depth + 1) for v in list(value)]
    return _scalar(value)


def _key(key: object) -> str:
    return key if type(key) is str else str(_plain(key, 0))


def _scalar(value: object) -> JsonValue:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float | Decimal):
        number = float(value)
        if not math.isfinite(number):
            raise TypeError(f"{number!r} is not a finite number")
        return number
    if isinstance(value, PurePath):
        return str(value)
    # Looked up on the type: reading an attribute of a lazy object may fetch over the network.
    if hasattr(type(value), "item") and hasattr(type(value), "dtype"):
        return _array_scalar(cast("_ArrayScalar", value))
    raise TypeError(f"{type(value).__name__} is not plain data")


class _DType(Protocol):
    kind: str


class _ArrayScalar(Protocol):
    """A zero-dimensional item, or an array, of an array library."""

    shape: tuple[int, ...]
    dtype: _DType

    def item(self) -> object: ...


def _array_scalar(value: _ArrayScalar) -> JsonValue:
    """Return the Python value of a zero-dimensional item of an array library."""
    if value.shape != ():
        raise TypeError(f"{type(value).__name__} is not plain data; use a list")
    if value.dtype.kind in "Mm":
        return str(value)  # a nanosecond instant would become a bare integer
    return _plain(value.item(), 0)


def copy_plain(value: Copied, memo: dict[int, object] | None = None) -> Copied:
    """Return a deep copy of dicts and lists; other values are deep-copied by their own rules.

    About three times as fast as ``copy.deepcopy`` on plain data. Keeps shared and cyclic references; pass
    one ``memo`` to keep them across calls. Safe while another thread changes the original: each container is
    snapshotted atomically first.
    """
    return cast("Copied", _copy(value, {} if memo is None else memo))


def _copy(value: object, memo: dict[int, object]) -> object:
    if (kind := type(value)) in _IMMUTABLE:
        return value
    if id(value) in memo:
        return memo[id(value)]
    if kind is dict:
        return _copy_dict(cast("dict[object, object]", value), memo)
    if kind is list:
        return _copy_list(cast("list[object]", value), memo)
    # deepcopy's memo has the same form, so sharing and cycles through a tuple are kept.
    return copy.deepcopy(value, memo)


def _copy_dict(value: dict[object, object], memo: dict[int, object]) -> dict[object, object]:
    made = value.copy()
    _remember(value, made, memo)
    for key, item in made.items():
        if type(item) not in _IMMUTABLE:
            made[key] = _copy(item, memo)
    return made


def _copy_list(value: list[object], memo: dict[int, object]) -> list[object]:
    made = value.copy()
    _remember(value, made, memo)
    for index, item in enumerate(made):
        if type(item) not in _IMMUTABLE:
            made[index] = _copy(item, memo)
    return made


def _remember(value: object, made: object, memo: dict[int, object]) -> None:
    memo[id(value)] = made
    # As deepcopy does: keep the original alive, so that its id is not reused.
    kept = memo.setdefault(id(memo), [])
    assert isinstance(kept, list)
    kept.append(value)


_IMMUTABLE = frozenset({str, int, float, bool, type(None), bytes, complex, date, datetime, Decimal})
