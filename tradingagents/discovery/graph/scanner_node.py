"""The scan as a LangGraph node that works under ``invoke``, ``ainvoke``, ``stream`` and ``astream``.

LangGraph cannot limit the time of a synchronous node: its executor waits for every thread, and it rejects a
node timeout for synchronous code. So the scan limits itself. Under ``ainvoke`` it runs on a daemon thread,
and cancelling the call stops it.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import threading
from collections.abc import Callable, Mapping

from langchain_core.callbacks import BaseCallbackManager
from langchain_core.runnables import Runnable, RunnableConfig, RunnableLambda
from langchain_core.runnables.config import get_callback_manager_for_config
from langgraph.config import get_stream_writer
from langgraph.runtime import get_runtime
from pydantic import JsonValue

from tradingagents.discovery.execution.outcome import Verdict
from tradingagents.discovery.graph.state import DiscoveryState, inputs_of_a_run, update_of_a_run
from tradingagents.discovery.scanning.scan import Scan, ScanResult

__all__ = ["ScannerNode"]

State = Mapping[str, object]


class ScannerNode(Runnable[DiscoveryState, dict[str, object]]):
    """Runs one scan and returns a state update; never changes the given state.

    With ``begins_run``, as the first node of a graph, it ignores and clears what earlier runs on the same
    LangGraph thread wrote, and its update has the ``trade_date`` that was scanned.
    """

    name = "scanner"

    def __init__(self, scan: Scan, *, begins_run: bool = False) -> None:
        self._scan, self._begins_run = scan, begins_run

    def invoke(
        self, input: State, config: RunnableConfig | None = None, **kwargs: object
    ) -> dict[str, object]:
        """Scan in the caller's thread, so that Ctrl-C works in the main one."""
        emitter = _Emitter()
        try:
            return self._update(input, config, emitter, lambda: False)
        finally:
            emitter.close()

    async def ainvoke(
        self, input: State, config: RunnableConfig | None = None, **kwargs: object
    ) -> dict[str, object]:
        """Scan without blocking the loop; cancelling ends the scan within a tenth of a second."""
        emitter, stop = _Emitter(), threading.Event()
        try:
            return await _on_daemon_thread(lambda: self._update(input, config, emitter, stop.is_set))
        finally:
            stop.set()
            emitter.close()

    def _update(
        self, state: State, config: RunnableConfig | None, emitter: _Emitter, stopped: Callable[[], bool]
    ) -> dict[str, object]:
        draining = _drain_switch()
        result: ScanResult = self._scan.run(
            inputs_of_a_run(state) if self._begins_run else state,
            events=emitter if emitter.connected else None,
            span=_span if _is_traced(config) else None,
            should_stop=lambda: stopped() or draining(),
            force=bool((config or {}).get("configurable", {}).get("force", False)),
        )
        update = {
            "tickers": [candidate["ticker"] for candidate in result.candidates],
            "candidate_metadata": result.candidates,
            "tool_logs": result.tool_logs,
            "status": "scanned",
            "scan_report": result.report,
        }
        if not self._begins_run:
            return update
        return update_of_a_run(state, {**update, "trade_date": result.report["trade_date"]})


class _Emitter:
    """LangGraph's stream writer until closed: a late event would reach the next node's stream."""

    def __init__(self) -> None:
        self._write: Callable[[object], None] | None = None
        with contextlib.suppress(RuntimeError):  # called outside a graph
            self._write = get_stream_writer()
        self._open, self._lock = True, threading.Lock()  # no write after close() returns

    @property
    def connected(self) -> bool:
        return self._write is not None

    def __call__(self, event: dict[str, JsonValue]) -> None:
        with self._lock:
            if self._open and self._write is not None:
                self._write(event)

    def close(self) -> None:
        with self._lock:
            self._open = False


def _span(scanner: str, call: Callable[[], Verdict]) -> Verdict:
    """Run ``call`` as a child run of the node, so that callbacks and traces nest per scanner."""
    span: Runnable[str, Verdict] = RunnableLambda(lambda _: call(), name=f"scanner:{scanner}")
    return span.invoke(scanner)


def _is_traced(config: RunnableConfig | None) -> bool:
    if not config:
        return False
    manager: BaseCallbackManager = get_callback_manager_for_config(config)
    return bool(manager.handlers)


def _drain_switch() -> Callable[[], bool]:
    """Return a function that is true once the graph was requested to stop."""
    try:
        runtime = get_runtime()
    except (RuntimeError, KeyError):  # called outside a graph
        return lambda: False
    return lambda: bool(getattr(runtime, "drain_requested", False))


async def _on_daemon_thread(call: Callable[[], dict[str, object]]) -> dict[str, object]:
    loop = asyncio.get_running_loop()
    future: asyncio.Future[dict[str, object]] = loop.create_future()
    context = contextvars.copy_context()

    def settle(result: dict[str, object] | None, error: BaseException | None) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result or {})

    def work() -> None:
        result, error = None, None
        try:
            result = context.run(call)
        except BaseException as raised:  # noqa: BLE001 - handed to the awaiting coroutine, not swallowed
            error = raised
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=work, daemon=True, name="scan").start()
    return await future
