"""Custom filters and rankers: their protocols, and ``consult``, which calls one and validates its answer.

A custom stage receives copies and may change them; only its answer is used. It may drop and reorder
candidates, and add keys to them. It cannot add a candidate, or change a key that a candidate has.
"""

from __future__ import annotations

import contextvars
import inspect
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol, cast

from pydantic import JsonValue

from tradingagents.discovery.execution.outcome import verdict_of_error
from tradingagents.discovery.execution.pool import ABANDONED, DaemonExecutor
from tradingagents.discovery.model.candidate import normalise_ticker
from tradingagents.discovery.model.clock import SYSTEM_CLOCK, Clock, Deadline, deadline_scope
from tradingagents.discovery.model.errors import (
    ConfigError,
    DeadlineExceeded,
    DiscoveryError,
    InvalidCandidate,
)
from tradingagents.discovery.model.plain import copy_plain, plain_dict
from tradingagents.discovery.model.redact import redact

__all__ = ["Answer", "CandidateFilter", "CandidateRanker", "StageFailed", "check_stage", "consult", "name_of"]


_MESSAGE_LIMIT = 400  # characters kept of an error, which may quote all candidates


class CandidateFilter(Protocol):
    """``DiscoveryGraph(filter=...)``: decides which candidates are kept, instead of the built-in rules.

    ``candidates`` are plain dicts in the scan's order, each with ``market`` and the novelty keys;
    ``trade_date`` is ISO 8601. Returns those to keep: tickers, or dicts with a ``ticker``, whose other keys
    are added to the candidate. May be called from any thread, and by several scans at once.
    """

    def __call__(self, candidates: list[dict[str, JsonValue]], trade_date: str, /) -> Iterable[object]: ...


class CandidateRanker(Protocol):
    """``DiscoveryGraph(ranker=...)``: decides the order of the candidates, instead of the built-in rules.

    Like :class:`CandidateFilter`; ``candidates`` are in the built-in order, each with its ``rank``. Returns
    them best first; ``ranker.limit`` still cuts. A ranker whose attribute ``permutes`` is true receives only
    what the built-in rules chose, and must return all of it.
    """

    def __call__(self, candidates: list[dict[str, JsonValue]], trade_date: str, /) -> Iterable[object]: ...


class StageFailed(DiscoveryError):
    """A custom filter or ranker failed, timed out, or returned nothing usable."""


@dataclass(frozen=True)
class Answer:
    """The candidates of a custom stage in its order, and the refused items as ``{"ticker", "reason"}``."""

    candidates: list[dict[str, object]]
    refused: list[dict[str, str]]


def name_of(stage: object) -> str:
    """Return the name of a filter or ranker for reports: its ``name``, or the one of its code."""
    named = getattr(stage, "name", None) or getattr(stage, "__name__", None)
    return str(named or type(stage).__name__)


def check_stage(role: str, stage: object) -> None:
    """Raise :class:`ConfigError` for a stage that would always fail: wrong signature, or asynchronous."""
    name = name_of(stage)
    if not callable(stage) or not _takes_two(stage):
        raise ConfigError(f"{role}: {name} cannot be called with candidates and a trade date")
    for code in (stage, type(stage).__call__):
        if inspect.iscoroutinefunction(code) or inspect.isasyncgenfunction(code):
            raise ConfigError(
                f"{role}: {name} is asynchronous; it runs in a thread, so write it without async"
            )


def _takes_two(stage: Callable[..., object]) -> bool:
    try:
        inspect.signature(stage).bind([], "")
    except ValueError:  # some built-in functions have no signature
        return True
    except TypeError:
        return False
    return True


def consult(
    stage: CandidateFilter | CandidateRanker,
    candidates: Sequence[Mapping[str, object]],
    trade_date: str,
    seconds: float,
    let_through: tuple[type[BaseException], ...] = (),
    clock: Clock = SYSTEM_CLOCK,
) -> Answer:
    """Call ``stage`` with the candidates, for at most ``seconds``, and return its validated answer.

    It runs on a daemon thread in a copy of this context, under its own deadline; a late call is abandoned.
    Raises :class:`StageFailed` for every error, except for those of the types in ``let_through``.
    """
    given = [cast("dict[str, JsonValue]", copy_plain(dict(candidate))) for candidate in candidates]
    deadline = Deadline(seconds, clock)

    def call() -> Answer:
        with deadline_scope(deadline):
            return _validated(_items_of(stage(given, trade_date), candidates), candidates)

    context = contextvars.copy_context()
    executor = DaemonExecutor(1, name=f"stage {name_of(stage)}")
    future = executor.submit(context.run, call)
    try:
        return _result(future, Deadline(seconds, clock), seconds, let_through)
    finally:
        if not future.done():  # late, or Ctrl-C during the wait
            deadline.cancel()
            executor.abandon(future)
            ABANDONED.add(("stage", name_of(stage)), lambda: not future.done())
        executor.shutdown(wait=False)


def _result(
    future: Future[Answer], limit: Deadline, seconds: float, let_through: tuple[type[BaseException], ...]
) -> Answer:
    # Not Future.exception(seconds): that would not notice a Ctrl-C.
    future.add_done_callback(lambda _: limit.wake())
    try:
        limit.wait_for(future.done)
    except DeadlineExceeded:
        raise StageFailed(f"no answer within {seconds:g} s") from None
    error = future.exception()
    if error is None:
        return future.result()
    if isinstance(error, (StageFailed, *let_through)):
        raise error
    message = " ".join(redact(verdict_of_error(error).message).split())
    if len(message) > _MESSAGE_LIMIT:
        message = f"{message[:_MESSAGE_LIMIT]}…"
    raise StageFailed(message) from error


def _items_of(answer: object, candidates: Sequence[Mapping[str, object]]) -> list[object]:
    """Return the items of the answer, with an upper bound on their number: it may be endless."""
    if inspect.iscoroutine(answer):
        answer.close()  # avoids the warning that it was never awaited
    if isinstance(answer, str | bytes | Mapping) or not isinstance(answer, Iterable):
        raise StageFailed(f"it returned {type(answer).__name__} instead of an iterable of candidates")
    return list(itertools.islice(answer, 2 * len(candidates) + 100))


def _validated(answer: Sequence[object], candidates: Sequence[Mapping[str, object]]) -> Answer:
    known = {candidate["ticker"]: candidate for candidate in candidates}
    named: dict[object, dict[str, object]] = {}
    refused: list[dict[str, str]] = []
    for item in answer:
        try:
            ticker = normalise_ticker(item.get("ticker") if isinstance(item, Mapping) else item)
            if ticker not in known:
                raise InvalidCandidate("ticker", "not among the given candidates")
            if ticker in named:
                raise InvalidCandidate("ticker", "named twice")
            added = _added(item, known[ticker])
        except InvalidCandidate as error:
            refused.append({"ticker": _label(item), "reason": str(error)})
        else:
            named[ticker] = {**known[ticker], **added}
    if answer and not named:
        raise StageFailed(f"nothing it returned is usable; first: {refused[0]['reason']}")
    return Answer(list(named.values()), refused)


def _added(item: object, candidate: Mapping[str, object]) -> dict[str, JsonValue]:
    """Return the keys that ``item`` adds; existing keys of the candidate are kept."""
    if not isinstance(item, Mapping):
        return {}
    try:
        return plain_dict({key: item[key] for key in item if key not in candidate})
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidCandidate("candidate", str(error)) from None


def _label(item: object) -> str:
    ticker = item.get("ticker") if isinstance(item, Mapping) else item
    return ticker[:40] if isinstance(ticker, str) else type(ticker).__name__
