"""A filter or ranker of the user's own: what it may answer, and what its failure costs."""

from __future__ import annotations

import contextvars
import copy
import itertools
import math
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.execution.helpers import run_script
from tests.fake_clock import FakeClock
from tradingagents.discovery.execution.pool import ABANDONED
from tradingagents.discovery.graph.discovery_graph import DiscoveryGraph
from tradingagents.discovery.model.clock import current_deadline
from tradingagents.discovery.model.redact import register_secret
from tradingagents.discovery.stages.custom import StageFailed, consult, name_of

PATIENCE = 10.0
FOUND = [
    {"ticker": "AAA", "context": "up", "evidence": [{"id": "1"}]},
    {"ticker": "BRK.B", "context": "down", "evidence": []},
    {"ticker": "CCC", "context": "flat", "evidence": []},
]


def ask(stage: Callable[..., Any], seconds: float = PATIENCE, **more: Any) -> Any:
    return consult(stage, FOUND, "2026-02-05", seconds, **more)


def tickers(answer: Any) -> list[str]:
    return [candidate["ticker"] for candidate in answer.candidates]


def test_it_is_given_plain_dicts_and_the_trade_date() -> None:
    seen: list[Any] = []
    ask(lambda candidates, day: seen.append((candidates, day)) or candidates)
    assert seen == [(FOUND, "2026-02-05")]


def test_it_may_leave_out_and_reorder_by_ticker_or_by_candidate() -> None:
    assert tickers(ask(lambda candidates, day: ["CCC", {"ticker": "aaa"}])) == ["CCC", "AAA"]
    assert tickers(ask(lambda candidates, day: (c for c in reversed(candidates)))) == ["CCC", "BRK.B", "AAA"]
    assert tickers(ask(lambda candidates, day: ["brk-b"])) == ["BRK.B"]
    assert tickers(ask(lambda candidates, day: [])) == []


def test_it_may_add_keys_and_change_none() -> None:
    answer = ask(lambda candidates, day: [{**candidates[0], "context": "to the moon", "why": ["mine"]}])
    assert answer.candidates == [{**FOUND[0], "why": ["mine"]}]


def test_changes_to_its_copies_have_no_effect() -> None:
    before = copy.deepcopy(FOUND)

    def spoil(candidates: list[Any], day: str) -> list[Any]:
        candidates[0]["evidence"][0]["id"] = "forged"
        return [candidates.pop(0)]

    assert ask(spoil).candidates == before[:1]
    assert before == FOUND


def test_a_ticker_that_was_not_found_is_refused_with_its_reason() -> None:
    answer = ask(
        lambda candidates, day: [
            "AAA",
            "ZZZ",
            {"ticker": "AAA"},
            {"name": "CCC"},
            5,
            {"ticker": "CCC", "x": math.nan},
        ]
    )
    assert tickers(answer) == ["AAA"]
    assert [(one["ticker"], one["reason"]) for one in answer.refused] == [
        ("ZZZ", "ticker: not among the given candidates"),
        ("AAA", "ticker: named twice"),
        ("NoneType", "ticker: NoneType instead of text"),
        ("int", "ticker: int instead of text"),
        ("CCC", "candidate: nan is not a finite number"),
    ]


@pytest.mark.parametrize("answer", [None, "AAA", b"AAA", {"ticker": "AAA"}, 5], ids=repr)
def test_an_answer_that_is_no_list_of_candidates_is_a_failure(answer: Any) -> None:
    with pytest.raises(StageFailed, match=f"returned {type(answer).__name__} instead of an iterable"):
        ask(lambda candidates, day: answer)


def test_an_answer_of_unknown_tickers_only_is_a_failure_and_not_an_empty_market() -> None:
    with pytest.raises(StageFailed, match="nothing it returned is usable; first: ticker: not among"):
        ask(lambda candidates, day: ["XXX", "YYY"])


def test_an_answer_without_an_end_ends() -> None:
    answer = ask(lambda candidates, day: itertools.chain(["AAA"], itertools.repeat("ZZZ")))
    assert tickers(answer) == ["AAA"]
    assert len(answer.refused) == 2 * len(FOUND) + 99


@pytest.mark.parametrize("kind", [ValueError, SystemExit, KeyboardInterrupt, TimeoutError, RecursionError])
def test_whatever_it_raises_is_one_failure_that_names_it(kind: type[BaseException]) -> None:
    def fail(candidates: Any, day: str) -> Iterator[Any]:
        yield "AAA"
        raise kind("boom")

    with pytest.raises(StageFailed, match=f"{kind.__name__}: boom"):
        ask(fail)


