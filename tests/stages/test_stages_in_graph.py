"""Filter and ranker as steps of a run: what they account for, and what they say aloud."""

from __future__ import annotations

import asyncio
import functools
import gc
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.types import Command, interrupt

from tests.bars.frames import bars, together
from tests.fake_clock import FakeClock
from tradingagents.discovery import BaseScanner, ConfigError, ScannerRegistry
from tradingagents.discovery.bars.store.store import OhlcvStore
from tradingagents.discovery.graph.discovery_graph import DiscoveryGraph
from tradingagents.discovery.sandbox import SandboxServer
from tradingagents.discovery.scanners.technical.catalogue import GapUp

DAY = "2026-02-05"
MARKS = {"new", "first_seen", "last_seen", "seen_by"}


def scanner(name: str, scan: Callable[..., Any], pipeline: str = "edge") -> type[BaseScanner]:
    return type(name.title(), (BaseScanner,), {"name": name, "pipeline": pipeline, "scan": scan})


def finding(*tickers: str, **more: Any) -> Callable[..., Any]:
    return lambda self, state: [{"ticker": ticker, **more} for ticker in tickers]


def graph_of(
    *scanners: type[BaseScanner],
    state_dir: Path | None = None,
    rules: dict[str, Any] | None = None,
    ranks: dict[str, Any] | None = None,
    **options: Any,
) -> DiscoveryGraph:
    """A graph of these scanners; ``rules`` are the filter's settings, ``ranks`` the ranker's."""
    discovery: dict[str, Any] = {"filter": rules or {}, "ranker": ranks or {}}
    if state_dir is not None:
        discovery["state_dir"] = str(state_dir)
    return DiscoveryGraph({"discovery": discovery}, ScannerRegistry(list(scanners)), **options)


def step(final: dict[str, Any], name: str) -> dict[str, Any]:
    [found] = [one for one in final["filter_report"]["steps"] if one["name"] == name]
    return found


# -- what is accounted for --------------------------------------------------------------------------


def test_what_a_limit_cut_is_named_and_not_new_when_it_is_let_through(tmp_path: Path) -> None:
    def marks(day: str, limit: int | None) -> dict[str, Any]:
        own = {"scanners": {"many": {"limit": limit}}, "state_dir": str(tmp_path)}
        final = DiscoveryGraph({"discovery": own}, ScannerRegistry([Many])).run(day)
        (outcome,) = final["scan_report"]["outcomes"]
        assert outcome["cut"] == (["BBB", "CCC"] if limit else [])
        return {one["ticker"]: one["new"] for one in final["final_ranking"]}

    class Many(BaseScanner):
        name, pipeline = "many", "edge"

        def scan(self, state: dict[str, Any]) -> Iterator[dict[str, Any]]:
            for score, ticker in enumerate(("CCC", "BBB", "AAA")):
                yield {"ticker": ticker, "score": score}

    assert marks("2026-02-04", 1) == {"AAA": None}
    assert marks("2026-02-05", None) == {"AAA": False, "BBB": False, "CCC": False}


def test_without_daily_bars_every_candidate_stays_and_the_report_has_a_note() -> None:
    final = graph_of(scanner("s", finding("AAA", "BBB"))).run(DAY)
    assert final["tickers"] == ["AAA", "BBB"]
    assert step(final, "liquidity")["note"] == "unknown for 2 of 2 (no daily bars)"
    assert final["filter_report"]["market"] == {"as_of": None, "known": 0, "of": 2, "note": "no daily bars"}
    assert final["warnings"] == []


