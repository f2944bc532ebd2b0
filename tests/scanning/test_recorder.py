"""What a scanner reports becomes plain where it is recorded, whatever it hands over."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from langgraph.checkpoint.memory import InMemorySaver

from tradingagents.discovery import BaseScanner, DiscoveryGraph, ScannerRegistry
from tradingagents.discovery.model.tool_log import ToolLog
from tradingagents.discovery.scanning.recorder import LocalRecorder


def report_of(say: Any, isolation: str = "thread") -> dict[str, Any]:
    class Odd(BaseScanner):
        name, pipeline = "odd", "edge"

        def scan(self, state: Any) -> Any:
            say(self)
            return [{"ticker": "ABC"}]

    own = {"scanners": {"odd": {"isolation": isolation}}}
    graph = DiscoveryGraph({"discovery": own}, ScannerRegistry([Odd]), checkpointer=InMemorySaver())
    final = graph.run("2026-02-05", {"configurable": {"thread_id": "t"}})
    assert json.loads(json.dumps(final, allow_nan=False)) == final
    (outcome,) = final["scan_report"]["outcomes"]
    return dict(outcome)


@pytest.mark.parametrize(
    ("number", "kept"),
    [
        (np.int64(3), 3),
        (np.float32(3.0), 3),
        (Decimal(3), 3),
        (True, 1),
        (3.9, 3),
        ("3", 3),
        (float("nan"), 0),
        (float("inf"), 0),
        (Decimal("NaN"), 0),
        ((3,), 0),
        (2**200, 2**53),
        (None, 0),
    ],
)
def test_a_count_of_any_type_is_a_whole_number(number: Any, kept: int) -> None:
    outcome = report_of(lambda self: self.count("seen", number))
    assert outcome["funnel"]["seen"] == kept
    outcome = report_of(lambda self: self.record_coverage(asked=number, answered=number, of=9))
    assert outcome["coverage"] in ({"asked": kept, "answered": kept, "of": 9}, None)


@pytest.mark.parametrize(
    "message", [ValueError("no bars"), b"no bars", {"why": "no bars"}, None, 5, "x" * 100_000]
)
@pytest.mark.parametrize("reason", ["no_data", "made up", None])
def test_a_message_of_any_type_is_text_of_a_bounded_length(message: Any, reason: Any) -> None:
    outcome = report_of(lambda self: self.degrade(reason, message))
    assert (outcome["status"], outcome["reason"]) == ("degraded", "no_data")
    assert isinstance(outcome["message"], str)
    assert len(outcome["message"]) < 2_100


@pytest.mark.parametrize("step", [5, None, ("a", "b"), ValueError("x"), "y" * 100_000])
def test_a_step_of_any_type_is_text(step: Any) -> None:
    outcome = report_of(lambda self: self.count(step, 2))
    assert 2 in outcome["funnel"].values()
    assert max(map(len, outcome["funnel"])) < 2_100


@pytest.mark.parametrize("candidate", [{"ticker": "ABC"}, None, "ABC"])
def test_a_candidate_that_was_not_validated_is_refused_and_not_lost(candidate: Any) -> None:
    recorder = LocalRecorder(ToolLog("test", "odd"), lambda candidate: None)
    with pytest.raises(TypeError, match="a candidate event"):
        recorder.emit(candidate)
