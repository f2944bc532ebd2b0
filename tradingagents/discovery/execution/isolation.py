"""A scanner's own copy of the graph state: a deep copy, except that the tool log is copied when it is read.

A scanner may change its copy at will. What it adds to ``tool_logs`` is reported at once::

    state = isolate(graph_state, on_log=print)
    state["tool_logs"].append({"tool": "quote"})       # prints the entry
    state["tool_logs"] = [*state["tool_logs"], entry]  # prints ``entry`` only

A list assigned there is copied, so append to ``state["tool_logs"]`` afterwards and not to that list::

    state["tool_logs"] = logs = []
    logs.append(entry)                                 # prints nothing, and the entry is lost

Copying 5,000 log entries takes 10 ms for each scanner, and most scanners only append.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, SupportsIndex

from tradingagents.discovery.model.plain import copy_plain

__all__ = ["IsolatedState", "isolate"]

_log = logging.getLogger(__name__)
_LOGS = "tool_logs"

OnLog = Callable[[Mapping[str, Any]], None]


def isolate(state: Mapping[str, Any], on_log: OnLog) -> IsolatedState:
    """Return a deep copy of ``state``, with an empty list under ``tool_logs`` if there is none.

    ``on_log`` receives each mapping that is added to that list, at that moment. A value that cannot be
    copied is left out. ``state`` must not be changed while copies are in use; copies never change it.
    """
    memo: dict[int, Any] = {}  # one for all values: what was shared stays shared
    made: dict[str, Any] = {}
    for key, value in state.items():
        if key == _LOGS and type(value) is list:
            made[key] = _LogList(value, on_log, copied=False)
            continue
        try:
            made[key] = copy_plain(value, memo)
        except Exception:  # noqa: BLE001 - copying a third-party object may raise anything
            _log.debug("the value of state key %r cannot be copied", key, exc_info=True)
    made.setdefault(_LOGS, _LogList([], on_log))
    return IsolatedState(made, on_log)


class IsolatedState(dict[str, Any]):
    """A dict that reports the entries of a new list under ``tool_logs``. Copies of it are plain dicts."""

    def __init__(self, values: Mapping[str, Any], on_log: OnLog) -> None:
        super().__init__(values)
        self._on_log = on_log
        logs = values[_LOGS]
        self._logs: list[Any] = logs if isinstance(logs, list) else []  # kept when the key is removed

    def __setitem__(self, key: str, value: Any) -> None:
        if key == _LOGS and isinstance(value, list):
            if type(value) is not _LogList:
                _report(_added(self._logs, value), self._on_log)
                value = _LogList(value, self._on_log)
            self._logs = value
        super().__setitem__(key, value)

    def setdefault(self, key: str, default: Any = None) -> Any:
        if key not in self:
            self[key] = default
        return self[key]

    def update(self, *args: Any, **kwargs: Any) -> None:
        for key, value in dict(*args, **kwargs).items():
            self[key] = value

    def __ior__(self, other: Any) -> Any:  # type: ignore[misc]  # __or__ returns a plain dict
        self.update(other)
        return self

    def __reduce__(self) -> Any:
        return dict, (dict(self),)


class _LogList(list[Any]):
    """The ``tool_logs`` list: reports each mapping added to it, and copies older entries when one is read.

    Until then it holds the caller's own entries, always at its start. Several threads may read it, as the
    threads of a scanner's ``map`` do.
    """

    def __init__(self, entries: Iterable[Any], on_log: OnLog, *, copied: bool = True) -> None:
        super().__init__(entries)
        self._on_log = on_log
        self._shared = 0 if copied else len(self)  # number of the caller's own entries
        self._copying = threading.Lock()

    def copy_shared(self) -> None:
        """Replace the caller's own entries by deep copies; once."""
        if self._shared:
            with self._copying:
                own = slice(0, self._shared)
                super().__setitem__(own, copy_plain(super().__getitem__(own)))
                self._shared = 0

    def append(self, entry: Any) -> None:
        _report([entry], self._on_log)
        super().append(entry)

    def extend(self, entries: Iterable[Any]) -> None:
        made = list(entries)
        _report(made, self._on_log)
        super().extend(made)

    def __iadd__(self, entries: Iterable[Any]) -> Any:  # type: ignore[misc]  # list's own stub differs too
        self.extend(entries)
        return self

    def insert(self, index: SupportsIndex, entry: Any) -> None:
        self.copy_shared()
        _report([entry], self._on_log)
        super().insert(index, entry)

    def __setitem__(self, index: Any, given: Any) -> None:
        self.copy_shared()
        if isinstance(index, slice):
            given = list(given)
        _report(_added(self, given) if isinstance(index, slice) else [given], self._on_log)
        super().__setitem__(index, given)

    def __reduce__(self) -> Any:
        return list, (list(self),)

    def __copy__(self) -> list[Any]:
        return list(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> list[Any]:
        made: list[Any] = copy_plain(list(self), memo)
        return made

    def __radd__(self, other: list[Any]) -> list[Any]:
        return [*other, *self]


def _copying_first(name: str) -> Callable[..., Any]:
    method = getattr(list, name)

    def call(self: _LogList, *args: Any, **kwargs: Any) -> Any:
        self.copy_shared()
        return method(self, *args, **kwargs)

    return call


# The methods that hand out entries, or move or remove them.
for _name in (
    *("__getitem__", "__iter__", "__reversed__", "__add__", "__mul__", "__rmul__", "__imul__"),
    *("__delitem__", "copy", "pop", "remove", "clear", "reverse", "sort"),
):
    setattr(_LogList, _name, _copying_first(_name))


def _report(entries: Iterable[Any], on_log: OnLog) -> None:
    for entry in entries:
        if isinstance(entry, Mapping):
            on_log(entry)


def _added(known: list[Any], given: list[Any]) -> list[Any]:
    """Return the entries of ``given`` that are not in ``known``, as the same object or an equal one."""
    by_id = {id(entry) for entry in list.__iter__(known)}
    others = [entry for entry in given if id(entry) not in by_id]
    if not others:
        return []
    kept = {id(entry) for entry in given}
    unmatched = Counter(repr(entry) for entry in list.__iter__(known) if id(entry) not in kept)
    new = []
    for entry in others:
        text = repr(entry)
        if unmatched[text]:
            unmatched[text] -= 1
        else:
            new.append(entry)
    return new