def test_stored_bars_decide_and_their_figures_are_shown(tmp_path: Path) -> None:
    OhlcvStore(tmp_path / "ohlcv").upsert(
        together(
            [
                bars("BIG", [50.0] * 30, volumes=1e6),
                bars("THIN", [50.0] * 30, volumes=100.0),
                bars("MOVED", [50.0] * 28 + [80.0, 90.0], volumes=1e6),
            ]
        )
    )
    final = graph_of(scanner("s", finding("MOVED", "THIN", "BIG", "NOBARS")), state_dir=tmp_path).run(DAY)
    assert final["tickers"] == ["BIG", "NOBARS", "MOVED"]
    assert [(d["ticker"], d["step"]) for d in final["filter_report"]["dropped"]] == [("THIN", "liquidity")]
    assert step(final, "liquidity")["note"] == "unknown for 1 of 4 (no bar of 2026-02-05)"
    assert final["final_ranking"][2]["deprioritised"] == "moved +80.0 % in 5 sessions, more than 25 %"
    assert final["final_ranking"][0]["market"] == {
        "close_usd": 50.0,
        "median_dollar_volume_usd": 50e6,
        "change_5_sessions_percent": 0.0,
        "as_of": DAY,
        "market_cap_usd": None,
    }


def test_on_a_crash_day_no_candidate_is_dropped_and_the_order_stays(tmp_path: Path) -> None:
    """An absolute limit on the move once left 0 of 85 candidates, with the run called complete."""
    tickers = [f"T{i}X" for i in range(30)]
    crash = [bars(t, [50.0] * 29 + [30.0], volumes=1e6) for t in tickers]
    calm = graph_of(scanner("s", finding(*tickers))).run(DAY)
    OhlcvStore(tmp_path / "ohlcv").upsert(together(crash))
    final = graph_of(scanner("s", finding(*tickers)), state_dir=tmp_path).run(DAY)
    assert final["tickers"] == calm["tickers"] == tickers
    assert len(step(final, "recent move")["deprioritised"]) == 30


def test_a_filter_that_drops_everything_is_loud(caplog: pytest.LogCaptureFixture) -> None:
    rules = {"exclude_tickers": ["AAA"], "min_priority": "high"}
    final = graph_of(scanner("s", finding("AAA", "BBB")), rules=rules).run(DAY)
    report = final["filter_report"]
    assert (report["in"], report["out"], report["emptied"], report["emptied_by"]) == (
        2,
        0,
        True,
        "min_priority",
    )
    [message] = final["warnings"]
    assert message == "the filter dropped all 2 candidates; step 'min_priority' dropped the last"
    assert message in [record.message for record in caplog.records if record.levelno == logging.WARNING]
    assert final["ranker_report"]["emptied"] is False


def test_a_scan_that_found_nothing_is_not_a_filter_that_emptied_it() -> None:
    final = graph_of(scanner("s", finding())).run(DAY)
    assert (final["filter_report"]["emptied"], final["warnings"]) == (False, [])


def test_the_ranker_accounts_for_what_its_limit_cut() -> None:
    final = graph_of(scanner("s", finding("AAA", "BBB", "CCC")), ranks={"limit": 2}).run(DAY)
    assert final["ranker_report"] == {
        "in": 3,
        "out": 2,
        "by": "built-in",
        "limit": 2,
        "cut": ["CCC"],
        "left_out": [],
        "refused": [],
        "fallback": None,
        "emptied": False,
        "requests": {},
    }


def test_the_receipt_counts_what_went_into_every_step_and_came_out() -> None:
    """From what the scanners put forward to what the agents get, with no gap between two steps."""
    scanners = scanner("a", finding("AAA", "BBB", "CCC")), scanner("b", finding("BBB", "DDD"))
    discovery = graph_of(*scanners, rules={"exclude_tickers": ["AAA"]}, ranks={"limit": 2})
    final = discovery.run(DAY)
    [merge, filtered, ranked] = final["scan_report"]["stages"]
    assert merge == {"stage": "merge", "in": 5, "out": 4}
    assert {key: filtered[key] for key in ("stage", "by", "in", "out")} == {
        "stage": "filter",
        "by": "built-in",
        "in": 4,
        "out": 3,
    }
    assert filtered["steps"][0] == {"name": "exclude_tickers", "in": 4, "out": 3, "unknown": 0}
    assert [one["name"] for one in filtered["steps"]] == [
        one["name"] for one in final["filter_report"]["steps"]
    ]
    assert ranked == {"stage": "ranker", "by": "built-in", "in": 3, "out": 2}
    scan_only = discovery.scanner_node(DiscoveryGraph.initial_state(DAY))["scan_report"]
    assert scan_only["stages"] == [merge]
    assert final["scan_report"].keys() == scan_only.keys()


