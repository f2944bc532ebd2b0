"""A scanner's copy of the state: a dict in every way, deep, and a log that reports what is added to it."""

from __future__ import annotations

import copy
import json
import pickle
import threading
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.execution.helpers import PATIENCE, in_background
from tradingagents.discovery.execution.isolation import IsolatedState, isolate

KEYS = "abcd"
values = st.recursive(
    st.integers(0, 3) | st.sampled_from(["x", "y"]) | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("pq"), inner, max_size=2),
    max_leaves=6,
)
states = st.dictionaries(st.sampled_from(KEYS), values, max_size=4).map(lambda s: {**s, "tool_logs": []})


def state_of() -> dict[str, Any]:
    return {
        "date": "2026-02-05",
        "tickers": ["ABC", ["DEF"]],
        "meta": {"a": {"b": [1]}},
        "count": 3,
        "tool_logs": [{"tool": "old", "rows": [1]}],
    }


def isolated(source: dict[str, Any]) -> IsolatedState:
    return isolate(source, lambda entry: None)


def test_a_list_assigned_as_the_log_is_copied() -> None:
    """The one difference to a dict: what its owner appends later is not in the state."""
    entries: list[dict[str, Any]] = []
    own = isolate({}, entries.append)
    logs: list[dict[str, Any]] = [{"tool": "first"}]
    own["tool_logs"] = logs
    logs.append({"tool": "lost"})
    own["tool_logs"].append({"tool": "kept"})
    assert [entry["tool"] for entry in entries] == ["first", "kept"]


# -- as a dict --------------------------------------------------------------------------------------

Operation = Callable[[dict[str, Any]], Any]


def _mutate(state: dict[str, Any], key: str, value: Any) -> None:
    held = state.get(key)
    if isinstance(held, list):
        held.append(value)
    elif isinstance(held, dict):
        held["new"] = value


def _replace_all(state: dict[str, Any], value: Any) -> None:
    for key in state:
        state[key] = copy.deepcopy(
            value
        )  # see test_a_list_assigned_as_the_log_is_copied for one of two names


OPERATIONS: dict[str, Callable[[dict[str, Any], str, Any], Any]] = {
    "get": lambda s, k, v: s.get(k),
    "get default": lambda s, k, v: s.get(k, v),
    "item": lambda s, k, v: s[k],
    "in": lambda s, k, v: k in s,
    "len": lambda s, k, v: len(s),
    "bool": lambda s, k, v: bool(s),
    "list": lambda s, k, v: list(s),
    "sorted": lambda s, k, v: sorted(s),
    "set": lambda s, k, v: set(s),
    "reversed": lambda s, k, v: list(reversed(s)),
    "keys": lambda s, k, v: list(s.keys()),
    "keys view": lambda s, k, v: s.keys() & {k, "z"},
    "values": lambda s, k, v: list(s.values()),
    "items": lambda s, k, v: list(s.items()),
    "set item": lambda s, k, v: s.__setitem__(k, v),
    "del": lambda s, k, v: s.__delitem__(k),
    "pop": lambda s, k, v: s.pop(k),
    "pop default": lambda s, k, v: s.pop(k, v),
    "popitem": lambda s, k, v: s.popitem(),
    "setdefault": lambda s, k, v: s.setdefault(k, v),
    "update dict": lambda s, k, v: s.update({k: v}),
    "update pairs": lambda s, k, v: s.update([(k, v)], e=v),
    "update nothing": lambda s, k, v: s.update(),
    "clear": lambda s, k, v: s.clear(),
    "copy": lambda s, k, v: s.copy(),
    "or": lambda s, k, v: s | {k: v},
    "reflected or": lambda s, k, v: {k: v, "z": 1} | s,
    "in-place or": lambda s, k, v: s.__ior__({k: v}) and None,
    "equal": lambda s, k, v: s == {k: v},
    "equal to itself": lambda s, k, v: s == copy.copy(s),
    "unequal": lambda s, k, v: s != {k: v},
    "unequal to itself": lambda s, k, v: s != copy.copy(s),
    "reflected unequal": lambda s, k, v: copy.copy(s) != s,
    "json": lambda s, k, v: json.dumps(s),
    "json pretty": lambda s, k, v: json.dumps(s, indent=1, sort_keys=True),
    "star": lambda s, k, v: {**s},
    "keywords": lambda s, k, v: (lambda **given: given)(**s),
    "dict": lambda s, k, v: dict(s),
    "copy.copy": lambda s, k, v: copy.copy(s),
    "deepcopy": lambda s, k, v: copy.deepcopy(s),
    "pickle": lambda s, k, v: pickle.loads(pickle.dumps(s)),
    "repr": lambda s, k, v: repr(s),
    "format": lambda s, k, v: "{a}".format_map(s),
    "percent": lambda s, k, v: "%(a)s" % s,
    "unhashable": lambda s, k, v: s[[]],  # type: ignore[index]
    "hash": lambda s, k, v: hash(s),
    "change inside": _mutate,
    "replace all": lambda s, k, v: _replace_all(s, v),
    "match": lambda s, k, v: (lambda: _matched(s))(),
}


