"""A scanner's own copy of the graph state: deep, and made only where it is read.

A state with 10,000 candidates takes a quarter of a second to deep-copy, times the number of scanners,
all under one interpreter lock. Most scanners read the date and a few tickers. So each value is
copied when it is first read, and a scanner can still change whatever it likes without anyone noticing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, SupportsIndex

from tradingagents.discovery.model.plain import copy_plain

__all__ = ["IsolatedState", "isolate"]

_IMMUTABLE = frozenset({str, int, float, bool, type(None)})
_LOGS = "tool_logs"

OnLog = Callable[[Mapping[str, Any]], None]


def isolate(state: Mapping[str, Any], on_log: OnLog | None = None) -> IsolatedState:
    """Return a deep, lazy copy of ``state``.

    Each mapping added to the copy's ``tool_logs`` is told to ``on_log``, as it is at that moment.
    ``state`` must not be changed by its owner while copies are in use; copies never change it.
    """
    return IsolatedState(state, on_log)


class _Unread:
    """Stands in the dict, in its place and order, for a value that nobody has read yet."""

    __slots__ = ("original",)

    def __init__(self, original: Any) -> None:
        self.original = original


class IsolatedState(dict[str, Any]):
    """A dict whose values are copied from their source when first read.

    A dict in every respect. Several threads may read it at once, as a scanner's own fan-out does. What is
    made of it (``dict(state)``, ``state.copy()``, pickle, deepcopy) is a plain dict.
    """

    def __init__(self, source: Mapping[str, Any], on_log: OnLog | None = None) -> None:
        super().__init__(
            {key: value if type(value) in _IMMUTABLE else _Unread(value) for key, value in source.items()}
        )
        self._memo: dict[int, Any] = {}  # one for all values: what was shared stays shared
        self._copying = threading.RLock()  # two readers of one value must get the same copy
        self._on_log = on_log
        self._logs: list[Any] = []  # what was last in the place of the log, to tell what is new from
        if on_log is not None:
            super().setdefault(_LOGS, _Unread([]))

    def _read(self, key: Any, held: Any) -> Any:
        if type(held) is not _Unread:
            return held
        with self._copying:
            held = super().__getitem__(key)
            if type(held) is _Unread:
                held = copy_plain(held.original, self._memo)
                if key == _LOGS and type(held) is list and self._on_log is not None:
                    held = self._logs = _LogList(held, self._on_log)
                super().__setitem__(key, held)
        return held

    def _read_all(self) -> None:
        for key, held in list(super().items()):
            self._read(key, held)

    def _stored(self, key: Any, value: Any) -> Any:
        """A scanner may assign a longer list instead of appending: what is new in it is told."""
        if key != _LOGS or self._on_log is None or type(value) is _LogList or not isinstance(value, list):
            return value
        if key in self:
            self._read(key, super().__getitem__(key))
        for entry in _added(self._logs, value):
            if isinstance(entry, Mapping):
                self._on_log(entry)
        self._logs = _LogList(value, self._on_log)
        return self._logs

    def __getitem__(self, key: Any) -> Any:
        return self._read(key, super().__getitem__(key))

    def __setitem__(self, key: str, value: Any) -> None:
        super().__setitem__(key, self._stored(key, value))

    def __iter__(self) -> Iterator[str]:
        # Overridden so that dict(state) and {**state} go through __getitem__ and not round it.
        return super().__iter__()

    def get(self, key: Any, default: Any = None) -> Any:
        return self[key] if key in self else default  # noqa: SIM401 - this is get

    def setdefault(self, key: str, default: Any = None) -> Any:
        if key not in self:
            self[key] = default
        return self[key]

    def pop(self, key: Any, *default: Any) -> Any:
        if key in self:
            self._read(key, super().__getitem__(key))
        return super().pop(key, *default)

    def popitem(self) -> tuple[str, Any]:
        key, held = super().popitem()
        if type(held) is _Unread:
            held = copy_plain(held.original, self._memo)
        return key, held

    def update(self, *args: Any, **kwargs: Any) -> None:
        for key, value in dict(*args, **kwargs).items():
            self[key] = value

    def values(self) -> Any:
        self._read_all()
        return super().values()

    def items(self) -> Any:
        self._read_all()
        return super().items()

    def copy(self) -> dict[str, Any]:
        return dict(self.items())

    __copy__ = copy

    def __or__(self, other: Any) -> Any:
        return self.copy() | other if isinstance(other, dict) else NotImplemented

    def __ror__(self, other: Any) -> Any:
        return other | self.copy() if isinstance(other, dict) else NotImplemented

    def __ior__(self, other: Any) -> Any:
        self.update(other)
        return self

    def __eq__(self, other: object) -> bool:
        return self.copy() == other

    def __ne__(self, other: object) -> bool:
        return self.copy() != other

    __hash__ = None

    def __repr__(self) -> str:
        return repr(self.copy())

    def __reduce__(self) -> Any:
        return dict, (self.copy(),)

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[str, Any]:
        made: dict[str, Any] = copy_plain(self.copy(), memo)
        return made


def _added(known: list[Any], given: list[Any]) -> list[Any]:
    """Return what of ``given`` is not a known entry: the same object, or an equal one not yet matched."""
    ids = {id(entry) for entry in known}
    by_words: dict[str, int] = {}
    for entry in known:
        by_words[repr(entry)] = by_words.get(repr(entry), 0) + 1
    new = []
    for entry in given:
        words = repr(entry)
        if by_words.get(words):
            by_words[words] -= 1
        elif id(entry) not in ids:
            new.append(entry)
    return new


class _LogList(list[Any]):
    """The ``tool_logs`` list: a list that tells of each mapping added to it."""

    def __init__(self, entries: Iterable[Any], on_log: OnLog) -> None:
        super().__init__(entries)
        self._on_log = on_log

    def _told(self, entries: Iterable[Any]) -> list[Any]:
        made = list(entries)
        for entry in made:
            if isinstance(entry, Mapping):
                self._on_log(entry)
        return made

    def append(self, entry: Any) -> None:
        super().append(*self._told([entry]))

    def insert(self, index: SupportsIndex, entry: Any) -> None:
        super().insert(index, *self._told([entry]))

    def extend(self, entries: Iterable[Any]) -> None:
        super().extend(self._told(entries))

    def __iadd__(self, entries: Iterable[Any]) -> Any:  # type: ignore[misc]  # list's own stub differs too
        self.extend(entries)
        return self

    def __setitem__(self, index: Any, given: Any) -> None:
        if isinstance(index, slice):
            given = list(given)
            self._told(_added(list(self), given))
        else:
            self._told([given])
        super().__setitem__(index, given)

    def __reduce__(self) -> Any:
        return list, (list(self),)

    def __copy__(self) -> list[Any]:
        return list(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> list[Any]:
        made: list[Any] = copy_plain(list(self), memo)
        return made
