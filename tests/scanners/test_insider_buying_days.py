"""``insider_buying`` over real filings, and on days on which something is missing or wrong."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, time, timedelta

import pytest

from tests.scanners.test_insider_buying import DAY, scan, scanner, tickers, tool_log
from tests.shared_data import SHARED, needs_shared
from tradingagents.discovery.clock import Deadline, deadline_scope
from tradingagents.discovery.errors import Cancelled, NoDataError, StaleDataError, Transient
from tradingagents.discovery.vendors.form4 import parse_form4
from tradingagents.discovery.vendors.sec import CurrentFilings
from tradingagents.discovery.vendors.sec_feed import FeedEntry
from tradingagents.discovery.vendors.sec_header import FilingHeader
from tradingagents.discovery.vendors.sec_index import IndexRow


class Edgar:
    """Takes the place of the client: ``indexes`` by day, documents by path; both may hold errors."""

    def __init__(self, indexes=None, documents=None, feed=None, companies=None):
        self.indexes, self.documents = indexes or {}, documents or {}
        self.feed, self.companies, self.asked = feed, companies, []
        self.sec = self

    def daily_index(self, day):
        self.asked.append(("index", day))
        return self._given(self.indexes.get(day), day)

    def current_filings(self, day):
        self.asked.append(("feed", day))
        return self._given(self.feed, day)

    def ownership_filing(self, path):
        return parse_form4(self._given(self.documents.get(path), path))

    def company_tickers(self):
        self.asked.append(("companies",))
        return self._given(self.companies, "companies")

    def filing_url(self, path):
        return f"https://sec.example/{path}"

    @staticmethod
    def _given(answer, what):
        if answer is None:
            raise NoDataError(f"nothing for {what}")
        if isinstance(answer, Exception):
            raise answer
        return answer() if callable(answer) else answer


def listed(document: bytes, number: int, filed: date = DAY, form: str = "4") -> tuple[list[IndexRow], str]:
    """Return the rows of a document in an index, one for each filer, and the path it is read at."""
    filing = parse_form4(document)
    filers = [(filing.issuer.cik, "issuer"), *((owner.cik, owner.name) for owner in filing.owners)]
    rows = [
        IndexRow(form, name, cik, filed, f"edgar/data/{cik}/0009980001-26-{number:06d}.txt")
        for cik, name in filers
    ]
    return rows, min(row.path for row in rows)


def feed_of(rows: list[IndexRow], *, complete: bool) -> CurrentFilings:
    accepted = datetime.combine(DAY, time(9), UTC)
    return CurrentFilings(
        tuple(FeedEntry(row, FilingHeader(row.form, accepted, ())) for row in rows), complete
    )


def edgar_of(documents: list[bytes], **own) -> Edgar:
    rows, by_path = [], {}
    for number, document in enumerate(documents):
        own_rows, path = listed(document, number)
        rows += own_rows
        by_path[path] = document
    return Edgar({DAY: rows}, by_path, **own)


@needs_shared
def test_of_all_real_form_4_filings_only_the_real_purchases_are_found():
    assert SHARED is not None
    folder = SHARED / "real-data" / "sec"
    files = sorted([*(folder / "form4").iterdir(), *(folder / "form4_submission_txt").iterdir()])
    made = scanner(edgar_of([file.read_bytes() for file in files]), min_value_usd=1)
    found = {one["ticker"]: one for one in scan(made)}
    assert made.recorder.funnel["filings read"] == 31
    # AREC's P row disposes of shares, and PMN's P row buys a warrant
    assert set(found) == {"TCRR", "TLS", "FLWS", "ISBA"}
    values = {ticker: sum(e["values"]["value"] for e in one["evidence"]) for ticker, one in found.items()}
    assert values == {
        "TCRR": round((38_765 + 6_183) * 1.95, 2),
        "TLS": round((84_603 + 84_602 + 84_602) * 2.36, 2),
        "FLWS": round(16_000 * 5.3569 + 16_847 * 5.4231 + 100_000 * 5.4598 + 35_000 * 5.4173, 2),
        "ISBA": round(275.634 * 18.14, 2),
    }
    assert {ticker: one["priority"] for ticker, one in found.items()} == {
        "TCRR": "low",
        "TLS": "medium",
        "FLWS": "low",
        "ISBA": "medium",
    }
    assert "TANG KEVIN C (10 % owner) with 2 joint filers" in found["TCRR"]["context"]
    assert tickers(scan(scanner(made.vendors))) == {"TCRR", "TLS", "FLWS"}  # ISBA's came to 5,000 dollars


@needs_shared
def test_real_malformed_filings_are_named_and_the_others_found():
    assert SHARED is not None
    folder = SHARED / "real-data" / "sec"
    edgar = edgar_of([(folder / "form4" / "TLS_2023-05-12_d53f8f.xml").read_bytes()])
    for number, file in enumerate(sorted((folder / "form4_malformed").iterdir()), start=7):
        path = f"edgar/data/7/0009980001-26-{number:06d}.txt"
        edgar.indexes[DAY].append(IndexRow("4", "X", number, DAY, path))
        edgar.documents[path] = file.read_bytes()
    made = scanner(edgar)
    assert tickers(scan(made)) == {"TLS"}
    assert [message.split(":")[0] for _, message in made.recorder.troubles] == [
        "0009980001-26-000007",
        "0009980001-26-000008",
    ]


def bought(issuer: int = 9_900_001, owner: int = 9_950_001, symbol: str = "EXMP", **own: object) -> bytes:
    facts = {"form": "4", "price": 10, "shares": 5_000, "original": "", "period": "2026-02-04"} | own
    return f"""<ownershipDocument><documentType>{facts["form"]}</documentType>