def _matched(state: dict[str, Any]) -> Any:
    match state:
        case {"a": found, **others}:
            return found, others
        case _:
            return "no a"


def outcome_of(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except (KeyError, TypeError) as error:
        return type(error)


@settings(max_examples=150, deadline=None)
@given(
    states,
    st.lists(
        st.tuples(st.sampled_from(sorted(OPERATIONS)), st.sampled_from(KEYS), values), min_size=1, max_size=8
    ),
)
def test_it_answers_as_a_deep_copy_would(source: dict[str, Any], operations: Any) -> None:
    """Whatever is done to it, in whatever order: same answers, same errors, same order, same end."""
    before = copy.deepcopy(source)
    ours, plain = isolated(source), copy.deepcopy(source)
    for name, key, value in operations:
        done = OPERATIONS[name]
        got = outcome_of(lambda: done(ours, key, copy.deepcopy(value)))
        wanted = outcome_of(lambda: done(plain, key, copy.deepcopy(value)))
        assert got == wanted, name
        if not isinstance(got, set):  # two equal sets may print in different orders
            assert repr(got) == repr(wanted), name
    assert list(ours.items()) == list(plain.items())
    assert source == before


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_each_operation_alone_answers_as_a_deep_copy_would(name: str) -> None:
    """On a state of which nothing was read before, with mutable and immutable values."""
    done = OPERATIONS[name]
    for values in ({"a": [1, {"p": [2]}], "b": "x"}, {"a": [1], "b": {"p": 1}}, {}):
        source: dict[str, Any] = {**values, "tool_logs": [{"n": 1}]}
        ours, plain = isolated(source), copy.deepcopy(source)
        assert outcome_of(lambda: done(ours, "a", 5)) == outcome_of(lambda: done(plain, "a", 5))
        assert list(ours.items()) == list(plain.items())


def test_it_is_a_dict() -> None:
    state = isolated(state_of())
    assert isinstance(state, dict)
    assert isinstance(state, IsolatedState)


@pytest.mark.parametrize(
    "made", [dict, copy.copy, copy.deepcopy, lambda s: pickle.loads(pickle.dumps(s)), lambda s: {**s}]
)
def test_a_copy_of_it_is_a_plain_dict(made: Any) -> None:
    plain = made(isolated(state_of()))
    assert type(plain) is dict
    assert plain == state_of()


def test_a_state_without_a_log_has_an_empty_one() -> None:
    assert isolated({"date": "x"}) == {"date": "x", "tool_logs": []}


def test_a_deep_copy_of_it_keeps_what_is_shared_inside() -> None:
    shared = ["x"]
    made = copy.deepcopy(isolated({"a": shared, "b": shared}))
    assert made["a"] is made["b"]


# -- deep -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s["tickers"].append("X"),
        lambda s: s["tickers"][1].append("X"),
        lambda s: s["meta"]["a"]["b"].append(2),
        lambda s: s.get("meta").clear(),
        lambda s: s.pop("meta")["a"].clear(),
        lambda s: s.popitem(),
        lambda s: s.setdefault("tickers", []).append(1),
        lambda s: [value.clear() for value in s.values() if isinstance(value, list | dict)],
        lambda s: [value.clear() for _, value in s.items() if isinstance(value, list | dict)],
        lambda s: dict(s)["tickers"].clear(),
        lambda s: s.copy()["tickers"].clear(),
        lambda s: (s | {})["tickers"].clear(),
        lambda s: s.clear(),
        lambda s: s.__delitem__("meta"),
        lambda s: s["tool_logs"][0]["rows"].append(2),
        lambda s: [entry["rows"].append(2) for entry in s["tool_logs"]],
        lambda s: [entry["rows"].append(2) for entry in reversed(s["tool_logs"])],
        lambda s: [entry["rows"].append(2) for entry in s["tool_logs"] + [{"rows": []}]],
        lambda s: [entry["rows"].append(2) for entry in [{"rows": []}] + s["tool_logs"]],
        lambda s: (s["tool_logs"] * 2)[0]["rows"].append(2),
        lambda s: s["tool_logs"].copy()[0]["rows"].append(2),
        lambda s: s["tool_logs"].pop()["rows"].append(2),
        lambda s: s.pop("tool_logs")[0]["rows"].append(2),
        lambda s: s["tool_logs"][:][0]["rows"].append(2),
        lambda s: sorted(s["tool_logs"], key=str).pop()["rows"].append(2),
        lambda s: [*s["tool_logs"]][-1]["rows"].append(2),
        lambda s: next(iter(s.items()), None) and dict(s)["tool_logs"][0]["rows"].append(2),
        lambda s: copy.copy(s["tool_logs"])[0]["rows"].append(2),
        lambda s: s["tool_logs"].sort(key=lambda entry: entry["rows"].append(2) or 0),
        lambda s: (s["tool_logs"].append({"tool": "new"}), s["tool_logs"][0]["rows"].append(2)),
        lambda s: (s["tool_logs"].insert(0, {"tool": "new"}), s["tool_logs"][1]["rows"].append(2)),
        lambda s: s["tool_logs"].clear(),
        lambda s: s["tool_logs"].__delitem__(0),
    ],
)
def test_no_change_reaches_the_source(change: Any) -> None:
    source = state_of()
    change(isolated(source))
    assert source == state_of()


