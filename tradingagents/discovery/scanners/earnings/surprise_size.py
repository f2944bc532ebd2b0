"""The difference between a reported figure and its estimate. Pure functions.

A plain percentage is meaningless for an estimate near zero and has the wrong sign for a negative one: a loss
of 0.05 where 0.10 was expected is 50 % *better*. So the difference is divided by the absolute estimate, or by
a floor when the estimate is smaller than that.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Surprise", "eps_surprise", "revenue_surprise"]

_COMPARABLE = 10.0  # a larger factor means different units, not a surprise


@dataclass(frozen=True, slots=True)
class Surprise:
    """A figure and its estimate in US dollars. ``percent`` is positive when better than expected.

    ``near_zero``: the estimate is smaller than the floor, which was used instead.
    """

    actual: float
    estimate: float
    difference: float
    percent: float
    near_zero: bool = False

    @property
    def sign(self) -> int:
        """1 for a beat, -1 for a miss, 0 for neither."""
        return (self.difference > 0) - (self.difference < 0)


def eps_surprise(actual: float | None, estimate: float | None, floor: float) -> Surprise | None:
    """Compare earnings per share; None when either is missing. ``floor`` is above 0."""
    if actual is None or estimate is None:
        return None
    difference = round(actual - estimate, 9)  # so that 1.10 - 1.00 is not below 0.10
    percent = round(100 * difference / max(abs(estimate), floor), 6)
    return Surprise(actual, estimate, difference, percent, near_zero=abs(estimate) < floor)


def revenue_surprise(actual: float | None, estimate: float | None) -> Surprise | None:
    """Compare revenues; None when either is missing or not above 0, or their units differ."""
    if actual is None or estimate is None or actual <= 0 or estimate <= 0:
        return None
    if not 1 / _COMPARABLE < actual / estimate < _COMPARABLE:
        return None
    difference = actual - estimate
    return Surprise(actual, estimate, difference, round(100 * difference / estimate, 6))
