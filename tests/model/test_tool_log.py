"""The tool log: what it keeps, how it cuts and numbers, and that a closed one stays as it is."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from tests.execution.helpers import in_background
from tests.fake_clock import FakeClock
from tests.stable_repr import stable_repr
from tradingagents.discovery.model.tool_log import ToolLog, clean_entry

LIMIT = 2_000


def test_an_entry_is_numbered_stamped_and_named(clock: FakeClock) -> None:
    log = ToolLog("run:scanner", "scanner", clock)
    log.add({"tool": "GET quote", "parameters": {"symbol": "ABC"}, "output": "1 price", "error": ""})
    clock.advance(1.5)
    log.add({"tool": "GET quote", "error": "HTTP 500"})
    first, second = log.close()
    assert first == {
        "tool": "GET quote",
        "parameters": {"symbol": "ABC"},
        "output": "1 price",
        "error": "",
        "scanner": "scanner",
        "node": "scanner",
        "timestamp": "2026-02-05T14:30:00+00:00",
        "id": "run:scanner:0",
    }
    assert (second["id"], second["timestamp"]) == ("run:scanner:1", "2026-02-05T14:30:01.500000+00:00")


def test_an_entry_of_any_shape_keeps_the_scanner_s_own_values(clock: FakeClock) -> None:
    log = ToolLog("run", "scanner", clock)
    log.add({"anything": [1, {"a": None}], "scanner": "a name of its own", "timestamp": "then", "id": 7})
    (entry,) = log.close()
    assert entry["anything"] == [1, {"a": None}]
    assert (entry["scanner"], entry["timestamp"]) == ("a name of its own", "then")
    assert (entry["id"], entry["scanner_entry_id"]) == ("run:0", 7)


def test_what_is_written_after_the_close_is_dropped() -> None:
    log = ToolLog("run", "scanner")
    log.add({"kept": True})
    at_close = log.close()
    log.add({"late": True})
    assert len(at_close) == len(log.close()) == 1


def test_what_close_gave_is_not_changed_by_later_writes_or_by_its_owner() -> None:
    log = ToolLog("run", "scanner")
    entry = {"list": [1]}
    log.add(entry)
    entry["list"].append(2)
    given = log.close()
    given.append({"x": 1})
    assert [e["list"] for e in log.close()] == [[1]]


def test_writers_in_many_threads_get_ids_of_their_own() -> None:
    log, start = ToolLog("run", "scanner"), threading.Barrier(4)

    def write(writer: int) -> None:
        start.wait(5.0)
        for number in range(100):
            log.add({"writer": writer, "number": number})

    for worker in [in_background(lambda i=i: write(i)) for i in range(4)]:
        worker.result(5.0)
    entries = log.close()
    assert [entry["id"] for entry in entries] == [f"run:{number}" for number in range(400)]
    for writer in range(4):
        own = [entry["number"] for entry in entries if entry["writer"] == writer]
        assert own == list(range(100))


@pytest.mark.parametrize("length", [0, 1, LIMIT - 1, LIMIT])
def test_a_text_within_the_limit_stays_whole(length: int) -> None:
    assert clean_entry({"output": "x" * length})["output"] == "x" * length


def test_a_longer_text_is_cut_with_the_number_of_characters_that_are_missing() -> None:
    made = clean_entry({"output": "x" * 5_000, "deep": [{"a": "y" * 2_001}]})
    assert made["output"] == "x" * LIMIT + "… [3000 characters more]"
    assert made["deep"][0]["a"] == "y" * LIMIT + "… [1 characters more]"
    assert clean_entry(made) == made, "an entry from a scanner's own process is cleaned on both sides"


def test_a_secret_that_a_cut_would_split_is_redacted_before() -> None:
    made = clean_entry({"output": "x" * (LIMIT - 10) + "?apikey=Zk7QmX41vT9bWq&more"})
    assert "Zk7" not in made["output"]


def test_secrets_are_redacted_wherever_they_stand() -> None:
    class Request:
        def __repr__(self) -> str:
            return "<GET https://vendor.example/q?token=Zk7QmX41vT9bWq>"

    entry = {
        "tool": "GET",
        "parameters": {"apikey": "Zk7QmX41vT9bWq"},
        "output": [Request()],
        "raw": b"token=Zk7QmX41vT9bWq",
    }
    assert "Zk7QmX41vT9bWq" not in json.dumps(clean_entry(entry))


class NoRepr:
    """A value whose repr raises."""

    def __repr__(self) -> str:
        raise RuntimeError("no words")


def cyclic() -> dict[str, Any]:
    loop: dict[str, Any] = {"name": "loop"}
    loop["self"] = [loop]
    return loop


def deep(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


def deep_dict(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {"price": float("nan")}
    for _ in range(levels):
        value = {"a": value}
    return value


@pytest.mark.parametrize(
    "odd",
    [
        object(),
        b"bytes",
        float("nan"),
        float("inf"),
        {"1"},
        {object()},
        {("a", 1): object()},
        (object(),),
        ValueError("no"),
    ],
    ids=stable_repr,
)
def test_what_is_not_plain_is_kept_as_words_beside_what_is(odd: Any) -> None:
    made = clean_entry({"odd": odd, "plain": [1, "two"]})
    assert made["plain"] == [1, "two"]
    assert "odd" in made
    json.dumps(made, allow_nan=False)


@pytest.mark.parametrize(
    "odd",
    [NoRepr(), cyclic(), deep(50_000), deep_dict(400)],
    ids=["no repr", "cyclic", "too deep to print", "deep"],
)
def test_no_entry_is_so_odd_that_logging_it_fails(odd: Any) -> None:
    """An entry a scanner appends to its log must not be what ends the scanner."""
    log = ToolLog("run", "scanner")
    log.add({"odd": odd, "plain": 1})
    log.add(cyclic())
    first, second = log.close()
    assert first["plain"] == 1
    assert second["name"] == "loop"
    json.dumps([first, second])


def test_arrays_are_kept_as_words() -> None:
    numpy = pytest.importorskip("numpy")
    made = clean_entry({"prices": numpy.array([1.5, 2.5])})
    assert "1.5" in str(made["prices"])
    json.dumps(made)
