"""Amended Forms 4: no trade counts twice, and lines that the amendment does not repeat are kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from math import fsum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.scanners.insider_buying.test_purchases_and_clusters import DAY, JANE, ROE, numbers, row, statement
from tradingagents.discovery.scanners.insider_buying.amendments import effective_statements, restates_before
from tradingagents.discovery.scanners.insider_buying.purchases import Statement, purchases_of

FILED = date(2026, 2, 4)


def lot(shares: float, price: float, held: float, **own: object):
    return row(shares, price, shares_following=held, **own)


LOTS = (lot(100, 10.0, 1_100), lot(200, 10.1, 1_300), lot(300, 10.2, 1_600))


def bought(original: tuple, amended: tuple) -> list[tuple[float, float]]:
    """Return the effective shares and prices of a filing and its amendment."""
    first = statement(1, (JANE,), *original, filed=FILED)
    fixed = statement(2, (JANE,), *amended, original=FILED)
    return sorted((one.shares, one.price) for one in purchases_of(effective_statements([fixed, first])))


@pytest.mark.parametrize(
    ("amended", "effective"),
    [
        pytest.param(LOTS, [(100, 10.0), (200, 10.1), (300, 10.2)], id="all of it again"),
        pytest.param((), [(100, 10.0), (200, 10.1), (300, 10.2)], id="no line at all, only a signature"),
        pytest.param((lot(200, 11.1, 1_300),), [(100, 10.0), (200, 11.1), (300, 10.2)], id="one price"),
        pytest.param((lot(250, 10.1, 1_350),), [(100, 10.0), (250, 10.1), (300, 10.2)], id="one number"),
        pytest.param((lot(200, 10.1, 9_999),), [(100, 10.0), (200, 10.1), (300, 10.2)], id="what is held"),
        pytest.param(
            (lot(400, 10.3, 2_000),), [(100, 10.0), (200, 10.1), (300, 10.2), (400, 10.3)], id="one forgotten"
        ),
        pytest.param(
            (*LOTS, lot(400, 10.3, 2_000)),
            [(100, 10.0), (200, 10.1), (300, 10.2), (400, 10.3)],
            id="all again, and one forgotten",
        ),
        pytest.param(
            (lot(200, 10.1, 1_300, code="A"),), [(100, 10.0), (300, 10.2)], id="not bought but granted"
        ),
        pytest.param(
            (lot(200, 10.1, 1_300, day=date(2026, 2, 3)),),
            [(100, 10.0), (200, 10.1), (300, 10.2)],
            id="one day",
        ),
        pytest.param((lot(600, 10.13, 1_600.5),), [(600, 10.13)], id="three made one"),
        pytest.param(
            (lot(500, 9.0, 1_500, day=date(2026, 2, 3)),),
            [(100, 10.0), (200, 10.1), (300, 10.2), (500, 9.0)],
            id="another day",
        ),
    ],
)
def test_an_amendment_replaces_the_lines_it_gives_and_keeps_the_others(amended, effective):
    assert bought(LOTS, amended) == effective


def test_a_single_line_wrong_in_number_and_price_is_not_added_up():
    assert bought((lot(5_000, 10.0, 6_000),), (lot(500, 100.0, 1_500),)) == [(500, 100.0)]


@pytest.mark.parametrize(
    "forgotten",
    [
        pytest.param(lot(500, 10.0, 500, direct=False), id="a trust's purchase"),
        pytest.param(lot(40, 10.0, 2_060, code="F", acquired=False), id="tax withheld"),
        pytest.param(lot(500, 10.0, 7_500, security="Class B Common Stock"), id="another class"),
    ],
)
def test_an_added_line_of_another_kind_replaces_no_line(forgotten):
    assert (100, 10.0) in bought((lot(100, 10.0, 1_100),), (forgotten,))


def test_a_line_with_a_corrected_manner_of_holding_is_the_same_line():
    assert bought((lot(100, 10.0, 1_100),), (lot(100, 10.0, 1_100, direct=False),)) == [(100, 10.0)]


def test_among_equally_similar_lines_the_one_held_in_the_same_manner_is_corrected():
    first = (lot(100, 10.0, 100), lot(100, 10.5, 100, direct=False))
    assert bought(first, (lot(100, 10.2, 100, direct=False),)) == [(100, 10.0), (100, 10.2)]


def test_a_line_wrong_in_number_and_price_is_identified_by_the_shares_held_before():
    first = (lot(5_000, 10.0, 6_000), lot(7_000, 30.0, 13_000))
    assert bought(first, (lot(500, 100.0, 1_500),)) == [(500, 100.0), (7_000, 30.0)]


def test_one_line_corrected_into_two_keeps_the_others():
    large = lot(50_000, 20.0, 51_100)
    halves = (lot(50, 10.0, 1_050), lot(50, 10.0, 1_100))
    assert bought((lot(100, 10.0, 1_100), large), halves) == [(50, 10.0), (50, 10.0), (50_000, 20.0)]


def test_of_lines_as_like_the_one_bought_from_the_same_holding_is_corrected():
    first = (lot(100, 10.0, 1_100), lot(300, 10.0, 1_400))
    assert bought(first, (lot(290, 10.0, 1_290),)) == [(290, 10.0), (300, 10.0)]


def test_a_statement_without_remaining_lines_is_dropped():
    first = statement(1, (JANE,), row(), filed=date(2026, 2, 3))
    second = statement(2, (JANE,), row(900), filed=FILED, original=date(2026, 2, 3))
    third = statement(3, (JANE,), row(800), filed=DAY, original=date(2026, 2, 3))
    assert numbers(effective_statements([third, first, second])) == [3]


def test_an_amendment_that_corrects_the_day_is_matched_by_when_the_original_was_filed():
    first = statement(1, (JANE,), row(), row(day=date(2026, 2, 3)), filed=FILED)
    fixed = statement(2, (JANE,), row(), row(day=date(2026, 2, 2)), original=FILED, period=date(2026, 2, 2))
    assert numbers(effective_statements([first, fixed])) == [2]


def test_an_amendment_that_corrects_the_only_day_is_matched_by_its_lines():
    day = date(2026, 2, 2)
    first = statement(1, (JANE,), lot(10_000, 10.0, 11_000), filed=FILED)
    fixed = statement(2, (JANE,), lot(10_000, 10.0, 11_000, day=day), original=FILED, period=day)
    assert numbers(effective_statements([first, fixed])) == [2]
    other = statement(3, (JANE,), lot(10_000, 10.0, 21_000, day=day), original=FILED, period=day)
    assert numbers(effective_statements([first, other])) == [1, 3]


def test_an_amendment_does_not_change_filings_of_other_owners_or_days():
    others = statement(1, (ROE,), row())
    later = statement(2, (JANE,), row(day=DAY), period=DAY)
    fixed = statement(3, (JANE,), row(), original=DAY)
    assert numbers(effective_statements([others, later, fixed])) == [1, 2, 3]


def test_an_amendment_filed_on_the_day_of_its_original_wins_whatever_its_number():
    fixed = statement(1, (JANE,), row(), original=DAY)
    first = statement(2, (JANE,), row())
    assert numbers(effective_statements([fixed, first])) == [1]


def test_an_amendment_to_a_filing_from_before_the_window_is_not_new():
    fixed = statement(1, (JANE,), row(), original=date(2026, 1, 12))
    assert restates_before(fixed, DAY)
    assert not restates_before(fixed, date(2026, 1, 12))
    assert not restates_before(statement(2, (JANE,), row()), DAY)


def test_an_amendment_without_the_original_date_is_dated_by_its_trades():
    old = statement(1, (JANE,), row(day=date(2026, 1, 9)), original=DAY)
    object.__setattr__(old.filing, "original_day", None)
    assert restates_before(old, DAY)
    assert not restates_before(old, date(2026, 1, 12))


lots = st.lists(
    st.builds(lot, st.integers(1, 9), st.integers(1, 4), st.integers(1, 60)), max_size=5
).map(tuple)  # fmt: skip


@given(lots, lots)
def test_all_lines_of_an_amendment_are_kept_and_no_original_line_is_invented(original, amended):
    first = statement(1, (JANE,), *original, filed=FILED)
    fixed = statement(2, (JANE,), *amended, original=FILED)
    effective: list[Statement] = effective_statements([first, fixed])
    assert effective[-1] == fixed
    kept = [one for before in effective[:-1] for one in before.filing.transactions]
    assert all(any(one is old for old in original) for one in kept)
    assert fsum(one.shares for one in kept) <= fsum(one.shares for one in original)


@given(lots)
def test_the_same_again_changes_nothing(original):
    first = statement(1, (JANE,), *original, filed=FILED)
    fixed = statement(2, (JANE,), *original, original=FILED)
    kept = [row for one in effective_statements([first, fixed])[:-1] for row in one.filing.transactions]
    assert kept == []


@given(lots.filter(len))
def test_the_same_again_on_another_day_changes_nothing_but_the_day(original):
    day = date(2026, 2, 2)
    moved = tuple(replace(one, day=day) for one in original)
    first = statement(1, (JANE,), *original, filed=FILED)
    fixed = statement(2, (JANE,), *moved, original=FILED, period=day)
    assert effective_statements([first, fixed]) == [fixed]


KINDS = ({"direct": False}, {"security": "Class B"}, {"code": "F", "acquired": False})


@given(lots, lots, st.sampled_from(KINDS))
def test_lines_of_another_kind_cost_no_line(original, forgotten, kind):
    first = statement(1, (JANE,), *original, filed=FILED)
    others = (replace(one, shares_following=one.shares_following + 100, **kind) for one in forgotten)
    fixed = statement(2, (JANE,), *others, original=FILED)
    assert effective_statements([first, fixed])[0] == first


@given(st.lists(st.integers(2, 9), min_size=1, max_size=5), st.data())
def test_a_line_split_in_two_replaces_only_that_line(numbers_bought, data):
    held = [1_000 + sum(numbers_bought[: at + 1]) for at in range(len(numbers_bought))]
    original = [lot(shares, 10.0 + at, held[at]) for at, shares in enumerate(numbers_bought)]
    old = data.draw(st.sampled_from(original))
    part = data.draw(st.integers(1, int(old.shares) - 1))
    parts = (
        lot(part, old.price, old.shares_following - old.shares + part),
        lot(old.shares - part, old.price, old.shares_following),
    )
    others = [one for one in original if one is not old]
    assert bought(tuple(original), parts) == sorted((one.shares, one.price) for one in (*others, *parts))
