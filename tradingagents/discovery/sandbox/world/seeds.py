"""Independent streams of random numbers, each named, all from one seed.

A stream's numbers depend on its name alone, so that a new family of data, or one more company,
leaves what the others draw as it was.
"""

from __future__ import annotations

import random

__all__ = ["stream"]


def stream(seed: int, *name: object) -> random.Random:
    """Return the generator called ``name`` under ``seed``; the same arguments give the same numbers."""
    return random.Random(f"{seed}|{'|'.join(map(str, name))}")  # noqa: S311 - synthetic data, no secrets
