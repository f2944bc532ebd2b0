"""``BaseScanner``: the base class of scanners, and what a scan provides to them.

A scanner queries its vendors and yields the tickers that deserve a closer look::

    class BigGap(BaseScanner):
        name, pipeline, strategy = "big_gap", "momentum", "gap"

        def scan(self, state):
            yield {"ticker": "ABC", "context": "gap +4 %", "priority": "high"}
"""

from __future__ import annotations

import functools
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, ClassVar, Generic, get_args, get_origin

from pydantic import JsonValue
from typing_extensions import TypeVar

from tradingagents.discovery.execution.fanout import ordered_map
from tradingagents.discovery.execution.outcome import Reason, verdict_of_error
from tradingagents.discovery.model.candidate import Candidate, Direction, Evidence, Priority
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
from tradingagents.discovery.scanning.needs import Need
from tradingagents.discovery.scanning.recorder import LocalRecorder, Recorder
from tradingagents.discovery.scanning.rotation import Rotation
from tradingagents.discovery.settings.sections import ScannerSettings

if TYPE_CHECKING:
    from tradingagents.discovery.screens.market_data import MarketData
    from tradingagents.discovery.vendors.clients import Vendors

__all__ = ["TICKERS", "AnyScanner", "BaseScanner", "SettingsT"]

Item = TypeVar("Item")
Answer = TypeVar("Answer")
# Covariant, so that a scanner with settings of its own is a ``BaseScanner[ScannerSettings]``. Only the scan
# sets them, with an instance of the scanner's own class.
SettingsT = TypeVar(  # noqa: PLC0105 - a public name that others import
    "SettingsT", bound=ScannerSettings, default=ScannerSettings, covariant=True
)

TICKERS = "tickers"

_log = logging.getLogger("tradingagents.discovery")


