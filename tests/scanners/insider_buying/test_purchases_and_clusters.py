"""From filings to purchases to clusters: what counts, what counts once, and the ranking."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from tradingagents.discovery.model.candidate import Priority
from tradingagents.discovery.scanners.insider_buying.clusters import Cluster, Role, role_of
from tradingagents.discovery.scanners.insider_buying.purchases import (
    Statement,
    by_issuer,
    implausible,
    is_share,
    purchases_of,
)
from tradingagents.discovery.vendors.sec.form4 import Issuer, Owner, OwnershipFiling, Transaction
from tradingagents.discovery.vendors.sec.index import FilingRef

DAY = date(2026, 2, 5)
EXAMPLE = Issuer(9900001, "EXAMPLE CORP", "EXMP")


def owner(cik: int, title: str = "", *, director: bool = False, ten_percent: bool = False) -> Owner:
    return Owner(cik, f"Person {cik}", director, bool(title), ten_percent, other=False, title=title)


def row(shares: float | None = 1_000, price: float | None = 10.0, **own: object) -> Transaction:
    usual = Transaction(
        security="Common Stock",
        day=date(2026, 2, 4),
        code="P",
        shares=shares,
        price=price,
        acquired=True,
        equity_swap=False,
        direct=True,
        shares_following=None,
    )
    return replace(usual, **own)


def statement(
    number: int,
    owners: tuple[Owner, ...],
    *rows: Transaction,
    issuer: Issuer = EXAMPLE,
    filed: date = DAY,
    original: date | None = None,
    period: date = date(2026, 2, 4),
    plan: bool | None = False,
) -> Statement:
    form = "4" if original is None else "4/A"
    ciks = frozenset({issuer.cik, *(one.cik for one in owners)})
    path = f"edgar/data/{issuer.cik}/0009980001-26-{number:06d}.txt"
    ref = FilingRef(f"0009980001-26-{number:06d}", form, filed, path, ciks)
    return Statement(ref, OwnershipFiling(form, period, original, issuer, owners, plan, False, rows))


def cluster(*statements: Statement) -> Cluster:
    return Cluster(EXAMPLE, tuple(purchases_of(statements)))


JANE, ROE = owner(1, director=True), owner(2, director=True)
CHIEF, LAWYER = owner(3, "Chief Executive Officer"), owner(4, "General Counsel")
FUND, OTHER_FUND = owner(5, ten_percent=True), owner(6, ten_percent=True)


# -- what is a purchase ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "other",
    [
        row(code="A"),
        row(code="M"),
        row(code="S", acquired=False),
        row(acquired=False),
        row(equity_swap=True),
        row(price=None),
        row(price=0.0),
        row(shares=None),
        row(shares=0.0),
    ],
)
def test_only_shares_bought_for_a_price_are_a_purchase(other):
    (bought,) = purchases_of([statement(1, (JANE,), other, row())])
    assert (bought.shares, bought.price, bought.value_usd) == (1_000, 10.0, 10_000)


def test_rows_that_look_alike_in_one_filing_are_two_purchases():
    trusts = row(direct=False, shares_following=1_000)
    assert len(list(purchases_of([statement(1, (JANE,), trusts, trusts)]))) == 2


def test_the_same_row_filed_twice_by_one_owner_or_group_counts_once():
    again = [statement(1, (JANE,), row()), statement(2, (JANE, ROE), row())]
    group = [statement(3, (FUND,), row(direct=False)), statement(4, (OTHER_FUND,), row(direct=False))]
    assert len(list(purchases_of(again))) == 1
    assert len(list(purchases_of(group))) == 1


def test_identical_purchases_of_two_directors_count_twice():
    assert len(list(purchases_of([statement(1, (JANE,), row()), statement(2, (ROE,), row())]))) == 2


def numbers(statements: list[Statement]) -> list[int]:
    return [int(one.ref.accession[-6:]) for one in statements]


@pytest.mark.parametrize(
    ("title", "share"),
    [
        ("Common Stock", True),
        ("common", True),
        ("Class A Common Stock, $0.01 par value", True),
        ("Ordinary Shares", True),
        ("American Depositary Shares", True),
        ("Common Stock (with associated preferred stock purchase rights)", True),
        ("Common Units representing limited partner interests", True),
        ("Class C Capital Stock", True),
        ("", True),
        ("6.50% Series A Preferred Stock", False),
        ("Series B Convertible Preferred Stock, convertible into Common Stock", False),
        ("Depositary Shares, each 1/1000th of a Preference Share", False),
        ("5.875% Senior Notes due 2028", False),
        ("Warrants (right to buy)", False),
    ],
)
def test_only_common_shares_count(title, share):
    assert is_share(title) is share
    assert len(list(purchases_of([statement(1, (JANE,), row(security=title))]))) == share


# -- figures that cannot be --------------------------------------------------------------------------------


def doubts(*statements: Statement) -> list[str | None]:
    return [implausible(one, statements) for one in purchases_of(statements)]


def test_a_total_written_as_the_price_is_not_believed():
    fine, wrong = doubts(statement(1, (JANE,), row()), statement(2, (ROE,), row(price=10_000.0)))
    assert fine is None
    assert wrong == "a price of 10,000.00 dollars, where others traded at 10.00"


def test_a_sale_shows_the_market_price_but_an_exercise_does_not():
    sold = row(price=20.0, code="S", acquired=False)
    exercised = row(price=0.01, code="M")
    assert doubts(statement(1, (JANE,), row(price=2_500.0), sold)) != [None]
    assert doubts(statement(1, (JANE,), row(price=25.0), exercised)) == [None]


@pytest.mark.parametrize(
    ("original", "days"),
    [
        pytest.param(date(2026, 2, 5), 1, id="filed in time, amended later"),
        pytest.param(date(2026, 2, 3), 58, id="made after the filing that it amends"),
        pytest.param(date(2027, 2, 5), 58, id="a typing error in the year"),
        pytest.param(None, 58, id="no amendment"),
    ],
)
def test_the_delay_of_a_purchase_ends_with_its_first_filing(original, days):
    (bought,) = purchases_of([statement(1, (JANE,), row(), filed=date(2026, 4, 3), original=original)])
    assert bought.days_late == days


def test_a_purchase_of_after_its_filing_is_not_believed():
    early = statement(1, (JANE,), row(), filed=date(2026, 2, 3), original=date(2026, 2, 3))
    assert doubts(early) == ["bought on 2026-02-04, but filed on 2026-02-03"]


def test_more_dollars_than_any_insider_has_are_not_believed():
    assert doubts(statement(1, (JANE,), row(shares=2e9, price=6.0))) == [
        "12,000,000,000 dollars in one purchase"
    ]


# -- clusters ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "role"),
    [
        ("Chief Executive Officer", Role.CHIEF),
        ("President & CEO", Role.CHIEF),
        ("EVP and CFO", Role.CHIEF),
        ("Executive Chairman", Role.CHIEF),
        ("Vice President, Sales", Role.OFFICER),
        ("Senior Vice-President", Role.OFFICER),
        ("General Counsel", Role.OFFICER),
        ("See Remarks", Role.OFFICER),
    ],
)
def test_a_chief_officer_is_recognised_by_title(title, role):
    assert role_of(owner(1, title)) is role


def test_more_insiders_outrank_a_higher_office_and_that_outranks_more_dollars():
    ranked = [
        cluster(statement(1, (JANE,), row()), statement(2, (ROE,), row()), statement(3, (FUND,), row())),
        cluster(statement(1, (JANE,), row()), statement(2, (LAWYER,), row())),
        cluster(statement(1, (JANE,), row()), statement(2, (ROE,), row())),
        cluster(statement(1, (CHIEF,), row())),
        cluster(statement(1, (LAWYER,), row())),
        cluster(statement(1, (JANE,), row(shares=50_000_000))),
        cluster(statement(1, (JANE,), row())),
        cluster(statement(1, (FUND,), row(shares=900_000_000))),
        cluster(statement(1, (CHIEF,), row(shares=900_000_000), plan=True)),
    ]
    assert ranked == sorted(ranked, key=lambda one: -one.score)
    assert len({one.score for one in ranked}) == len(ranked)
    assert [one.priority for one in ranked] == [
        Priority.CRITICAL,
        Priority.HIGH,
        Priority.HIGH,
        Priority.HIGH,
        Priority.MEDIUM,
        Priority.MEDIUM,
        Priority.MEDIUM,
        Priority.LOW,
        Priority.LOW,
    ]


def test_the_score_follows_the_documented_formula():
    bought = cluster(statement(1, (JANE,), row()), statement(2, (CHIEF,), row(shares=9_000)))
    assert bought.score == 100 * 2 + 10 * 3 + 5  # two insiders, a chief, 100,000 dollars


def test_joint_owners_and_filings_that_share_an_owner_are_one_insider():
    joint = cluster(statement(1, (JANE, FUND, OTHER_FUND), row()))
    chain = cluster(
        statement(1, (JANE,), row(shares=1)),
        statement(2, (ROE,), row(shares=2)),
        statement(3, (JANE, ROE), row(shares=3)),
    )
    assert (joint.deciders, chain.deciders) == (1, 1)


def test_a_purchase_under_a_plan_is_not_counted_as_a_decision_and_is_marked():
    mixed = cluster(statement(1, (CHIEF,), row(shares=4_000), plan=True), statement(2, (JANE,), row()))
    assert (mixed.deciders, mixed.role, mixed.planned_usd) == (1, Role.DIRECTOR, 40_000)
    assert mixed.context.endswith("; $40,000 of it under a 10b5-1 plan")
    planned = cluster(statement(1, (CHIEF,), row(), plan=True))
    assert (planned.deciders, planned.priority) == (0, Priority.LOW)
    assert planned.context.endswith("; all of it under a 10b5-1 plan")


def test_a_purchase_in_an_offering_is_not_counted_as_a_decision_and_is_marked():
    mixed = cluster(statement(1, (CHIEF,), row(shares=4_000, placed=True)), statement(2, (JANE,), row()))
    assert (mixed.deciders, mixed.role, mixed.placed_usd) == (1, Role.DIRECTOR, 40_000)
    assert mixed.context.endswith("; $40,000 of it not in the market, by its footnotes")
    offered = cluster(statement(1, (CHIEF,), row(placed=True)))
    assert (offered.deciders, offered.priority) == (0, Priority.LOW)
    assert offered.evidence(str)[0].values["placed"] is True


def test_an_unknown_plan_is_not_taken_for_one():
    unknown = cluster(statement(1, (CHIEF,), row(), plan=None))
    assert unknown.deciders == 1
    assert "plan" not in unknown.context
    assert unknown.evidence(str)[0].values["plan_10b5_1"] is None


def test_the_context_is_one_sentence_about_what_was_bought_by_whom():
    bought = cluster(
        statement(1, (JANE,), row()),
        statement(2, (CHIEF,), row(shares=3_000, price=11.0)),
        statement(3, (FUND, OTHER_FUND), row(shares=500)),
        statement(4, (ROE,), row(shares=250)),
    )
    assert bought.context == (
        "4 insiders bought 4,750 shares of EXAMPLE CORP for $50,500 ($10.63 a share) 2026-02-04, "
        "filed 2026-02-05: "
        "Person 3 (Chief Executive Officer), Person 1 (director), Person 2 (director), 1 more"
    )


def test_each_filing_is_a_record_of_the_evidence():
    bought = cluster(
        statement(1, (FUND, CHIEF), row(), row(shares=3_000, price=12.0, day=DAY)),
        statement(2, (JANE,), row()),
    )
    first, second = (one.to_dict() for one in bought.evidence(lambda path: f"https://sec.example/{path}"))
    assert first == {
        "vendor": "sec",
        "kind": "form4_purchase",
        "as_of": "2026-02-05",
        "url": "https://sec.example/edgar/data/9900001/0009980001-26-000001.txt",
        "id": "0009980001-26-000001",
        "values": {
            "form": "4",
            "owner": "Person 3",
            "joint_owners": 1,
            "role": "Chief Executive Officer",
            "code": "P",
            "shares": 4_000,
            "price": 11.5,
            "value": 46_000,
            "first_day": "2026-02-04",
            "last_day": "2026-02-05",
            "plan_10b5_1": False,
            "placed": False,
        },
    }
    assert (second["id"][-6:], second["values"]["owner"]) == ("000002", "Person 1")


def test_issuers_within_a_group_are_separated():
    other = Issuer(9900002, "OTHER CORP", "OTHR")
    mixed = [
        statement(1, (FUND,), row()),
        statement(2, (FUND,), row(), issuer=other),
        statement(3, (JANE,), row()),
    ]
    assert [numbers(group) for group in by_issuer(mixed)] == [[1, 3], [2]]