def test_what_was_shared_or_cyclic_in_the_source_stays_so_across_values() -> None:
    shared: list[Any] = ["x"]
    loop: dict[str, Any] = {}
    loop["self"] = loop
    state = isolated({"a": shared, "b": [shared], "c": loop})
    assert state["b"][0] is state["a"]
    assert state["c"]["self"] is state["c"]
    assert state["a"] is not shared


def test_a_value_that_cannot_be_copied_is_left_out() -> None:
    state = isolated({"lock": threading.Lock(), "tickers": ["ABC"]})
    assert state == {"tickers": ["ABC"], "tool_logs": []}


def test_log_entries_that_are_not_read_are_not_copied() -> None:
    """Copying 5,000 entries takes 10 ms for each scanner; most scanners only append."""
    spy = Spy()
    state = isolated({"date": "x", "tool_logs": [spy, {"deep": spy}]})
    state["tool_logs"].append({"tool": "new"})
    state["tool_logs"] += [{"tool": "newer"}]
    assert (len(state["tool_logs"]), bool(state["tool_logs"]), spy.copies) == (4, True, 0)
    assert state["tool_logs"][0] == state["tool_logs"][1]["deep"] == "copy"
    assert spy.copies == 1


class Spy:
    """Counts how often it is copied, and can be made to wait inside."""

    def __init__(self) -> None:
        self.copies = 0
        self.inside, self.proceed = threading.Event(), threading.Event()
        self.proceed.set()

    def __deepcopy__(self, memo: Any) -> str:
        self.copies += 1
        self.inside.set()
        self.proceed.wait(PATIENCE)
        return "copy"


def test_two_threads_may_read_the_log_for_the_first_time() -> None:
    """The threads of ``self.map`` read the state together, which a dict allows."""
    spy = Spy()
    spy.proceed.clear()
    state = isolated({"tool_logs": [[spy]]})
    first = in_background(lambda: state["tool_logs"][0])
    assert spy.inside.wait(PATIENCE)
    second = in_background(lambda: state["tool_logs"][0])
    threading.Event().wait(0.02)  # one that does not wait for the copy has failed by now
    spy.proceed.set()
    assert first.result(PATIENCE) is second.result(PATIENCE)
    assert spy.copies == 1


# -- the tool log -----------------------------------------------------------------------------------


def _assign(state: Any, entries: list[Any]) -> None:
    state["tool_logs"] = entries


def _slice(state: Any, entries: list[Any]) -> None:
    state["tool_logs"][1:1] = entries


