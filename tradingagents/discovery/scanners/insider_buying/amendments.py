"""Applying amended Forms 4 line by line, so that no trade counts twice or is lost. Pure functions.

An amendment need not repeat correct lines: it gives the lines it corrects, or lines that were left out (SEC,
Form 4, General Instruction 9). So each of its lines

- replaces the one earlier line of its kind that is most similar;
- is added, when it continues from the number of shares held after an earlier line;
- replaces every line of its kind and day, when it is similar to none: counting both could count it twice.

Two lines are of one kind when code, direction, security and manner of holding are equal.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta

from tradingagents.discovery.scanners.insider_buying.purchases import Statement
from tradingagents.discovery.vendors.sec.form4 import Transaction

__all__ = ["effective_statements", "restates_before"]

_SIMILAR = 2  # equal figures of day, shares, price, shares held before and after; the rest was corrected
_IN_TIME = timedelta(days=4)  # the legal two business days, with a weekend between


def effective_statements(statements: Iterable[Statement]) -> list[Statement]:
    """Return the statements of one issuer, each without the lines that a later amendment replaces.

    In order of day, amendments last. A statement without remaining lines is left out.
    """
    kept: list[Statement] = []
    for statement in sorted(statements, key=_age):
        if statement.filing.is_amendment:
            kept = _amended(kept, statement)
        kept.append(statement)
    return kept


def restates_before(statement: Statement, first_day: date) -> bool:
    """Whether a statement amends a filing from before ``first_day``, whose purchases were new then.

    Without the date of the original filing, the day of the last trade decides.
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
    replaced = _superseded(
        [row for one in met for row in one.filing.transactions], amendment.filing.transactions
    )
    left = []
    for one in earlier:
        rows = tuple(row for row in one.filing.transactions if id(row) not in replaced)
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
    # the corrected figure may be the day itself
    return any(
        old.day == new.day or (_similar(old, new) and _similarity(old, new) > _SIMILAR) for old, new in pairs
    )


def _superseded(earlier: Sequence[Transaction], amended: Sequence[Transaction]) -> set[int]:
    """Return the earlier lines that the amended ones replace, as ids of the objects."""
    given = [new for new in amended if not _is_added(new, earlier)]
    pairs = [(old, new) for new in given for old in _corrected(new, earlier)]
    replaced: set[int] = set()
    used: set[int] = set()
    for old, new in sorted(pairs, key=_rank):
        if id(old) not in replaced and id(new) not in used:
            replaced.add(id(old))
            used.add(id(new))
    matched = {id(new) for _, new in pairs}
    unmatched = {(new.day, _kind(new)) for new in given if id(new) not in matched}
    return replaced | {id(old) for old in earlier if (old.day, _kind(old)) in unmatched}


def _corrected(new: Transaction, earlier: Sequence[Transaction]) -> list[Transaction]:
    """Return the earlier lines that ``new`` may replace.

    When the shares held identify one line, only that one: if another amended line has replaced it already,
    the next most similar line was not corrected.
    """
    similar = [old for old in earlier if _similar(old, new)]
    best = max((_similarity(old, new) for old in similar), default=0)
    identified = [old for old in similar if _similarity(old, new) == best and _held_agrees(old, new)]
    return identified or similar


def _similar(old: Transaction, new: Transaction) -> bool:
    if _kind(old) != _kind(new) and not _agree(old.shares_following, new.shares_following):
        return False
    return _similarity(old, new) >= _SIMILAR


def _kind(row: Transaction) -> tuple[str, bool, str, bool]:
    return row.code, row.acquired, row.security, row.direct


def _held_agrees(old: Transaction, new: Transaction) -> bool:
    before = _agree(_held_before(old), _held_before(new))
    return before or _agree(old.shares_following, new.shares_following)


def _agree(one: object, other: object) -> bool:
    return one is not None and one == other


def _similarity(old: Transaction, new: Transaction) -> int:
    return sum(_agree(one, other) for one, other in zip(_figures(old), _figures(new), strict=True))


def _figures(row: Transaction) -> tuple[date | float | None, ...]:
    return row.day, row.shares, row.price, _held_before(row), row.shares_following


def _rank(pair: tuple[Transaction, Transaction]) -> tuple[int, bool, tuple[float, float]]:
    old, new = pair
    return -_similarity(old, new), _kind(old) != _kind(new), _apart(old, new)


def _apart(old: Transaction, new: Transaction) -> tuple[float, float]:
    return abs((old.shares or 0) - (new.shares or 0)), abs((old.price or 0) - (new.price or 0))


def _is_added(new: Transaction, earlier: Sequence[Transaction]) -> bool:
    """Whether a line continues after the last of the earlier ones, rather than correcting one of them."""
    held = {row.shares_following for row in earlier}
    if new.shares_following in held or any(
        _similar(old, new) and _similarity(old, new) > _SIMILAR for old in earlier
    ):
        return False
    ends = held - {_held_before(row) for row in earlier} - {None}
    return _held_before(new) in ends


def _held_before(row: Transaction) -> float | None:
    if row.shares is None or row.shares_following is None:
        return None
    change = row.shares if row.acquired else -row.shares
    return round(row.shares_following - change, 4)