<periodOfReport>{facts["period"]}</periodOfReport>
<dateOfOriginalSubmission>{facts["original"]}</dateOfOriginalSubmission>
<issuer><issuerCik>{issuer}</issuerCik><issuerName>EXAMPLE {issuer}</issuerName>
<issuerTradingSymbol>{symbol}</issuerTradingSymbol></issuer>
<reportingOwner><reportingOwnerId><rptOwnerCik>{owner}</rptOwnerCik><rptOwnerName>Doe</rptOwnerName>
</reportingOwnerId><reportingOwnerRelationship><isDirector>1</isDirector></reportingOwnerRelationship>
</reportingOwner><nonDerivativeTable><nonDerivativeTransaction>
<transactionDate><value>{facts["period"]}</value></transactionDate>
<transactionCoding><transactionCode>P</transactionCode></transactionCoding>
<transactionAmounts><transactionShares><value>{facts["shares"]}</value></transactionShares>
<transactionPricePerShare><value>{facts["price"]}</value></transactionPricePerShare>
<transactionAcquiredDisposedCode><value>A</value></transactionAcquiredDisposedCode></transactionAmounts>
</nonDerivativeTransaction></nonDerivativeTable></ownershipDocument>""".encode()


def test_before_the_index_is_out_the_feed_tells_and_the_scan_says_so():
    edgar = edgar_of([bought()])
    edgar.feed = feed_of(edgar.indexes.pop(DAY), complete=True)
    made = scanner(edgar)
    assert tickers(scan(made)) == {"EXMP"}
    assert made.recorder.funnel["days listed by the feed of current filings, their index not being out"] == 1
    assert [one["tool"] for one in tool_log(made)] == [
        "sec.daily_index",
        "sec.current_filings",
        "sec.ownership_filing",
    ]
    assert made.recorder.troubles == []


def test_a_feed_that_broke_off_makes_the_answer_a_part():
    edgar = edgar_of([bought()])
    edgar.feed = feed_of(edgar.indexes.pop(DAY), complete=False)
    made = scanner(edgar)
    assert tickers(scan(made)) == {"EXMP"}
    assert [reason for reason, _ in made.recorder.troubles] == ["vendor_down"]


def test_holidays_are_made_up_for_and_weekends_not_asked_for():
    edgar = edgar_of([bought()])
    friday, wednesday = DAY + timedelta(days=1), DAY - timedelta(days=1)
    edgar.indexes[wednesday - timedelta(days=1)] = []
    made = scanner(edgar, lookback_days=2)
    assert tickers(scan(made, friday + timedelta(days=2))) == {"EXMP"}  # Sunday; Friday, Wednesday closed
    assert [day for kind, day in edgar.asked if kind == "index"] == [
        friday,
        DAY,
        wednesday,
        wednesday - timedelta(days=1),
    ]


def test_only_an_old_index_is_stale_and_not_todays_answer():
    edgar = edgar_of([bought()])
    with pytest.raises(StaleDataError):
        scan(scanner(edgar, lookback_days=3), DAY + timedelta(days=8))


def test_a_day_that_cannot_be_had_degrades_a_longer_window_and_fails_a_single_day():
    edgar = edgar_of([bought()])
    edgar.indexes[DAY - timedelta(days=1)] = Transient("sec", "down")
    made = scanner(edgar, lookback_days=2)
    assert tickers(scan(made)) == {"EXMP"}
    assert [message for _, message in made.recorder.troubles] == ["filings of 2026-02-04: sec: down"]
    with pytest.raises(Transient):
        scan(scanner(edgar), DAY - timedelta(days=1))


def test_an_amendment_is_never_added_to_what_it_restates():
    edgar = edgar_of([bought(), bought(form="4/A", original="2026-02-05", shares=6_000)])
    (found,) = scan(scanner(edgar))
    assert [record["values"]["value"] for record in found["evidence"]] == [60_000]
    assert found["evidence"][0]["values"]["form"] == "4/A"


def test_an_amendment_of_an_older_filing_is_no_news():
    made = scanner(edgar_of([bought(form="4/A", original="2026-01-12", period="2026-01-09")]))
    assert scan(made) == []
    assert made.recorder.funnel["amendments of filings from before the window"] == 1


def test_a_purchase_that_cannot_be_is_rejected_with_its_reason():
    edgar = edgar_of([bought(), bought(owner=9_950_002, price=50_000)])
    made = scanner(edgar)
    (found,) = scan(made)
    assert len(found["evidence"]) == 1
    (rejected,) = made.recorder.rejected
    assert rejected["reason"] == "implausible: a price of 50,000.00 dollars, where others traded at 10.00"
    assert rejected["candidate"]["accession"] == "0009980001-26-000001"


def test_a_company_that_typed_no_symbol_is_found_by_its_number_or_left_out():
    edgar = edgar_of(
        [
            bought(issuer=9_900_001, owner=1, symbol="NONE"),
            bought(issuer=9_900_002, owner=2, symbol=""),
            bought(issuer=9_900_003, owner=3, symbol="GOOD"),
        ],
        companies={9_900_002: ("QXB-A", "QXB-B")},
    )
    made = scanner(edgar)
    assert tickers(scan(made)) == {"QXB.A", "GOOD"}
    assert edgar.asked.count(("companies",)) == 1
    assert made.recorder.funnel["companies without a listed symbol"] == 1
    assert made.recorder.rejected == []


def test_the_list_of_companies_is_not_asked_for_when_every_symbol_is_good():
    edgar = edgar_of([bought()])
    scan(scanner(edgar))
    assert ("companies",) not in edgar.asked


def test_companies_read_before_the_deadline_are_kept():
    """The second company's filing never comes; the first is yielded before anybody waits for it in vain."""
    edgar = edgar_of([bought(owner=1), bought(owner=2), bought(issuer=9_900_002, owner=3, symbol="LATE")])
    stuck = threading.Event()
    late = next(path for path in edgar.documents if path.endswith("000002.txt"))
    edgar.documents[late] = lambda: stuck.wait(10) or b""
    found = scanner(edgar).iter_valid({"trade_date": DAY.isoformat()})
    deadline = Deadline()
    with deadline_scope(deadline):
        assert next(found)["ticker"] == "EXMP"
        deadline.cancel()
        with pytest.raises(Cancelled):
            next(found)
    stuck.set()


def test_a_group_whose_last_filing_fails_is_judged_by_the_others():
    edgar = edgar_of([bought(owner=1), bought(owner=2), bought(issuer=9_900_002, owner=3, symbol="NEXT")])
    edgar.documents[next(path for path in edgar.documents if path.endswith("000001.txt"))] = b"broken"
    made = scanner(edgar)
    assert tickers(scan(made)) == {"EXMP", "NEXT"}
    assert made.recorder.funnel["filings read"] == 2