def test_a_failure_shows_no_secret_and_has_an_end() -> None:
    register_secret("s3cr3t-of-the-ranker")

    def fail(candidates: Any, day: str) -> Any:
        raise ValueError("key s3cr3t-of-the-ranker\n" + "x" * 10_000)

    with pytest.raises(StageFailed) as caught:
        ask(fail)
    assert "s3cr3t" not in str(caught.value)
    assert len(str(caught.value)) < 500
    assert "\n" not in str(caught.value)


def test_the_hosts_own_signals_pass_through() -> None:
    class Signal(Exception):
        pass

    def interrupt(candidates: Any, day: str) -> Any:
        raise Signal

    with pytest.raises(Signal):
        ask(interrupt, let_through=(Signal,))


def test_a_late_stage_is_abandoned_cancelled_and_counted() -> None:
    """The run continues; the thread is a daemon and does not block the exit."""
    release, stated = threading.Event(), threading.Event()

    def hang(candidates: Any, day: str) -> Any:
        with current_deadline().on_cancel(stated.set):
            release.wait(PATIENCE)
        return candidates

    try:
        with pytest.raises(StageFailed, match=r"no answer within 0\.05 s"):
            ask(hang, seconds=0.05)
        assert stated.wait(PATIENCE)
        assert ABANDONED.count(("stage", "hang")) == 1
    finally:
        release.set()


def test_it_runs_under_a_deadline_in_a_copy_of_the_context() -> None:
    variable = contextvars.ContextVar("variable", default="unset")
    variable.set("outside")
    seen: list[Any] = []

    def look(candidates: Any, day: str) -> Any:
        seen.append((variable.get(), current_deadline().remaining() <= PATIENCE))
        variable.set("inside")
        return candidates

    ask(look)
    assert seen == [("outside", True)]
    assert variable.get() == "outside"


def test_a_stage_is_called_by_its_name() -> None:
    class Mine:
        name = "mine"

    class Other:
        pass

    def best(candidates: Any, day: str) -> Any:
        return candidates

    assert [name_of(Mine()), name_of(Other()), name_of(best)] == ["mine", "Other", "best"]


junk = st.recursive(
    st.none() | st.integers() | st.text(max_size=4) | st.floats() | st.binary(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["ticker", "x", "context"]), inner)
    ),
    max_leaves=4,
)
items = st.one_of(st.sampled_from(["AAA", "BRK-B", "CCC", "ZZZ"]), junk)


@given(st.lists(items, max_size=6))
@settings(max_examples=60, deadline=None)
def test_whatever_is_answered_only_known_candidates_come_out_each_once_and_unchanged(
    answer: list[Any],
) -> None:
    try:
        made = ask(lambda candidates, day: answer)
    except StageFailed:
        return
    named = tickers(made)
    assert len(named) == len(set(named))
    known = {c["ticker"]: c for c in FOUND}
    assert all(known[c["ticker"]].items() <= c.items() for c in made.candidates)
    assert len(made.candidates) + len(made.refused) == len(answer)


def test_a_ctrl_c_that_another_thread_receives_ends_the_wait_for_a_stage(tmp_path: Path) -> None:
    done = run_script(
        """
        import signal, threading, time
        from tradingagents.discovery.stages.custom import consult

        signal.signal(signal.SIGINT, signal.default_int_handler)

        def hung(candidates, trade_date):
            time.sleep(0.3)  # the caller is asleep by now
            signal.pthread_kill(threading.get_ident(), signal.SIGINT)
            threading.Event().wait()

        began = time.monotonic()
        try:
            consult(hung, [{"ticker": "ABC"}], "2026-02-05", 20.0)
        except KeyboardInterrupt:
            print("left", time.monotonic() - began < 10.0, flush=True)
        """,
        tmp_path,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("left True\n", "", 0)


class Evening(FakeClock):
    """21:00 in New York on 5 February, which is 6 February in UTC."""

    def now(self) -> datetime:
        return datetime(2026, 2, 6, 2, 0, tzinfo=UTC)


def test_without_a_trade_date_a_filter_and_a_ranker_are_given_today_in_new_york() -> None:
    dates: list[str] = []

    def keep(candidates: list[dict[str, Any]], trade_date: str) -> list[dict[str, Any]]:
        dates.append(trade_date)
        return candidates

    state: Any = {
        "candidate_metadata": [{"ticker": "AAA", "source": "s", "priority": "medium", "score": None}]
    }
    graph = DiscoveryGraph(filter=keep, ranker=keep, clock=Evening())
    graph.filter_node(state)
    graph.ranker_node(state)
    assert dates == ["2026-02-05", "2026-02-05"]
