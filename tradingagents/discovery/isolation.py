"""A scanner's own copy of the graph state: deep, and made only where it is touched.

A state with 10,000 candidates takes a quarter of a second to deep-copy, times the number of scanners,
all under one interpreter lock. Most scanners read the date and a few tickers. So each value is
copied when it is first read, and a scanner can still change whatever it likes without anyone noticing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, SupportsIndex

from tradingagents.discovery.plain import copy_plain

__all__ = ["IsolatedState", "isolate"]

_SHARED = (str, int, float, bool, type(None))
_LOGS = "tool_logs"

OnLog = Callable[[Mapping[str, Any]], None]


def isolate(state: Mapping[str, Any], on_log: OnLog | None = None) -> IsolatedState:
    """Return a deep, lazy copy of ``state``.

    Each mapping appended to the copy's ``tool_logs`` is told to ``on_log``, as it is at that moment.
    ``state`` must not be changed by its owner while copies are in use; copies never change it.
    """
    return IsolatedState(state, on_log)


class IsolatedState(dict[str, Any]):
    """A dict whose values are copied from their source when first read.

    A dict in every respect; what Python code can ask of one is answered from the copy. For one thread,
    as a dict is; copying it (``dict(state)``, ``state.copy()``, pickle, deepcopy) gives plain dicts.
    """

    def __init__(self, source: Mapping[str, Any], on_log: OnLog | None = None) -> None:
        super().__init__({key: value for key, value in source.items() if type(value) in _SHARED})
        self._waiting = {key: value for key, value in source.items() if type(value) not in _SHARED}
        self._order = list(source)
        self._memo: dict[int, Any] = {}  # one for all values: what was shared stays shared
        self._on_log = on_log
        if _LOGS not in source and on_log is not None:
            self[_LOGS] = _LogList((), on_log)

    def _fetch(self, key: Any) -> None:
        value = copy_plain(self._waiting.pop(key), self._memo)
        if key == _LOGS and type(value) is list and self._on_log is not None:
            value = _LogList(value, self._on_log)
        super().__setitem__(key, value)

    def _fetch_all(self) -> None:
        for key in list(self._waiting):
            self._fetch(key)
        if self._order:  # give the values the order of the source
            values = {
                key: super(IsolatedState, self).pop(key) for key in self._order if super().__contains__(key)
            }
            rest = dict(super().items())
            super().clear()
            super().update(values)
            super().update(rest)
            self._order = []

    def __missing__(self, key: Any) -> Any:
        if key not in self._waiting:
            raise KeyError(key)
        self._fetch(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        return super().__contains__(key) or key in self._waiting

    def __len__(self) -> int:
        return super().__len__() + len(self._waiting)

    def __iter__(self) -> Iterator[str]:
        self._fetch_all()
        return super().__iter__()

    def __reversed__(self) -> Iterator[str]:
        self._fetch_all()
        return super().__reversed__()

    def __bool__(self) -> bool:
        return len(self) > 0

    def __setitem__(self, key: str, value: Any) -> None:
        self._waiting.pop(key, None)
        if key == _LOGS and self._on_log is not None and type(value) is not _LogList:
            value = self._replaced_logs(value)
        super().__setitem__(key, value)

    def _replaced_logs(self, value: Any) -> Any:
        """A scanner may assign a longer list instead of appending; what is new in it is told."""
        if not isinstance(value, list) or self._on_log is None:
            return value
        known = [id(entry) for entry in super().get(_LOGS, ())]
        for entry in value:
            if isinstance(entry, Mapping) and id(entry) not in known:
                self._on_log(entry)
        return _LogList(value, self._on_log)

    def __delitem__(self, key: str) -> None:
        if key in self._waiting:
            del self._waiting[key]
        else:
            super().__delitem__(key)

    def get(self, key: Any, default: Any = None) -> Any:
        try:
            return self[key]
        except KeyError:
            return default

    def setdefault(self, key: str, default: Any = None) -> Any:
        if key not in self:
            self[key] = default
        return self[key]

    def pop(self, key: Any, *default: Any) -> Any:
        if key in self._waiting:
            self._fetch(key)
        return super().pop(key, *default)

    def popitem(self) -> tuple[str, Any]:
        self._fetch_all()
        return super().popitem()

    def clear(self) -> None:
        self._waiting.clear()
        super().clear()

    def update(self, *args: Any, **kwargs: Any) -> None:
        for key, value in dict(*args, **kwargs).items():
            self[key] = value

    def keys(self) -> Any:
        self._fetch_all()
        return super().keys()

    def values(self) -> Any:
        self._fetch_all()
        return super().values()

    def items(self) -> Any:
        self._fetch_all()
        return super().items()

    def copy(self) -> dict[str, Any]:
        self._fetch_all()
        return dict(super().items())

    def __or__(self, other: Any) -> Any:
        return self.copy() | other

    def __ror__(self, other: Any) -> Any:
        return other | self.copy()

    def __ior__(self, other: Any) -> Any:
        self.update(other)
        return self

    def __eq__(self, other: object) -> bool:
        return self.copy() == other

    __hash__ = None

    def __repr__(self) -> str:
        return repr(self.copy())

    def __reduce__(self) -> Any:
        return dict, (self.copy(),)

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[str, Any]:
        return {key: copy_plain(value) for key, value in self.copy().items()}


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

    def __reduce__(self) -> Any:
        return list, (list(self),)

    def __deepcopy__(self, memo: dict[int, Any]) -> list[Any]:
        made: list[Any] = copy_plain(list(self))
        return made