def test_the_counts_are_in_the_stream_and_in_the_checkpoint_and_start_anew_with_each_run() -> None:
    discovery = graph_of(scanner("s", finding("AAA", "BBB")), checkpointer=InMemorySaver())
    thread: Any = {"configurable": {"thread_id": "t"}}
    start = DiscoveryGraph.initial_state(DAY)
    updates = [*discovery.graph.stream(start, thread, stream_mode="updates")]
    stated = {name: made["scan_report"]["stages"] for one in updates for name, made in one.items()}
    assert {name: [one["stage"] for one in stages] for name, stages in stated.items()} == {
        "scanner": ["merge"],
        "filter": ["merge", "filter"],
        "ranker": ["merge", "filter", "ranker"],
    }
    assert updates[1]["filter"]["filter_report"]["in"] == updates[2]["ranker"]["ranker_report"]["in"] == 2
    kept = discovery.graph.get_state(thread).values
    assert kept["scan_report"]["stages"] == stated["ranker"]
    assert discovery.run(DAY, thread)["scan_report"]["stages"] == stated["ranker"]


def test_a_stage_on_its_own_makes_up_no_receipt() -> None:
    discovery = graph_of(scanner("s", finding()))
    state: Any = {"trade_date": DAY, "candidate_metadata": []}
    assert "scan_report" not in discovery.filter_node(state)
    assert "scan_report" not in discovery.ranker_node(state)


def test_confluence_and_percentile_are_shown_in_the_ranking() -> None:
    def scored(self: Any, state: Any) -> list[Any]:
        return [{"ticker": "AAA", "score": 1.0}, {"ticker": "BBB", "score": 2.0}]

    final = graph_of(scanner("a", scored), scanner("b", finding("AAA", score=5), "news")).run(DAY)
    shown = {c["ticker"]: (c["percentile"], c["confluence"]) for c in final["final_ranking"]}
    assert shown == {
        "BBB": (0.75, {"scanners": 1, "pipelines": 1}),
        "AAA": (0.25, {"scanners": 2, "pipelines": 2}),
    }


def test_the_final_state_is_plain_data(tmp_path: Path) -> None:
    final = graph_of(scanner("s", finding("AAA", score=1)), state_dir=tmp_path).run(DAY)
    assert json.loads(json.dumps(final)) == final
    serializer = JsonPlusSerializer()
    assert serializer.loads_typed(serializer.dumps_typed(final)) == final


def test_unreadable_bars_are_a_warning_and_drop_no_candidate(tmp_path: Path) -> None:
    (tmp_path / "ohlcv").mkdir()
    (tmp_path / "ohlcv" / "manifest.json").write_text("not one")
    final = graph_of(scanner("s", finding("AAA")), state_dir=tmp_path).run(DAY)
    assert final["tickers"] == ["AAA"]
    [message] = final["warnings"]
    assert message.startswith("daily bars: ohlcv: manifest.json cannot be read")


def test_the_day_of_an_invented_market_is_over_for_the_filter_as_for_the_scanners() -> None:
    """Its bars are whole, whatever time it is here; a live session that still lasts does not count."""
    morning = FakeClock()  # half past two in London, the session of that day lasts until nine
    with SandboxServer() as sandbox:
        config, day = sandbox.config(), str(sandbox.market.as_of)
        final = DiscoveryGraph(config, ScannerRegistry([GapUp]), clock=morning).run(day)
    assert final["scan_report"]["market"]["as_of"] == final["filter_report"]["market"]["as_of"] == day
    assert {c["market"]["as_of"] for c in final["final_ranking"]} == {day}


