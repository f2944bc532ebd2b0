"""Plain data: what has a plain form, what is refused, and a deep copy that keeps the shape of things."""

from __future__ import annotations

import copy
import json
import math
from collections import OrderedDict, UserDict
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.stable_repr import stable_repr
from tradingagents.discovery.model.plain import copy_plain, to_plain


class Colour(Enum):
    RED = "red"


class Level(IntEnum):
    HIGH = 2


class Word(StrEnum):
    BUY = "buy"


class Text(str):
    """A str that is not exactly one, as clients' libraries return them."""

    __slots__ = ()


scalars = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)
plain_values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)
)


def containers(value: Any) -> Iterator[int]:
    """The ids of every list and dict inside ``value``."""
    if isinstance(value, list | dict):
        yield id(value)
        for item in value.values() if isinstance(value, dict) else value:
            yield from containers(item)


def is_plain(value: Any) -> bool:
    if type(value) is dict:
        return all(type(key) is str and is_plain(item) for key, item in value.items())
    if type(value) is list:
        return all(map(is_plain, value))
    return value is None or type(value) in (str, bool, int) or (type(value) is float and math.isfinite(value))


# -- to_plain ---------------------------------------------------------------------------------------


@given(plain_values)
def test_plain_data_stays_as_it_is_and_shares_nothing_mutable(value: Any) -> None:
    made = to_plain(value)
    assert made == value
    assert is_plain(made)
    assert json.loads(json.dumps(made)) == value
    assert not set(containers(made)) & set(containers(value))


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (Colour.RED, "red"),
        (Level.HIGH, 2),
        (Word.BUY, "buy"),
        (Text("abc"), "abc"),
        (True, True),
        (Decimal("1.50"), 1.5),
        (date(2026, 2, 5), "2026-02-05"),
        (datetime(2026, 2, 5, 14, 30, tzinfo=UTC), "2026-02-05T14:30:00+00:00"),
        (PurePosixPath("a/b"), "a/b"),
        ((1, (2, 3)), [1, [2, 3]]),
        (frozenset({3, 1, 2}), [1, 2, 3]),
        (range(3), [0, 1, 2]),
        (OrderedDict(b=1, a=2), {"b": 1, "a": 2}),
        (UserDict({"a": (1,)}), {"a": [1]}),
        (MappingProxyType({"a": 1}), {"a": 1}),
        ({1: "a", Word.BUY: "b", date(2026, 2, 5): "c"}, {"1": "a", "buy": "b", "2026-02-05": "c"}),
    ],
)
def test_what_has_a_plain_form_gets_it(value: Any, plain: Any) -> None:
    made = to_plain(value)
    assert made == plain
    assert is_plain(made)


@pytest.mark.parametrize(
    "value",
    [
        math.nan,
        math.inf,
        -math.inf,
        Decimal("NaN"),
        b"bytes",
        object(),
        lambda: None,
        {"a": [{"b": math.nan}]},
    ],
    ids=stable_repr,
)
def test_what_has_no_plain_form_is_a_type_error(value: Any) -> None:
    with pytest.raises(TypeError):
        to_plain(value)


def test_a_value_that_contains_itself_is_a_type_error() -> None:
    loop: dict[str, Any] = {}
    loop["again"] = [loop]
    with pytest.raises(TypeError):
        to_plain(loop)


def test_scalars_of_an_array_library_become_python_s_own() -> None:
    numpy = pytest.importorskip("numpy")
    cases = [
        (numpy.bool_(True), True),
        (numpy.int64(3), 3),
        (numpy.uint8(3), 3),
        (numpy.float32(1.5), 1.5),
        (numpy.float64(1.5), 1.5),
        (numpy.str_("abc"), "abc"),
        (numpy.datetime64("2026-02-05"), "2026-02-05"),
    ]
    for value, plain in cases:
        made = to_plain({"x": [value]})["x"][0]
        assert (made, type(made)) == (plain, type(plain)), repr(value)


def test_an_array_is_refused_as_everything_else_that_is_not_plain() -> None:
    numpy = pytest.importorskip("numpy")
    for value in (numpy.array([1, 2]), numpy.array([]), numpy.float64("nan")):
        with pytest.raises(TypeError):
            to_plain(value)


def test_an_instant_of_an_array_library_never_turns_into_a_bare_number() -> None:
    """numpy returns nanosecond instants as integers, which are not recognisable as dates."""
    numpy = pytest.importorskip("numpy")
    instant = numpy.datetime64("2026-02-05T14:30:00", "ns")
    try:
        made = to_plain(instant)
    except TypeError:
        return
    assert isinstance(made, str)
    assert made.startswith("2026-02-05")


def test_no_attribute_of_a_lazy_object_is_read() -> None:
    """praw's objects fetch over the network when they are asked for an attribute they do not have."""
    asked: list[str] = []

    class Lazy:
        def __getattr__(self, name: str) -> Any:
            asked.append(name)
            raise AttributeError(name)

    with pytest.raises(TypeError):
        to_plain(Lazy())
    assert asked == []


class InOrder(AbstractSet[Any]):
    """A set that iterates in the order it was given, as a hash seed would have it."""

    def __init__(self, items: Iterable[Any]) -> None:
        self._items = list(items)

    def __contains__(self, item: object) -> bool:
        return item in self._items

    def __iter__(self) -> Iterator[Any]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)