class BaseScanner(ABC, Generic[SettingsT]):
    """Base class of every scanner; each scan creates a new instance, used by one thread.

    ``name`` is its key in the configuration, ``pipeline`` its group, ``strategy`` the label of its
    candidates. Every candidate must have a record of one of the ``evidence_kinds``, if there are any, or it
    is rejected. With ``listed_only``, candidates that are not a listed share or fund are dropped; see
    :class:`~.listing_check.ListingCheck`.

    Own settings are a subclass of :class:`ScannerSettings`, given as the type argument,
    ``class BigGap(BaseScanner[BigGapSettings])``, or named ``Settings`` in the class. ``self.settings`` holds
    the validated values, ``self.vendors`` the vendor clients, ``self.market`` what the scanners of the scan
    share: daily bars, screens, symbol directory. All three are set before ``__init__``, which takes the
    host's configuration dict, or no argument.
    """

    name: ClassVar[str]
    pipeline: ClassVar[str]
    strategy: ClassVar[str] = ""
    evidence_kinds: ClassVar[Collection[str]] = ()
    listed_only: ClassVar[bool] = False
    Settings: ClassVar[type[ScannerSettings]] = ScannerSettings

    settings: SettingsT
    vendors: Vendors
    market: MarketData
    _recorder: Recorder | None = None

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        if "Settings" not in vars(cls) and (given := _type_argument(cls)) is not None:
            cls.Settings = given

    def __init__(self, config: Mapping[str, object] | None = None) -> None:
        self.config = config

    @abstractmethod
    def scan(self, state: dict[str, object]) -> Iterable[object]:
        """Return or yield candidates: dicts or :class:`Candidate` objects.

        ``state`` is the scanner's own deep copy of the graph state; dicts appended to
        ``state["tool_logs"]`` are kept. What a generator has yielded survives a timeout or a crash.
        Raise every error: it becomes this scanner's outcome, never an empty list.
        """

    def scan_with_validation(self, state: dict[str, object]) -> list[dict[str, JsonValue]]:
        """Run ``scan`` and return its valid candidates as plain dicts.

        An invalid candidate is rejected, and its reason kept for the outcome. Raises what ``scan`` raises,
        and :class:`ScannerError` when its result is not an iterable of candidates.
        """
        return [candidate.to_dict() for candidate in self.iter_valid(state)]

    def iter_valid(self, state: dict[str, object]) -> Iterator[Candidate]:
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
                yield candidate

    def candidate(
        self,
        ticker: str,
        context: str,
        *,
        priority: Priority = Priority.MEDIUM,
        direction: Direction = Direction.NONE,
        score: float | None = None,
        evidence: Iterable[Evidence] = (),
        strategy: str | None = None,
    ) -> Candidate:
        """Return a candidate of this scanner: ``self.candidate("ABC", "gap +4 %", score=4.0)``.

        ``source`` is the scanner's name and ``strategy`` its own by default; it is validated when the scan
        receives it.
        """
        return Candidate(
            ticker=ticker,
            source=self.name,
            context=context,
            priority=priority,
            strategy=self.strategy if strategy is None else strategy,
            score=score,
            evidence=tuple(evidence),
            direction=direction,
        )

    # -- provided by the scan --------------------------------------------------------------------------

    def bind(  # called with settings of the instance's own class
        self,
        settings: SettingsT,  # type: ignore[misc]
        vendors: Vendors,
        recorder: Recorder,
        market: MarketData,
    ) -> None:
        """Set what the scan provides; called once, before ``__init__``."""
        self.settings, self.vendors, self._recorder, self.market = settings, vendors, recorder, market

    @classmethod
    def needs(cls, settings: SettingsT) -> Iterable[Need]:  # type: ignore[misc]
        """Return what the scanner shares with others: ``Bars``, ``EarningsCalendar``, ``Directory`` objects.

        Called once for each graph, with the validated settings. An error is the scanner's outcome.
        """
        return ()

    @classmethod
    def unit(cls, settings: SettingsT) -> str:  # type: ignore[misc]
        """Return what the coverage counts, for the message of an empty outcome: "0 of 592 tickers"."""
        return TICKERS

    @property
    def recorder(self) -> Recorder:
        """The recorder of this scanner's reports; outside a scan, one of its own."""
        if self._recorder is None:
            self._recorder = LocalRecorder(ToolLog("standalone", self.name), lambda candidate: None)
        return self._recorder

    @functools.cached_property
    def rotation(self) -> Rotation:
        """What was requested when in earlier runs, for a scanner that cannot request everything in one."""
        vendors = getattr(self, "vendors", None)  # None outside a scan
        return Rotation(vendors and vendors.state_file("rotation"), self.name)

    def map(
        self, fn: Callable[[Item], Answer], items: Iterable[Item], *, workers: int | None = None
    ) -> Iterator[Answer]:
        """Call ``fn`` on every item, several at once, and yield the results in the items' order.

        Runs under this scanner's deadline, log and context. An item's error is raised when its result is
        taken; the next ``next()`` continues with the next item. ``workers`` can only lower
        ``request_workers``.
        """
        return ordered_map(fn, items, workers=workers)

    def gather(
        self, fn: Callable[[Item], Answer], items: Iterable[Item], *, of: int | None = None
    ) -> Iterator[tuple[Item, Answer]]:
        """Like :meth:`map`, but skip and report the items that a vendor failed to answer.

        Yields ``(item, answer)`` and counts each item in the coverage; ``of`` is the total number of items,
        the length of ``items`` by default. A :class:`FetchError` makes the outcome degraded; a
        :class:`NoDataError` counts as an answer. Raises the first error when no item was answered. Items from
        ``self.rotation.take`` are recorded there.
        """
        requested = list(items)
        self.recorder.record_coverage(0, 0, len(requested) if of is None else of)
        answers, first, answered = self.map(fn, requested), None, 0
        for item in requested:
            try:
                answer = next(answers)
            except NoDataError as error:
                self.recorder.record_coverage(1, 1, None)
                self._requested(item, error)
                answered += 1
            except FetchError as error:
                self._requested(item, error)
                self.recorder.record_coverage(1, 0, None)
                self.degrade(verdict_of_error(error).reason, f"{item}: {error}")
                first = first or error
            else:
                self.recorder.record_coverage(1, 1, None)
                self._requested(item)
                answered += 1
                yield item, answer
        if first is not None and not answered:
            raise first

    def _requested(self, item: object, error: FetchError | NoDataError | None = None) -> None:
        """Record how a request ended, in a scanner that has taken items from its rotation."""
        rotation = vars(self).get("rotation")
        if not isinstance(rotation, Rotation):
            return  # never used, or the name is the scanner's own attribute
        if error is None:
            rotation.done(item)
        else:
            rotation.failed(item, error)

    def ask(
        self,
        tool: str,
        parameters: Mapping[str, object],
        call: Callable[[], Answer],
        summarize: Callable[[Answer], str],
    ) -> Answer:
        """Make a vendor call, add it to the tool log with its duration, and return the answer.

        ``summarize`` returns the log's short text for an answer. A ``NoDataError`` is logged as an answer,
        not as an error, and raised.
        """
        clock = current_deadline().clock
        began = clock.monotonic()
        outcome = {"output": "", "error": ""}
        try:
            answer = call()
            outcome["output"] = summarize(answer)
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
        parameters: Mapping[str, object] | None = None,
        *,
        output: object = "",
        error: str = "",
        duration_seconds: float | None = None,
    ) -> None:
        """Add a call to the tool log: its name, parameters, a short output, and its error."""
        entry = {"tool": tool, "parameters": dict(parameters or {}), "output": output, "error": error}
        if duration_seconds is not None:
            entry["duration_seconds"] = round(duration_seconds, 4)
        self.recorder.log(entry)

    def record_coverage(self, *, asked: int = 0, answered: int = 0, of: int | None = None) -> None:
        """Add to the numbers of items requested and answered; ``of`` sets the total.

        ``self.record_coverage(asked=20, answered=18, of=500)``: 18 of 20 requests were answered, of 500 items
        that could have been requested. Fewer answered than requested makes the outcome ``degraded``.
        """
        self.recorder.record_coverage(asked, answered, of)

    def count(self, step: str, n: int = 1, tickers: Collection[str] = ()) -> None:
        """Add ``n`` to a step of the funnel, for instance ``self.count("below min_price_usd")``.

        ``tickers`` are those that fell out at this step: they are logged at DEBUG, and counted where ``n`` is
        left at 1.
        """
        if tickers:
            _log.debug("%s: %s: %s", self.name, step, ", ".join(sorted(tickers)))
            n = len(tickers) if n == 1 else n
        self.recorder.count(step, n)

    def degrade(self, reason: Reason | str, message: str) -> None:
        """Report that part of the data is missing; the outcome will be ``degraded`` with this reason."""
        self.recorder.degrade(str(reason), message)

    def watchlist(self, state: Mapping[str, object]) -> list[str]:
        """Return the tickers that the user wants watched: of the state, or else of the configuration."""
        given = state.get("watchlist")
        return [str(ticker) for ticker in given] if isinstance(given, list) else []

    def trade_date(self, state: Mapping[str, object]) -> date:
        """Return the state's trade date; today in New York where it has none, by the scan's clock."""
        return parse_trade_date(state.get("trade_date"), current_deadline().clock)


AnyScanner = BaseScanner[ScannerSettings]
"""A scanner with settings of any class."""


def _type_argument(scanner: type[AnyScanner]) -> type[ScannerSettings] | None:
    """Return the settings class in ``BaseScanner[...]``, or in a generic subclass of it, among the bases."""
    for base in vars(scanner).get("__orig_bases__", ()):
        origin = get_origin(base)
        if isinstance(origin, type) and issubclass(origin, BaseScanner):
            for argument in get_args(base):
                if isinstance(argument, type) and issubclass(argument, ScannerSettings):
                    return argument
                if not isinstance(argument, TypeVar):
                    wanted = "a subclass of ScannerSettings"
                    raise TypeError(f"{scanner.__qualname__}: the argument of {base} must be {wanted}")
    return None