# -- what is new ------------------------------------------------------------------------------------


def test_the_next_days_run_marks_what_is_new_and_a_second_one_marks_the_same(tmp_path: Path) -> None:
    def run(day: str, *tickers: str) -> dict[str, Any]:
        final = graph_of(scanner("s", finding(*tickers)), state_dir=tmp_path).run(day)
        return {c["ticker"]: c["new"] for c in final["final_ranking"]}

    assert run("2026-02-04", "OLD") == {"OLD": None}
    assert run(DAY, "OLD", "NEW") == {"OLD": False, "NEW": True}
    assert run(DAY, "OLD", "NEW") == {"OLD": False, "NEW": True}


def test_marks_change_neither_what_is_found_nor_its_order(tmp_path: Path) -> None:
    def bare(final: dict[str, Any]) -> list[Any]:
        return [{k: v for k, v in c.items() if k not in MARKS} for c in final["final_ranking"]]

    discovery = graph_of(scanner("s", finding("OLD", "NEW")), state_dir=tmp_path)
    start = DiscoveryGraph.initial_state(DAY)
    before = discovery.run(DAY)
    scanned = discovery.scanner_node(start)["candidate_metadata"]
    graph_of(scanner("s", finding("OLD")), state_dir=tmp_path).run("2026-02-04")
    after = discovery.run(DAY)
    assert bare(before) == bare(after)
    assert [c["new"] for c in before["final_ranking"]] == [None, None]
    assert [c["new"] for c in after["final_ranking"]] == [False, True]
    assert discovery.scanner_node(start)["candidate_metadata"] == scanned
    assert not MARKS & set(scanned[0])


def test_what_was_found_in_synthetic_data_is_kept_apart(tmp_path: Path) -> None:
    finds = scanner("s", finding("AAA"))
    with SandboxServer() as sandbox:
        config = sandbox.config()
    config["discovery"]["state_dir"] = str(tmp_path)
    DiscoveryGraph(config, ScannerRegistry([finds])).run("2026-02-04")
    final = graph_of(finds, state_dir=tmp_path).run(DAY)
    assert final["final_ranking"][0]["new"] is None
    assert {file.name for file in tmp_path.glob("sightings*.sqlite")} == {
        "sightings.sqlite",
        "sightings@sandbox.sqlite",
    }


def test_a_history_file_that_cannot_be_used_is_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "sightings.sqlite").mkdir()
    final = graph_of(scanner("s", finding("AAA")), state_dir=tmp_path).run(DAY)
    assert final["tickers"] == ["AAA"]
    [message] = [text for text in final["warnings"] if "what earlier runs found is not known" in text]
    assert message in caplog.text


# -- a filter or ranker of the user's own -----------------------------------------------------------


def only_bbb(candidates: list[dict[str, Any]], trade_date: str) -> list[Any]:
    return [c for c in candidates if c["ticker"] == "BBB"]


def broken(candidates: list[dict[str, Any]], trade_date: str) -> list[Any]:
    raise LookupError("no such column")


def nobody(candidates: list[dict[str, Any]], trade_date: str) -> list[Any]:
    return []


def test_a_filter_of_ones_own_takes_the_place_of_the_rules() -> None:
    rules = {"exclude_tickers": ["BBB"]}
    final = graph_of(scanner("s", finding("AAA", "BBB")), rules=rules, filter=only_bbb).run(DAY)
    assert final["tickers"] == ["BBB"]
    assert final["filter_report"]["by"] == "only_bbb"
    assert final["filter_report"]["dropped"] == [
        {"ticker": "AAA", "reason": "not returned by filter only_bbb", "step": "only_bbb"}
    ]


def test_when_a_filter_fails_the_built_in_rules_decide_with_a_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    rules = {"exclude_tickers": ["BBB"]}
    final = graph_of(scanner("s", finding("AAA", "BBB")), rules=rules, filter=broken).run(DAY)
    assert final["tickers"] == ["AAA"]
    [message] = final["warnings"]
    assert (
        message == "filter broken failed, the built-in rules were used instead: LookupError: no such column"
    )
    assert final["filter_report"]["fallback"] == message
    assert message in caplog.text


