"""``TechnicalScanner``: turns one screen's result over the daily bars into candidates, coverage and funnel.

The bars and the evaluation belong to the scan
(:class:`~tradingagents.discovery.screens.market_data.MarketData`): the first technical scanner evaluates
every screen, the others read their results.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from tradingagents.discovery.execution.outcome import Reason, verdict_of_error
from tradingagents.discovery.model.candidate import Candidate, Direction, Priority
from tradingagents.discovery.scanning.base import AnyScanner, BaseScanner
from tradingagents.discovery.scanning.needs import Bars, Need
from tradingagents.discovery.screens.base import ScreenThresholds
from tradingagents.discovery.settings.sections import ScannerSettings

if TYPE_CHECKING:
    from tradingagents.discovery.screens.base import Coverage, Hit
    from tradingagents.discovery.screens.screening import Screened

__all__ = ["Grades", "TechnicalScanner", "TechnicalSettings", "scan_bars"]

Grades = tuple[float, float]
"""The scores from which a candidate is of high and of medium priority; below it is low."""

_DIGITS = 6


class TechnicalSettings(ScannerSettings, ScreenThresholds):
    """What every technical scanner takes; its screen's thresholds are added to these."""

    limit: int | None = Field(10, ge=1)


class TechnicalScanner(BaseScanner[TechnicalSettings]):
    """Yields what the screen of its own name picks; the screen's score is the candidate's.

    Its ``Settings`` are the screen's thresholds. ``grades`` turn a score into a priority;
    ``direction`` is that of every candidate.
    """

    pipeline = "momentum"
    grades: ClassVar[Grades]
    direction: ClassVar[Direction] = Direction.NONE

    @classmethod
    def needs(cls, settings: TechnicalSettings) -> Iterable[Need]:
        return [Bars(settings)]

    def scan(self, state: dict[str, Any]) -> Iterator[Candidate]:
        """Yield the strongest first. Raises what :meth:`MarketData.screened` does."""
        return scan_bars(self, self.grades, self.direction)


def scan_bars(
    scanner: AnyScanner, grades: Grades, direction: Direction = Direction.NONE
) -> Iterator[Candidate]:
    """Yield a scanner's candidates from its screen, the strongest first, and record coverage and funnel."""
    screened = _screened(scanner)
    _record(scanner, screened)
    for hit in _tradeable(scanner, screened):
        yield scanner.candidate(
            hit.ticker,
            f"{hit.as_of}: {screened.result.screen.explain(hit.values)}",
            priority=_priority(hit.score, grades),
            direction=direction,
            score=round(hit.score, _DIGITS),
            evidence=(screened.evidence(hit),),
        )


def _tradeable(scanner: AnyScanner, screened: Screened) -> Iterator[Hit]:
    """Yield the hits that pass the filter's price and liquidity limits, and those of unknown price.

    Volume ratios are most extreme where hardly anything is traded: without this they would fill the limit.
    """
    query = scanner.market.query
    for hit in screened.result.hits:
        price = screened.prices.get(hit.ticker)
        traded = None if price is None else price.median_dollar_volume_usd
        if price and query.min_price_usd is not None and price.close_usd < query.min_price_usd:
            scanner.count("below filter.min_price_usd")
        elif traded is not None and query.min_dollar_volume_usd and traded < query.min_dollar_volume_usd:
            scanner.count("below filter.min_dollar_volume_usd")
        else:
            yield hit


def _screened(scanner: AnyScanner) -> Screened:
    return scanner.ask(
        "market.screened",
        {"screen": scanner.name},
        scanner.market.screened,
        lambda found: (
            f"{len(found.result.hits)} picked on {found.result.as_of}, {found.result.coverage.describe()}"
        ),
    )


def _record(scanner: AnyScanner, screened: Screened) -> None:
    """Record how much of the universe was evaluated and why the rest was not.

    A few tickers with a short history are normal; too many make the scan degraded.
    """
    coverage = screened.result.coverage
    for step, count in _steps(coverage, len(screened.result.hits)).items():
        scanner.count(step, count)
    asked = coverage.universe if screened.partial else coverage.evaluated
    scanner.record_coverage(asked=asked, answered=coverage.evaluated, of=coverage.universe)
    if screened.partial:
        scanner.degrade(Reason.NO_DATA, coverage.describe())
    if screened.problem is not None:
        problem = verdict_of_error(screened.problem)
        scanner.degrade(problem.reason, f"cannot tell funds from common stock: {problem.message}")


def _steps(coverage: Coverage, picked: int) -> dict[str, int]:
    steps = {
        "tickers": coverage.universe,
        "no bars": coverage.absent,
        "no bar of the session": coverage.stale,
        f"fewer than {coverage.bars_needed} bars": coverage.too_few_bars,
        "unusable bars": coverage.unusable,
        "did not meet thresholds": coverage.evaluated - picked,
    }
    return {step: count for step, count in steps.items() if count}


def _priority(score: float, grades: Grades) -> Priority:
    high, medium = grades
    if score >= high:
        return Priority.HIGH
    return Priority.MEDIUM if score >= medium else Priority.LOW