@given(st.permutations([1, "1", 2.5, None, "a", "B", True, ("a", 1), "None"]))
def test_a_set_comes_out_in_one_order_whatever_its_own(items: list[Any]) -> None:
    made = to_plain(InOrder(items))
    assert list(map(repr, made)) == list(
        map(repr, to_plain(InOrder([1, "1", 2.5, None, "a", "B", True, ("a", 1), "None"])))
    )


class Meddler(date):
    """A date that changes its own container while it is being read, as another thread would."""

    container: Any = None

    def isoformat(self) -> str:
        add = self.container.append if isinstance(self.container, list) else self._add
        for number in range(50):
            add(number)
        return super().isoformat()

    def _add(self, number: int) -> None:
        if isinstance(self.container, dict):
            self.container[str(number)] = number
        else:
            self.container.add(number)


@pytest.mark.parametrize("kind", [dict, list, set])
def test_a_container_may_grow_while_it_is_made_plain(kind: type[Any]) -> None:
    meddler = Meddler(2026, 2, 5)
    container: Any = {"a": meddler, "b": 1} if kind is dict else kind([meddler, "b"])
    meddler.container = container
    made = to_plain(container)
    assert len(made) == 2
    assert len(container) > 2


# -- copy_plain -------------------------------------------------------------------------------------


class Spoiler:
    """Changes the container it lies in while it is being copied."""

    def __init__(self, spoil: Any = None) -> None:
        self.spoil = spoil

    def __deepcopy__(self, memo: Any) -> str:
        self.spoil()
        return "copied"


def outline(value: Any, seen: dict[int, int] | None = None) -> Any:
    """The shape of a value, cycles and sharing included: each container by the order it is met in."""
    seen = {} if seen is None else seen
    if isinstance(value, list | dict):
        if id(value) in seen:
            return ("again", seen[id(value)])
        seen[id(value)] = len(seen)
    if isinstance(value, dict):
        return ("dict", [(key, outline(item, seen)) for key, item in value.items()])
    if isinstance(value, list | tuple):
        return (type(value).__name__, [outline(item, seen) for item in value])
    return value


def mutable_ids(value: Any, seen: set[int] | None = None) -> set[int]:
    seen = set() if seen is None else seen
    if isinstance(value, list | dict):
        if id(value) in seen:
            return seen
        seen.add(id(value))
    if isinstance(value, list | tuple | dict):
        for item in value.values() if isinstance(value, dict) else value:
            mutable_ids(item, seen)
    return seen


@st.composite
def tangles(draw: st.DrawFn) -> Any:
    """Lists and dicts that hold each other, themselves, and tuples of one another."""
    nodes: list[Any] = [[] if draw(st.booleans()) else {} for _ in range(draw(st.integers(1, 6)))]
    leaves = [1, "x", None, date(2026, 2, 5), Decimal(1), (1, 2)]
    for key in range(draw(st.integers(0, 15))):
        holder = draw(st.sampled_from(nodes))
        item = draw(st.sampled_from([*nodes, *leaves]))
        item = (item,) if draw(st.integers(0, 4)) == 0 else item
        if isinstance(holder, list):
            holder.append(item)
        else:
            holder[f"k{key}"] = item
    return nodes[0]


@given(tangles())
def test_a_copy_has_the_shape_that_deepcopy_gives_and_shares_nothing(value: Any) -> None:
    """Equal, with the same sharing and the same cycles, and not one mutable part in common."""
    before = outline(value)
    made = copy_plain(value)
    assert outline(made) == before == outline(copy.deepcopy(value))
    assert not mutable_ids(made) & mutable_ids(value)


def test_sharing_through_a_tuple_is_kept() -> None:
    shared: list[int] = []
    made = copy_plain({"a": shared, "b": (shared,)})
    assert made["a"] is made["b"][0]


def test_one_memo_keeps_sharing_across_calls_even_when_the_first_original_is_gone() -> None:
    shared = {"x": [1]}
    memo: dict[int, Any] = {}
    first = copy_plain([shared], memo)
    assert copy_plain({"y": shared}, memo)["y"] is first[0]
    for number in range(100):  # a dead original's id must not be taken by a new value
        assert copy_plain([[number]], memo) == [[number]]


@pytest.mark.parametrize("kind", ["dict", "list"])
def test_a_container_may_change_while_it_is_copied(kind: str) -> None:
    spoiler = Spoiler()
    container: Any = {"a": spoiler, "b": [1]} if kind == "dict" else [spoiler, [1]]
    spoiler.spoil = container.clear
    made = copy_plain(container)
    assert made == ({"a": "copied", "b": [1]} if kind == "dict" else ["copied", [1]])


def test_what_is_not_plain_is_deep_copied_by_its_own_rules() -> None:
    made_of = {"set": {1, 2}, "ordered": OrderedDict(a=[1]), "text": Text("t"), "frozen": frozenset({1})}
    made = copy_plain(made_of)
    assert made == made_of
    assert type(made["ordered"]) is OrderedDict
    assert made["set"] is not made_of["set"]
    assert made["ordered"]["a"] is not made_of["ordered"]["a"]
