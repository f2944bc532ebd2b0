"""The items of Form 8-K with their weights.

The weights are the project's own: 8 when a company's existence or its accounts are in doubt, 4 for a change
of owner, auditor or listing and for large losses, 2 for agreements and officers. Routine items weigh 0:
results (covered by other scanners), votes, by-laws, exhibits and voluntary disclosures.
Bad news without exception is marked ``down``; the other items can be either.
Source: SEC, "Form 8-K", General Instructions and the items as of 2023.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ITEMS", "MATERIAL", "Item"]


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the form: its number, a short description, and its weight (0 if routine).

    ``down``: it is bad news for the share without exception.
    """

    number: str
    about: str
    weight: int = 0
    down: bool = False


_ALL = (
    Item("1.01", "a material agreement", 2),
    Item("1.02", "a material agreement ended", 2),
    Item("1.03", "bankruptcy or receivership", 8, down=True),
    Item("1.04", "mine safety"),
    Item("1.05", "a material cybersecurity incident", 4),
    Item("2.01", "assets acquired or sold, the deal being done", 4),
    Item("2.02", "results of operations"),
    Item("2.03", "a new financial obligation"),
    Item("2.04", "an obligation accelerated", 4, down=True),
    Item("2.05", "costs of an exit or disposal", 2),
    Item("2.06", "a material impairment", 4, down=True),
    Item("3.01", "notice of delisting, or a move to another exchange", 4, down=True),
    Item("3.02", "unregistered sale of shares", 2),
    Item("3.03", "rights of holders changed"),
    Item("4.01", "change of auditor", 4),
    Item("4.02", "earlier accounts no longer to be relied on", 8, down=True),
    Item("5.01", "change of control", 4),
    Item("5.02", "officers or directors leave, join or are paid otherwise", 2),
    Item("5.03", "charter or by-laws changed"),
    Item("5.04", "trading by employee plans suspended"),
    Item("5.05", "code of ethics changed"),
    Item("5.06", "no longer a shell company"),
    Item("5.07", "votes of holders"),
    Item("5.08", "nominations of directors"),
    Item("6.01", "asset-backed: computational material"),
    Item("6.02", "asset-backed: change of servicer or trustee"),
    Item("6.03", "asset-backed: change of support"),
    Item("6.04", "asset-backed: distribution missed"),
    Item("6.05", "asset-backed: disclosure"),
    Item("6.06", "asset-backed: static pool"),
    Item("7.01", "Regulation FD disclosure"),
    Item("8.01", "other events"),
    Item("9.01", "financial statements and exhibits"),
)

ITEMS = {item.number: item for item in _ALL}
"""Every item by its number."""

MATERIAL = frozenset(item.number for item in _ALL if item.weight)
"""The numbers of the items that count by default."""