def test_a_filter_or_ranker_of_ones_own_that_leaves_nothing_is_loud() -> None:
    filtered = graph_of(scanner("s", finding("AAA")), filter=nobody).run(DAY)
    assert (filtered["filter_report"]["emptied_by"], len(filtered["warnings"])) == ("nobody", 1)
    ranked = graph_of(scanner("s", finding("AAA")), ranker=nobody).run(DAY)
    assert ranked["ranker_report"]["emptied"] is True
    assert ranked["warnings"] == ["the ranker nobody left out all 1 candidates"]


def test_a_custom_ranker_receives_all_in_order_and_unknown_tickers_are_refused() -> None:
    seen: list[Any] = []

    def backwards(candidates: list[dict[str, Any]], trade_date: str) -> list[Any]:
        seen.extend((c["ticker"], c["rank"]) for c in candidates)
        return ["ZZZ", *[c["ticker"] for c in reversed(candidates)][:2]]

    found = scanner("s", finding("AAA", "BBB", "CCC"))
    final = graph_of(found, ranks={"limit": 1}, ranker=backwards).run(DAY)
    assert seen == [("AAA", 1), ("BBB", 2), ("CCC", 3)]
    report = final["ranker_report"]
    assert (final["tickers"], report["cut"], report["left_out"]) == (["CCC"], ["BBB"], ["AAA"])
    assert report["refused"][0]["ticker"] == "ZZZ"
    assert final["warnings"] == ["ranker backwards: 1 refused"]


def test_a_ranker_of_ones_own_wins_over_the_settings_model() -> None:
    settings = {"model": "openai:never-asked"}
    final = graph_of(scanner("s", finding("AAA")), ranks=settings, ranker=lambda c, day: c).run(DAY)
    assert final["ranker_report"]["by"] == "<lambda>"


def test_one_that_only_permutes_must_return_all_it_was_given() -> None:
    class Shuffler:
        name, permutes = "shuffler", True

        def __init__(self, answer: list[str]) -> None:
            self.answer = answer

        def __call__(self, candidates: list[dict[str, Any]], trade_date: str) -> list[str]:
            return self.answer

    found = scanner("s", finding("AAA", "BBB", "CCC"))
    for answer, by in (
        (["BBB", "AAA"], "shuffler"),
        (["BBB"], "built-in"),
        (["BBB", "AAA", "CCC"], "built-in"),
    ):
        final = graph_of(found, ranks={"limit": 2}, ranker=Shuffler(answer)).run(DAY)
        assert final["ranker_report"]["by"] == by, answer
        assert sorted(final["tickers"]) == ["AAA", "BBB"]


@pytest.mark.parametrize("name", ["filter", "ranker"])
def test_what_cannot_be_called_is_refused_when_the_graph_is_built(name: str) -> None:
    with pytest.raises(ConfigError, match=f"{name}: list cannot be called"):
        graph_of(scanner("s", finding()), **{name: ["AAA"]})


async def later(candidates: list[dict[str, Any]], trade_date: str) -> list[Any]:
    return candidates


async def one_by_one(candidates: list[dict[str, Any]], trade_date: str) -> Any:
    yield candidates[0]


class Asynchronous:
    async def __call__(self, candidates: list[dict[str, Any]], trade_date: str) -> list[Any]:
        return candidates


