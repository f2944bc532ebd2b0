"""``BaseScanner``: what a scanner must give, and what it is given.

A scanner asks its vendors and yields the tickers that deserve a closer look::

    class BigGap(BaseScanner):
        name, pipeline, strategy = "big_gap", "momentum", "gap"

        def scan(self, state):
            yield {"ticker": "ABC", "context": "gap +4 %", "priority": "high"}
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date
from typing import Any, ClassVar, TypeVar

from tradingagents.discovery.execution.fanout import ordered_map
from tradingagents.discovery.execution.outcome import Reason, verdict_of_error
from tradingagents.discovery.model.candidate import Candidate
from tradingagents.discovery.model.claims import check_claims
from tradingagents.discovery.model.clock import current_deadline, parse_trade_date
from tradingagents.discovery.model.errors import (
    DiscoveryError,
    FetchError,
    InvalidCandidate,
    NoDataError,
    ScannerError,
)
from tradingagents.discovery.model.tool_log import ToolLog
from tradingagents.discovery.scanning.recorder import LocalRecorder, Recorder
from tradingagents.discovery.settings.settings import ScannerSettings

__all__ = ["TICKERS", "BaseScanner"]

Item = TypeVar("Item")
Answer = TypeVar("Answer")


TICKERS = "tickers"


class BaseScanner(ABC):
    """Base of every scanner; a new instance is made for each scan and used by one thread.

    ``name`` is its key in the configuration, ``pipeline`` the group it belongs to, ``strategy`` the
    label it puts on its candidates. ``evidence_kinds`` promises a record of one of these kinds with every
    candidate; one without is rejected. With ``listed_only`` those that are no listed share or fund are left
    out of a scan; see :class:`~.listing_check.ListingCheck`. A scanner with settings of its own gives them
    as a subclass of :class:`ScannerSettings` under the name ``Settings`` and finds them, validated, in
    ``self.settings``. ``self.vendors`` leads to the vendors, ``self.market`` to the daily bars. An
    ``__init__`` of its own may take the host's configuration dict, or nothing.
    """

    name: ClassVar[str]
    pipeline: ClassVar[str]
    strategy: ClassVar[str] = ""
    evidence_kinds: ClassVar[Collection[str]] = ()
    listed_only: ClassVar[bool] = False
    Settings: ClassVar[type[ScannerSettings]] = ScannerSettings

    settings: Any
    vendors: Any = None
    market: Any = None
    shared_calendar_days: tuple[int, int] = (0, 0)
    directory_answer: tuple[Any, ...] = ()  # see ``directory_in_time``; empty until it was asked for
    _recorder: Recorder | None = None

    def __init__(self, config: Mapping[str, Any] | None = None) -> None:
        self.config = config

    @abstractmethod
    def scan(self, state: dict[str, Any]) -> Iterable[Any]:
        """Return or yield candidates: dicts or :class:`Candidate` objects.

        ``state`` is the scanner's own deep copy of the graph state; dicts appended to
        ``state["tool_logs"]`` are kept. What a generator has yielded survives a timeout or a crash.
        Raise what goes wrong: every error becomes this scanner's outcome, none becomes an empty list.
        """

    def scan_with_validation(self, state: dict[str, Any]) -> list[dict[str, Any]]:
        """Run ``scan`` and return its valid candidates as plain dicts.

        An invalid candidate is left out and its reason kept for the outcome. Whatever ``scan`` raises
        is raised here; :class:`ScannerError` when it returned nothing that can be iterated.
        """
        return list(self.iter_valid(state))

    def iter_valid(self, state: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Yield each valid candidate as soon as the scanner does; see :meth:`scan_with_validation`."""
        found = self.scan(state)
        if isinstance(found, str | bytes | Mapping) or not isinstance(found, Iterable):
            raise ScannerError(f"scan returned {type(found).__name__} instead of an iterable of candidates")
        for raw in found:
            try:
                candidate = Candidate.parse(raw, source=self.name, strategy=self.strategy)
                check_claims(candidate, self.evidence_kinds)
            except InvalidCandidate as error:
                self.recorder.reject(raw, str(error))
            else:
                yield candidate.to_dict()

    # -- what a scanner is given -----------------------------------------------------------------------

    def bind(
        self,
        settings: ScannerSettings,
        vendors: Any,
        recorder: Recorder,
        market: Any = None,
        calendar_days: tuple[int, int] = (0, 0),
    ) -> None:
        """Give the scanner its surroundings; done once, before the scan.

        ``market`` is the scan's :class:`~tradingagents.discovery.screens.market_data.MarketData`,
        ``calendar_days`` what :meth:`calendar_days` says of all its scanners together.
        """
        self.settings, self.vendors, self._recorder = settings, vendors, recorder
        self.market, self.shared_calendar_days = market, calendar_days

    @classmethod
    def screen(cls, settings: ScannerSettings) -> tuple[str, Mapping[str, Any]] | None:
        """Return the screen over daily bars that a scan needs with these settings, and its thresholds.

        None for a scanner that reads no screen. All that are named here are evaluated together.
        """
        return None

    @classmethod
    def unit(cls, settings: ScannerSettings) -> str:
        """Return what the coverage counts with these settings, for the sentence that nothing qualified."""
        return TICKERS

    @classmethod
    def calendar_days(cls, settings: ScannerSettings) -> tuple[int, int]:
        """Return how many days before and after the trade date it reads of the earnings calendar.

        A scan asks for the days that its built-in scanners need together, so that one request serves them.
        """
        return 0, 0

    @property
    def recorder(self) -> Recorder:
        """Where everything this scanner tells goes; outside a scan, into a recorder of its own."""
        if self._recorder is None:
            self._recorder = LocalRecorder(ToolLog("alone", self.name), lambda candidate: None)
        return self._recorder

    def map(
        self, fn: Callable[[Item], Answer], items: Iterable[Item], *, workers: int | None = None
    ) -> Iterator[Answer]:
        """Call ``fn`` on every item, several at once, and yield the answers in the items' order.

        Under this scanner's deadline, log and context. An item's error is raised where its answer is
        taken, and taking the next goes on. ``workers`` can only lower ``request_workers``.
        """
        return ordered_map(fn, items, workers=workers)

    def gather(
        self, fn: Callable[[Item], Answer], items: Iterable[Item], *, of: int | None = None
    ) -> Iterator[tuple[Item, Answer]]:
        """Like :meth:`map`, but go on without the items a vendor could not answer, and say so.

        Yields ``(item, answer)``. Counts each item in the coverage, ``of`` being how many there are in
        all. A :class:`FetchError` is noted and makes the outcome degraded; a :class:`NoDataError` is an
        answer. When nothing at all could be had, the first error is raised.
        """
        asked = list(items)
        self.recorder.cover(0, 0, len(asked) if of is None else of)
        answers, first, answered = self.map(fn, asked), None, 0
        for item in asked:
            try:
                answer = next(answers)
            except NoDataError:
                self.recorder.cover(1, 1, None)
                answered += 1
            except FetchError as error:
                self.recorder.cover(1, 0, None)
                self.trouble(verdict_of_error(error).reason, f"{item}: {error}")
                first = first or error
            else:
                self.recorder.cover(1, 1, None)
                answered += 1
                yield item, answer
        if first is not None and not answered:
            raise first

    def ask(
        self,
        tool: str,
        parameters: Mapping[str, Any],
        call: Callable[[], Answer],
        told: Callable[[Answer], str],
    ) -> Answer:
        """Make a vendor call, note it in the tool log with its time, and return the answer.

        ``told`` says in short what came out. That there is no such data is an answer, not an error; the
        ``NoDataError`` is raised all the same.
        """
        clock = current_deadline().clock
        began = clock.monotonic()
        outcome = {"output": "", "error": ""}
        try:
            answer = call()
            outcome["output"] = told(answer)
        except NoDataError as nothing:
            outcome["output"] = f"no data: {nothing}"
            raise
        except DiscoveryError as error:
            outcome["error"] = str(error)
            raise
        finally:
            self.log(tool, parameters, **outcome, duration_seconds=clock.monotonic() - began)
        return answer

    def log(
        self,
        tool: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        output: Any = "",
        error: str = "",
        duration_seconds: float | None = None,
    ) -> None:
        """Note a call in the tool log: its name, what went in, what came out in short, its error."""
        entry = {"tool": tool, "parameters": dict(parameters or {}), "output": output, "error": error}
        if duration_seconds is not None:
            entry["duration_seconds"] = round(duration_seconds, 4)
        self.recorder.log(entry)

    def cover(self, *, asked: int = 0, answered: int = 0, of: int | None = None) -> None:
        """Say how much was asked and answered, and out of how many; adds up over calls."""
        self.recorder.cover(asked, answered, of)

    def step(self, name: str, count: int = 1) -> None:
        """Count ``count`` more at a step of the funnel, for instance ``step("below min_price_usd")``."""
        self.recorder.step(name, count)

    def trouble(self, reason: Reason | str, message: str) -> None:
        """Say that part of the data could not be had; the outcome will be degraded."""
        self.recorder.trouble(str(reason), message)

    def trade_date(self, state: Mapping[str, Any]) -> date:
        """Return the state's trade date; today in New York where it has none, by the scan's clock."""
        return parse_trade_date(state.get("trade_date"), current_deadline().clock)
