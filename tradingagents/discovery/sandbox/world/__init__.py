"""The synthetic market: companies, prices, filings, posts, and what each scanner should find.

Everything random comes from named streams. The numbers of a stream depend on the seed and the stream's name
alone, so adding a company or a kind of data does not change what the other streams produce.
"""

from __future__ import annotations

import random

__all__ = ["stream"]


def stream(seed: int, *name: object) -> random.Random:
    """Return the generator called ``name`` under ``seed``; the same arguments give the same numbers."""
    return random.Random(f"{seed}|{'|'.join(map(str, name))}")  # noqa: S311 - synthetic data, no secrets
