"""Which filings belong together, and in which order they are read."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from tradingagents.discovery.scanners.edgar.groups import linked_filings
from tradingagents.discovery.vendors.sec.index import FilingRef

DAY = date(2026, 2, 5)


def ref(number: int, *ciks: int) -> FilingRef:
    return FilingRef(f"0009980001-26-{number:06d}", "4", DAY, "edgar/data/1/x.txt", frozenset(ciks))


refs = st.lists(
    st.frozensets(st.integers(0, 12), min_size=1, max_size=3), max_size=14
).map(lambda filers: [ref(number, *ciks) for number, ciks in enumerate(filers)])  # fmt: skip


@given(refs)
def test_filings_are_in_one_group_exactly_when_linked_by_filers(filings):
    groups = linked_filings(filings)
    assert sorted(one.accession for group in groups for one in group) == [one.accession for one in filings]
    filers = [frozenset().union(*(one.ciks for one in group)) for group in groups]
    assert sum(map(len, filers)) == len(frozenset().union(*filers)) if filers else not filings
    for group in groups:  # and each group hangs together
        met, rest = set(group[0].ciks), group[1:]
        while touching := [one for one in rest if one.ciks & met]:
            met |= frozenset().union(*(one.ciks for one in touching))
            rest = [one for one in rest if one not in touching]
        assert not rest


@given(refs, st.randoms(use_true_random=False))
def test_the_order_of_reading_does_not_depend_on_the_order_of_listing(filings, random):
    shuffled = list(filings)
    random.shuffle(shuffled)
    assert linked_filings(shuffled) == linked_filings(filings)


def test_the_company_with_the_most_filings_is_read_first():
    groups = linked_filings([ref(1, 10, 1), ref(2, 20, 2), ref(3, 30, 3), ref(4, 20, 4), ref(5, 20, 5)])
    assert [[one.accession[-1] for one in group] for group in groups] == [["2", "4", "5"], ["1"], ["3"]]
