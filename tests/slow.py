"""Parameters of long tests: a few in every run, the others in ``make test-slow`` only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

__all__ = ["slow_except"]


def slow_except(fast: Iterable[Any], values: Iterable[Any]) -> list[Any]:
    """Return ``values`` for ``parametrize``, all but those in ``fast`` marked ``slow``."""
    kept, given = set(fast), list(values)
    assert kept <= set(given), f"not among the values: {kept - set(given)}"
    return [value if value in kept else pytest.param(value, marks=pytest.mark.slow) for value in given]
