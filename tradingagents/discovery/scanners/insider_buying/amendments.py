"""What stands after amendments: line by line, so that nothing counts twice or is lost. Pure functions.

An amended Form 4 need not repeat the lines that were right: it gives those it corrects, or those that were
left out (SEC, Form 4, General Instruction 9). So each of its lines takes the place of the one line of its
kind that it is most like; one that goes on from what an earlier line left is a line added; and one that is
like none takes the place of every line of its kind and day, because to count it beside them could count it
twice. Lines are of a kind if code, direction, security and manner of holding are the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta

from tradingagents.discovery.scanners.insider_buying.purchases import Statement
from tradingagents.discovery.vendors.sec.form4 import Transaction

__all__ = ["in_force", "restates_before"]

_ALIKE = 2  # of day, shares, price, and shares held before and after: an amendment corrects some of them
_IN_TIME = timedelta(days=4)  # two business days, and a weekend between


def in_force(statements: Iterable[Statement]) -> list[Statement]:
    """Return the statements of one issuer, each with the lines that no later amendment gives anew.

    By day, those of one day with the amendments last. One that has no line left is left out.
    """
    kept: list[Statement] = []
    for statement in sorted(statements, key=_age):
        if statement.filing.is_amendment:
            kept = _amended(kept, statement)
        kept.append(statement)
    return kept


def restates_before(statement: Statement, first_day: date) -> bool:
    """Whether it amends a filing of before ``first_day``, whose purchases were news at that time.

    Where it does not say when that was filed, the last of its trades tells.
    """
    filing = statement.filing
    if not filing.is_amendment:
        return False
    if filing.original_day is not None:
        return filing.original_day < first_day
    return max((row.day for row in filing.transactions), default=filing.period) + _IN_TIME < first_day


def _age(statement: Statement) -> tuple[date, bool, str]:
    return statement.ref.filed, statement.filing.is_amendment, statement.ref.accession


def _amended(earlier: Sequence[Statement], amendment: Statement) -> list[Statement]:
    met = [one for one in earlier if _amends(amendment, one)]
    gone = _superseded([row for one in met for row in one.filing.transactions], amendment.filing.transactions)
    left = []
    for one in earlier:
        rows = tuple(row for row in one.filing.transactions if id(row) not in gone)
        if len(rows) == len(one.filing.transactions):
            left.append(one)
        elif rows:
            left.append(replace(one, filing=replace(one.filing, transactions=rows)))
    return left


def _amends(amendment: Statement, earlier: Statement) -> bool:
    if not amendment.owner_ciks & earlier.owner_ciks:
        return False
    if amendment.filing.period == earlier.filing.period:
        return True
    if amendment.filing.original_day not in {earlier.ref.filed, earlier.filing.original_day}:
        return False
    pairs = [(old, new) for old in earlier.filing.transactions for new in amendment.filing.transactions]
    # it may be the day that is corrected
    return any(
        old.day == new.day or (_alike(old, new) and _likeness(old, new) > _ALIKE) for old, new in pairs
    )


def _superseded(earlier: Sequence[Transaction], amended: Sequence[Transaction]) -> set[int]:
    """Return which earlier lines the amended ones take the place of, as ids of the objects."""
    given = [new for new in amended if not _is_added(new, earlier)]
    pairs = [(old, new) for new in given for old in _corrected(new, earlier)]
    gone: set[int] = set()
    settled: set[int] = set()
    for old, new in sorted(pairs, key=_rank):
        if id(old) not in gone and id(new) not in settled:
            gone.add(id(old))
            settled.add(id(new))
    liked = {id(new) for _, new in pairs}
    unlike = {(new.day, _kind(new)) for new in given if id(new) not in liked}
    return gone | {id(old) for old in earlier if (old.day, _kind(old)) in unlike}


def _corrected(new: Transaction, earlier: Sequence[Transaction]) -> list[Transaction]:
    """Return the lines whose place it may take.

    Where what was held says which line it corrects, that one alone: if another part of the same line took
    its place already, the next best is a line that nobody corrected.
    """
    alike = [old for old in earlier if _alike(old, new)]
    best = max((_likeness(old, new) for old in alike), default=0)
    told = [old for old in alike if _likeness(old, new) == best and _held_agrees(old, new)]
    return told or alike


def _alike(old: Transaction, new: Transaction) -> bool:
    if _kind(old) != _kind(new) and not _agree(old.shares_following, new.shares_following):
        return False
    return _likeness(old, new) >= _ALIKE


def _kind(row: Transaction) -> tuple[str, bool, str, bool]:
    return row.code, row.acquired, row.security, row.direct


def _held_agrees(old: Transaction, new: Transaction) -> bool:
    before = _agree(_held_before(old), _held_before(new))
    return before or _agree(old.shares_following, new.shares_following)


def _agree(one: object, other: object) -> bool:
    return one is not None and one == other


def _likeness(old: Transaction, new: Transaction) -> int:
    return sum(_agree(one, other) for one, other in zip(_figures(old), _figures(new), strict=True))


def _figures(row: Transaction) -> tuple[date | float | None, ...]:
    return row.day, row.shares, row.price, _held_before(row), row.shares_following


def _rank(pair: tuple[Transaction, Transaction]) -> tuple[int, bool, tuple[float, float]]:
    old, new = pair
    return -_likeness(old, new), _kind(old) != _kind(new), _apart(old, new)


def _apart(old: Transaction, new: Transaction) -> tuple[float, float]:
    return abs((old.shares or 0) - (new.shares or 0)), abs((old.price or 0) - (new.price or 0))


def _is_added(new: Transaction, earlier: Sequence[Transaction]) -> bool:
    """Whether a line goes on from the last of the earlier ones, rather than correct one of them."""
    held = {row.shares_following for row in earlier}
    if new.shares_following in held or any(
        _alike(old, new) and _likeness(old, new) > _ALIKE for old in earlier
    ):
        return False
    ends = held - {_held_before(row) for row in earlier} - {None}
    return _held_before(new) in ends


def _held_before(row: Transaction) -> float | None:
    if row.shares is None or row.shares_following is None:
        return None
    change = row.shares if row.acquired else -row.shares
    return round(row.shares_following - change, 4)
