"""The insider purchases of one company together: score, priority, context, evidence. Pure functions.

The score is ``100 x insiders + 10 x role + log10(dollars)``: several insiders outrank a single one, a chief
officer outranks a director, and dollars decide among equals. Insiders who bought only under a 10b5-1 plan
(decided months before) or only outside the market (as in an offering) do not count in the first term.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from functools import cached_property

from tradingagents.discovery.model.candidate import Evidence, Priority
from tradingagents.discovery.scanners.insider_buying.purchases import Purchase, Statement
from tradingagents.discovery.vendors.sec.form4 import Issuer, Owner

__all__ = ["Cluster", "Role", "role_of"]

_NAMED = 3  # insiders named in the context; the evidence names all
_CHIEF = re.compile(
    r"\bchief (?:executive|financial|operating)|\bC[EFO]O\b|(?<!vice )(?<!vice-)\bpresident\b|\bchair",
    re.IGNORECASE,
)


class Role(IntEnum):
    """A buyer's role; higher values are closer to the company's business."""

    HOLDER = 0
    DIRECTOR = 1
    OFFICER = 2
    CHIEF = 3


def role_of(owner: Owner) -> Role:
    """Return the highest role of an owner."""
    if owner.officer:
        return Role.CHIEF if _CHIEF.search(owner.title) else Role.OFFICER
    return Role.DIRECTOR if owner.director else Role.HOLDER


def role_text(owner: Owner) -> str:
    """Return the role as text; for an officer, the title as filed."""
    if owner.officer:
        return owner.title or "officer"
    if owner.director:
        return "director"
    return "10 % owner" if owner.ten_percent else "other"


@dataclass(frozen=True)
class Cluster:
    """The purchases of one company's insiders; at least one."""

    issuer: Issuer
    purchases: tuple[Purchase, ...]

    @cached_property
    def statements(self) -> tuple[Statement, ...]:
        return tuple({one.statement.ref.accession: one.statement for one in self.purchases}.values())

    @cached_property
    def value_usd(self) -> float:
        return math.fsum(one.value_usd for one in self.purchases)

    @cached_property
    def planned_usd(self) -> float:
        """Dollars of the purchases made under a 10b5-1 plan."""
        return math.fsum(one.value_usd for one in self.purchases if one.statement.is_planned)

    @cached_property
    def placed_usd(self) -> float:
        """Dollars of the purchases made in an offering, in private, or by a plan for all its members."""
        return math.fsum(one.value_usd for one in self.purchases if one.transaction.placed)

    @cached_property
    def _free(self) -> tuple[Statement, ...]:
        """The filings of discretionary purchases: in the market and outside a plan."""
        return tuple(
            {one.statement.ref.accession: one.statement for one in self.purchases if one.is_free}.values()
        )

    @cached_property
    def deciders(self) -> int:
        """How many insiders bought in the market and outside a plan."""
        return len(_insiders(self._free))

    @cached_property
    def role(self) -> Role:
        """The highest role among the deciders; among all buyers when there are none."""
        return max(role_of(owner) for one in self._free or self.statements for owner in one.owners)

    @property
    def score(self) -> float:
        """See the module docstring; dollars add at most 9.99."""
        return round(100 * self.deciders + 10 * self.role + min(math.log10(max(self.value_usd, 1)), 9.99), 4)

    @property
    def priority(self) -> Priority:
        """Critical: three deciders. High: two, or a chief officer. Medium: director or officer. Else low."""
        if self.deciders >= 3:
            return Priority.CRITICAL
        if self.deciders == 2 or (self.deciders and self.role is Role.CHIEF):
            return Priority.HIGH
        return Priority.MEDIUM if self.deciders and self.role > Role.HOLDER else Priority.LOW

    @property
    def context(self) -> str:
        """One sentence: insiders, shares, dollars, dates of trade and filing, names, plans and placements."""
        insiders = _insiders(self.statements)
        shares = math.fsum(one.shares for one in self.purchases)
        who = "1 insider" if len(insiders) == 1 else f"{len(insiders)} insiders"
        names = [_described(group) for group in insiders[:_NAMED]]
        more = [f"{len(insiders) - _NAMED} more"] if len(insiders) > _NAMED else []
        bought = _span(one.transaction.day for one in self.purchases)
        return (
            f"{who} bought {shares:,.0f} shares of {self.issuer.name} for ${self.value_usd:,.0f} "
            f"(${self.value_usd / shares:,.2f} a share) {bought}, "
            f"filed {_span(one.ref.filed for one in self.statements)}: {', '.join(names + more)}"
            f"{self._note(self.planned_usd, 'under a 10b5-1 plan')}"
            f"{self._note(self.placed_usd, 'not in the market, by its footnotes')}"
        )

    def _note(self, part_usd: float, how: str) -> str:
        if not part_usd:
            return ""
        return f"; {'all' if part_usd == self.value_usd else f'${part_usd:,.0f}'} of it {how}"

    def evidence(self, url_of: Callable[[str], str]) -> list[Evidence]:
        """Return one record for each filing; ``url_of`` turns its path into an address."""
        return [self._record(statement, url_of(statement.ref.path)) for statement in self.statements]

    def _record(self, statement: Statement, url: str) -> Evidence:
        rows = [one for one in self.purchases if one.statement is statement]
        shares, value = math.fsum(one.shares for one in rows), math.fsum(one.value_usd for one in rows)
        lead = max(statement.owners, key=role_of)
        return Evidence(
            vendor="sec",
            kind="form4_purchase",
            as_of=statement.ref.filed.isoformat(),
            url=url,
            id=statement.ref.accession,
            values={
                "form": statement.filing.form,
                "owner": lead.name,
                "joint_owners": len(statement.owners) - 1,
                "role": role_text(lead),
                "code": "P",
                "shares": shares,
                "price": round(value / shares, 4),
                "value": round(value, 2),
                "first_day": min(one.transaction.day for one in rows).isoformat(),
                "last_day": max(one.transaction.day for one in rows).isoformat(),
                "plan_10b5_1": statement.filing.plan_10b5_1,
                "placed": any(one.transaction.placed for one in rows),
            },
        )


def _span(days: Iterable[date]) -> str:
    ordered = sorted(days)
    first, last = ordered[0], ordered[-1]
    return str(first) if first == last else f"{first} to {last}"


def _insiders(statements: Iterable[Statement]) -> list[list[Statement]]:
    """Group statements into insiders: joint owners, and filings that share an owner, are one."""
    groups: list[tuple[frozenset[int], list[Statement]]] = []
    for statement in statements:
        ciks, own = statement.owner_ciks, [statement]
        apart = []
        for others, held in groups:
            if others & ciks:
                ciks, own = ciks | others, held + own
            else:
                apart.append((others, held))
        groups = [*apart, (ciks, own)]
    return sorted((own for _, own in groups), key=lambda own: (-_highest(own), own[0].ref.accession))


def _highest(own: list[Statement]) -> Role:
    return max(role_of(owner) for one in own for owner in one.owners)


def _described(own: list[Statement]) -> str:
    owners = {owner.cik: owner for one in own for owner in one.owners}
    lead = max(owners.values(), key=role_of)
    others = len(owners) - 1
    jointly = f" with {others} joint filer{'s' if others > 1 else ''}" if others else ""
    return f"{lead.name or 'unnamed'} ({role_text(lead)}){jointly}"