@pytest.mark.parametrize("name", ["filter", "ranker"])
@pytest.mark.parametrize(
    ("stage", "stated"),
    [
        (later, "later is asynchronous; it runs in a thread, so write it without async"),
        (one_by_one, "one_by_one is asynchronous"),
        (Asynchronous(), "Asynchronous is asynchronous"),
        (lambda candidates: candidates, "<lambda> cannot be called with candidates and a trade date"),
        (lambda candidates, day, more: candidates, "<lambda> cannot be called with"),
        (lambda *, candidates, trade_date: candidates, "<lambda> cannot be called with"),
        (Asynchronous, "Asynchronous cannot be called with"),
    ],
)
def test_what_cannot_be_called_so_is_refused_when_the_graph_is_built(
    name: str, stage: Any, stated: str
) -> None:
    """A run would only fall back, every time, after the scan has been paid for."""
    with pytest.raises(ConfigError, match=f"^{name}: {stated}"):
        graph_of(scanner("s", finding()), **{name: stage})


def test_what_can_be_called_so_in_any_way_is_taken() -> None:
    class Mine:
        def rank(self, candidates: list[dict[str, Any]], trade_date: str, extra: int = 1) -> list[Any]:
            return candidates

    class Opaque:
        @property
        def __signature__(self) -> Any:
            raise ValueError("no signature found for builtin")

        def __call__(self, *arguments: Any) -> Any:
            return arguments[0]

    for stage in (
        lambda *arguments: arguments[0],
        lambda candidates, trade_date="", **more: candidates,
        Mine().rank,
        functools.partial(Mine().rank, extra=2),
        Opaque(),
    ):
        graph_of(scanner("s", finding()), filter=stage, ranker=stage)


def test_an_answer_that_must_be_awaited_is_a_failure_and_leaves_no_warning() -> None:
    final = graph_of(scanner("s", finding("AAA")), ranker=lambda c, day: later(c, day)).run(DAY)
    assert final["tickers"] == ["AAA"]
    assert "it returned coroutine instead of an iterable of candidates" in final["warnings"][0]
    gc.collect()  # an answer that was never awaited would warn now


def test_warnings_of_an_earlier_run_on_the_same_thread_are_gone() -> None:
    failures = iter([LookupError("once")])

    def once(candidates: list[dict[str, Any]], trade_date: str) -> list[Any]:
        for error in failures:
            raise error
        return candidates

    discovery = graph_of(scanner("s", finding("AAA")), ranker=once, checkpointer=InMemorySaver())
    thread: Any = {"configurable": {"thread_id": "t"}}
    assert len(discovery.run(DAY, thread)["warnings"]) == 1
    assert discovery.run(DAY, thread)["warnings"] == []


def test_a_ranker_may_interrupt_for_a_user() -> None:
    """LangGraph's interrupt is its own signal; taking it for a failure would answer for the person."""

    def ask(candidates: list[dict[str, Any]], trade_date: str) -> list[Any]:
        return list(interrupt([c["ticker"] for c in candidates]))

    discovery = graph_of(scanner("s", finding("AAA", "BBB")), ranker=ask, checkpointer=InMemorySaver())
    thread: Any = {"configurable": {"thread_id": "t"}}
    paused = discovery.graph.invoke(DiscoveryGraph.initial_state(DAY), thread)
    assert paused["__interrupt__"][0].value == ["AAA", "BBB"]
    final = discovery.graph.invoke(Command(resume=["BBB"]), thread)
    assert (final["tickers"], final["ranker_report"]["by"]) == (["BBB"], "ask")


def test_an_unknown_scanner_cannot_be_exempt() -> None:
    with pytest.raises(ConfigError, match=r"recent_move_exempt\.rsi_oversol: unknown scanner; did you mean"):
        graph_of(scanner("s", finding()), rules={"recent_move_exempt": ["rsi_oversol"]})
    graph_of(scanner("s", finding()), rules={"recent_move_exempt": ["s", "market_movers"]})


def test_stages_of_ones_own_work_under_ainvoke() -> None:
    graph = graph_of(scanner("s", finding("AAA", "BBB")), filter=only_bbb, ranker=lambda c, day: c).graph
    final = asyncio.run(graph.ainvoke(DiscoveryGraph.initial_state(DAY)))
    assert final["tickers"] == ["BBB"]
    assert final["warnings"] == []