ADDING: dict[str, Callable[[Any, list[Any]], Any]] = {
    "append": lambda s, e: [s["tool_logs"].append(entry) for entry in e],
    "extend": lambda s, e: s["tool_logs"].extend(e),
    "extend with a generator": lambda s, e: s["tool_logs"].extend(entry for entry in e),
    "insert": lambda s, e: [s["tool_logs"].insert(0, entry) for entry in e],
    "+=": lambda s, e: s.__setitem__("tool_logs", s["tool_logs"].__iadd__(e)),
    "sum assigned": lambda s, e: _assign(s, s["tool_logs"] + e),
    "list assigned": lambda s, e: _assign(s, [*s["tool_logs"], *e]),
    "list of copies assigned": lambda s, e: _assign(s, [*map(dict, s["tool_logs"]), *e]),
    "deep copy assigned": lambda s, e: _assign(s, copy.deepcopy(s["tool_logs"]) + e),
    "update": lambda s, e: s.update(tool_logs=[*s["tool_logs"], *e]),
    "in-place or": lambda s, e: s.__ior__({"tool_logs": [*s["tool_logs"], *e]}),
    "setdefault": lambda s, e: s.setdefault("tool_logs", []).extend(e),
    "popped and put back": lambda s, e: _assign(s, [*s.pop("tool_logs"), *e]),
    "by way of items": lambda s, e: dict(s.items())["tool_logs"].extend(e),
    "by way of a copy": lambda s, e: dict(s)["tool_logs"].extend(e),
    "slice": _slice,
    "assigned unread": _assign,
}


@pytest.mark.parametrize("way", sorted(ADDING))
@pytest.mark.parametrize("present", [True, False])
def test_an_added_entry_is_reported_once_however_it_is_added(way: str, present: bool) -> None:
    old, new = [{"tool": "old"}], [{"tool": "new"}, {"tool": "newer"}]
    source: dict[str, Any] = {"date": "x", "tool_logs": copy.deepcopy(old)} if present else {"date": "x"}
    reported: list[Any] = []
    state = isolate(source, lambda entry: reported.append(dict(entry)))
    ADDING[way](state, new)
    assert reported == new
    assert source.get("tool_logs", old) == old


@pytest.mark.parametrize("way", sorted(ADDING))
@pytest.mark.parametrize("first", ["append", "+=", "sum assigned", "slice", "popped and put back"])
@pytest.mark.parametrize("old", [[], [{"tool": "old"}]])
def test_two_additions_are_reported_once_each_whatever_the_two_ways(
    first: str, way: str, old: list[Any]
) -> None:
    if way == "assigned unread":  # drops what is there: not an addition
        return
    reported: list[Any] = []
    state = isolate({"tool_logs": old}, lambda entry: reported.append(dict(entry)))
    ADDING[first](state, [{"tool": "first"}])
    ADDING[way](state, [{"tool": "second"}])
    assert reported == [{"tool": "first"}, {"tool": "second"}]
    assert len(state["tool_logs"]) == len(old) + 2


def test_an_entry_is_reported_as_it_is_at_that_moment_and_twice_when_added_twice() -> None:
    reported: list[Any] = []
    state = isolate({"tool_logs": []}, lambda entry: reported.append(dict(entry)))
    entry = {"n": 1}
    state["tool_logs"].append(entry)
    entry["n"] = 2
    state["tool_logs"].append(entry)
    assert reported == [{"n": 1}, {"n": 2}]
    assert state["tool_logs"] == [{"n": 2}, {"n": 2}]


def test_what_is_not_a_mapping_is_kept_and_not_reported() -> None:
    reported: list[Any] = []
    state = isolate({"tool_logs": []}, reported.append)
    state["tool_logs"] += ["text", None]
    assert state["tool_logs"] == ["text", None]
    assert reported == []


def test_the_log_is_a_list_in_other_ways_too() -> None:
    state = isolate({"tool_logs": [{"n": 2}, {"n": 1}]}, lambda entry: None)
    logs = state["tool_logs"]
    logs.sort(key=lambda entry: entry["n"])
    assert logs == [{"n": 1}, {"n": 2}]
    assert isinstance(logs, list)
    assert json.dumps(logs) == '[{"n": 1}, {"n": 2}]'
    for made in (copy.deepcopy(logs), copy.copy(logs), pickle.loads(pickle.dumps(logs)), logs[:]):
        assert type(made) is list
        assert made == logs


def test_a_long_log_can_be_replaced_without_comparing_everything_with_everything() -> None:
    """Five thousand entries are stated apart from five thousand in a step each."""
    reported: list[Any] = []
    state = isolate({"tool_logs": [{"n": n} for n in range(5_000)]}, reported.append)
    replaced = in_background(lambda: _assign(state, [*state["tool_logs"], {"n": -1}]))
    replaced.result(2.0)
    assert reported == [{"n": -1}]
