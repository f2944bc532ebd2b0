"""A filter or ranker of the user's own: what it is given, what it may answer, and what its failure costs.

It is given copies and may change them; nothing but its answer counts. It may leave out, reorder, and add
keys to candidates. It may not bring in a candidate nobody found, or change what a scanner said.
"""

from __future__ import annotations

import contextvars
import inspect
import itertools
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Protocol

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
from tradingagents.discovery.model.plain import copy_plain, to_plain
from tradingagents.discovery.model.redact import redact

__all__ = ["Answer", "CandidateFilter", "CandidateRanker", "StageFailed", "check_stage", "consult", "name_of"]


_WORDS = 400  # characters kept of a foreign error, which may quote all it was given


class CandidateFilter(Protocol):
    """``DiscoveryGraph(filter=...)``: decides which candidates go on, in place of the built-in rules.

    ``candidates`` are plain dicts, in the scan's order, with ``market`` and the marks of what is new in each;
    ``trade_date`` is ISO 8601. Returns those that stay: tickers, or dicts with a ``ticker``, whose further
    keys are added to the candidate. May be called from any thread, and by several scans at once.
    """

    def __call__(self, candidates: list[dict[str, Any]], trade_date: str, /) -> Iterable[Any]: ...


class CandidateRanker(Protocol):
    """``DiscoveryGraph(ranker=...)``: decides the order of the candidates, in place of the built-in rules.

    Like :class:`CandidateFilter`; ``candidates`` come in the built-in order, with their ``rank`` in it.
    Returns them best first; ``ranker.limit`` still cuts. One with an attribute ``permutes`` that is true
    is given only what the built-in rules chose, and must return all of it.
    """

    def __call__(self, candidates: list[dict[str, Any]], trade_date: str, /) -> Iterable[Any]: ...


class StageFailed(DiscoveryError):
    """A filter or ranker of the user's own failed, was late, or answered with nothing that can be used."""


@dataclass(frozen=True)
class Answer:
    """The candidates it named, in its order, and what of its answer was refused and why."""

    candidates: list[dict[str, Any]]
    refused: list[dict[str, str]]


def name_of(stage: Any) -> str:
    """Return what to call a filter or ranker in a report: its ``name``, or that of its code."""
    named = getattr(stage, "name", None) or getattr(stage, "__name__", None)
    return str(named or type(stage).__name__)


def check_stage(role: str, stage: Any) -> None:
    """Raise :class:`ConfigError` for what would fail in every run: not to be called so, or asynchronous."""
    name = name_of(stage)
    if not callable(stage) or not _takes_two(stage):
        raise ConfigError(f"{role}: {name} cannot be called with candidates and a trade date")
    for code in (stage, type(stage).__call__):
        if inspect.iscoroutinefunction(code) or inspect.isasyncgenfunction(code):
            raise ConfigError(
                f"{role}: {name} is asynchronous; it runs in a thread, so write it without async"
            )


def _takes_two(stage: Any) -> bool:
    try:
        inspect.signature(stage).bind([], "")
    except ValueError:  # some built-in functions do not tell
        return True
    except TypeError:
        return False
    return True


def consult(
    stage: CandidateFilter | CandidateRanker,
    candidates: Sequence[Mapping[str, Any]],
    trade_date: str,
    seconds: float,
    let_through: tuple[type[BaseException], ...] = (),
    clock: Clock = SYSTEM_CLOCK,
) -> Answer:
    """Ask ``stage`` about the candidates, for at most ``seconds``, and validate its answer.

    It runs on a daemon thread in a copy of this context, under a deadline of its own; one that is late is
    left behind. Raises :class:`StageFailed` for whatever goes wrong, except for errors of the types in
    ``let_through``, which are raised as they are.
    """
    given = [copy_plain(dict(candidate)) for candidate in candidates]
    deadline = Deadline(seconds, clock)

    def call() -> Answer:
        with deadline_scope(deadline):
            return _validated(_some_of(stage(given, trade_date), candidates), candidates)

    context = contextvars.copy_context()
    executor = DaemonExecutor(1, name=f"stage {name_of(stage)}")
    future = executor.submit(context.run, call)
    try:
        return _result(future, Deadline(seconds, clock), seconds, let_through)
    finally:
        if not future.done():  # late, or Ctrl-C came while it was waited for
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
    words = " ".join(redact(verdict_of_error(error).message).split())
    raise StageFailed(words if len(words) <= _WORDS else f"{words[:_WORDS]}…") from error


def _some_of(answer: Any, candidates: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Return what was answered, up to a length that is too long for any sense: it may have no end."""
    if inspect.iscoroutine(answer):
        answer.close()  # it would complain of never having been awaited
    if isinstance(answer, str | bytes | Mapping) or not isinstance(answer, Iterable):
        raise StageFailed(f"it returned {type(answer).__name__} instead of an iterable of candidates")
    return list(itertools.islice(answer, 2 * len(candidates) + 100))


def _validated(answer: Sequence[Any], candidates: Sequence[Mapping[str, Any]]) -> Answer:
    known = {candidate["ticker"]: candidate for candidate in candidates}
    named: dict[str, dict[str, Any]] = {}
    refused: list[dict[str, str]] = []
    for item in answer:
        try:
            ticker = normalise_ticker(item.get("ticker") if isinstance(item, Mapping) else item)
            if ticker not in known:
                raise InvalidCandidate("ticker", "not among the candidates it was given")
            if ticker in named:
                raise InvalidCandidate("ticker", "named twice")
            added = _added(item, known[ticker])
        except InvalidCandidate as error:
            refused.append({"ticker": _shown(item), "reason": str(error)})
        else:
            named[ticker] = {**known[ticker], **added}
    if answer and not named:
        raise StageFailed(f"nothing it returned can be used; first: {refused[0]['reason']}")
    return Answer(list(named.values()), refused)


def _added(item: Any, candidate: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys that ``item`` adds; those the candidate has already stay as they are."""
    if not isinstance(item, Mapping):
        return {}
    try:
        added: dict[str, Any] = to_plain({key: item[key] for key in item if key not in candidate})
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidCandidate("candidate", str(error)) from None
    return added


def _shown(item: Any) -> str:
    ticker = item.get("ticker") if isinstance(item, Mapping) else item
    return ticker[:40] if isinstance(ticker, str) else type(ticker).__name__
