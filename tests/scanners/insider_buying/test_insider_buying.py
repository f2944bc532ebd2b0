"""``insider_buying`` with real filings, and with missing or malformed data."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from tests.fake_clock import FakeClock
from tests.scanners.insider_buying.test_insider_buying_in_sandbox import DAY, scan, scanner, tickers, tool_log
from tests.shared_data import RECORDED_SEC
from tradingagents.discovery.model.clock import Deadline, deadline_scope
from tradingagents.discovery.model.errors import Cancelled, NoDataError, StaleDataError, Transient
from tradingagents.discovery.vendors.sec.client import CurrentFilings
from tradingagents.discovery.vendors.sec.feed import FeedEntry
from tradingagents.discovery.vendors.sec.form4 import parse_form4
from tradingagents.discovery.vendors.sec.index import FilingHeader, IndexRow


class Edgar:
    """A fake SEC client: ``indexes`` by day, documents by path; both may hold errors."""

    def __init__(self, indexes=None, documents=None, feed=None, companies=None):
        self.indexes, self.documents = indexes or {}, documents or {}
        self.feed, self.companies, self.requested = feed, {} if companies is None else companies, []
        self.sec = self

    def daily_index(self, day):
        self.requested.append(("index", day))
        return self._given(self.indexes.get(day), day)

    def current_filings(self, day):
        self.requested.append(("feed", day))
        return self._given(self.feed, day)

    def ownership_filing(self, path):
        return parse_form4(self._given(self.documents.get(path), path))

    def company_tickers(self):
        self.requested.append(("companies",))
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


def edgar_of_real_days(files: list[Path]) -> tuple[Edgar, set[date]]:
    """List each real filing on the last day it mentions, and return those days too."""
    edgar = Edgar()
    for number, file in enumerate(files):
        document = file.read_bytes()
        filing = parse_form4(document)
        day = max([row.day for row in filing.transactions], default=filing.period)
        while day.isoweekday() > 5:
            day += timedelta(days=1)
        rows, path = listed(document, number, filed=day)
        edgar.indexes.setdefault(day, []).extend(rows)
        edgar.documents[path] = document
    return edgar, set(edgar.indexes)


def test_of_all_real_form_4_filings_only_the_real_purchases_are_found():
    files = sorted([*(RECORDED_SEC / "form4").iterdir(), *(RECORDED_SEC / "form4_submission_txt").iterdir()])
    edgar, days = edgar_of_real_days(files)
    found, read = {}, 0
    for day in sorted(days):
        made = scanner(edgar, min_value_usd=1)
        found |= {one["ticker"]: one for one in scan(made, day)}
        read += made.recorder.funnel["filings read"]
    assert read == len(files) == 31
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
    assert " 2025-04-24 to 2025-04-28, filed 2025-04-28: " in found["FLWS"]["context"]
    assert scan(scanner(edgar), date(2024, 4, 29)) == []  # ISBA's came to 5,000 dollars


def test_real_malformed_filings_are_named_and_the_others_found():
    edgar, (day,) = edgar_of_real_days([RECORDED_SEC / "form4" / "TLS_2023-05-12_d53f8f.xml"])
    for number, file in enumerate(sorted((RECORDED_SEC / "form4_malformed").iterdir()), start=7):
        path = f"edgar/data/7/0009980001-26-{number:06d}.txt"
        edgar.indexes[day].append(IndexRow("4", "X", number, day, path))
        edgar.documents[path] = file.read_bytes()
    made = scanner(edgar)
    assert tickers(scan(made, day)) == {"TLS"}
    assert [message.split(":")[0] for _, message in made.recorder.degradations] == [
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


def test_the_feed_is_used_and_counted_until_the_index_is_published():
    edgar = edgar_of([bought()])
    edgar.feed = feed_of(edgar.indexes.pop(DAY), complete=True)
    made = scanner(edgar)
    assert tickers(scan(made)) == {"EXMP"}
    assert made.recorder.funnel["days listed from the feed of current filings"] == 1
    assert [one["tool"] for one in tool_log(made)][:3] == [
        "sec.daily_index",
        "sec.current_filings",
        "sec.ownership_filing",
    ]
    assert made.recorder.degradations == []


def test_a_feed_that_ended_early_degrades_the_outcome():
    edgar = edgar_of([bought()])
    edgar.feed = feed_of(edgar.indexes.pop(DAY), complete=False)
    made = scanner(edgar)
    assert tickers(scan(made)) == {"EXMP"}
    assert [reason for reason, _ in made.recorder.degradations] == ["vendor_down"]


def test_holidays_are_replaced_by_earlier_days_and_weekends_not_requested():
    edgar = edgar_of([bought()])
    friday, wednesday = DAY + timedelta(days=1), DAY - timedelta(days=1)
    edgar.indexes[wednesday - timedelta(days=1)] = []
    made = scanner(edgar, lookback_days=2)
    assert tickers(scan(made, friday + timedelta(days=2))) == {"EXMP"}  # Sunday; Friday, Wednesday closed
    assert [one[1] for one in edgar.requested if one[0] == "index"][:4] == [
        friday,
        DAY,
        wednesday,
        wednesday - timedelta(days=1),
    ]


def test_only_an_old_index_is_stale_and_not_todays_answer():
    edgar = edgar_of([bought()])
    with pytest.raises(StaleDataError):
        scan(scanner(edgar, lookback_days=3), DAY + timedelta(days=8))


def test_a_failed_day_degrades_a_longer_window_and_fails_a_single_day():
    edgar = edgar_of([bought()])
    edgar.indexes[DAY - timedelta(days=1)] = Transient("sec", "down")
    made = scanner(edgar, lookback_days=2)
    assert tickers(scan(made)) == {"EXMP"}
    assert made.recorder.degradations[0][1] == "filings of 2026-02-04: sec: down"
    with pytest.raises(Transient):
        scan(scanner(edgar), DAY - timedelta(days=1))


def test_an_amendment_is_never_counted_beside_the_filing_it_restates():
    edgar = edgar_of([bought(), bought(form="4/A", original="2026-02-05", shares=6_000)])
    (found,) = scan(scanner(edgar))
    assert [record["values"]["value"] for record in found["evidence"]] == [60_000]
    assert found["evidence"][0]["values"]["form"] == "4/A"


def test_an_amendment_of_an_older_filing_is_not_new():
    made = scanner(edgar_of([bought(form="4/A", original="2026-01-12", period="2026-01-09")]))
    assert scan(made) == []
    assert made.recorder.funnel["amendments to filings from before the window"] == 1


@pytest.mark.parametrize("trade", ["2025-12-19", "2025-11-03"])
def test_a_late_amendment_does_not_make_a_purchase_filed_in_time_late(trade):
    first_filed = date(2025, 12, 22)
    edgar = Edgar({first_filed + timedelta(days=ahead): [] for ahead in range((DAY - first_filed).days + 1)})
    documents = (bought(period=trade), bought(period=trade, form="4/A", original=first_filed.isoformat()))
    for number, (document, filed) in enumerate(zip(documents, (first_filed, DAY), strict=True)):
        edgar.indexes[filed], path = listed(document, number, filed)
        edgar.documents[path] = document
    made = scanner(edgar, lookback_days=34)
    in_time = trade == "2025-12-19"
    assert tickers(scan(made)) == ({"EXMP"} if in_time else set())
    assert made.recorder.funnel["filings restated by an amendment"] == 1
    assert made.recorder.funnel.get("purchases filed more than 30 days after the trade", 0) == (not in_time)


def test_an_implausible_purchase_is_rejected_with_its_reason():
    edgar = edgar_of([bought(), bought(owner=9_950_002, price=50_000)])
    made = scanner(edgar)
    (found,) = scan(made)
    assert len(found["evidence"]) == 1
    (rejected,) = made.recorder.rejected
    assert rejected["reason"] == "implausible: a price of 50,000.00 dollars, where others traded at 10.00"
    assert rejected["candidate"]["accession"] == "0009980001-26-000001"


def test_a_company_without_a_filed_symbol_is_resolved_by_its_cik_or_left_out():
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
    assert edgar.requested.count(("companies",)) == 1
    assert made.recorder.funnel["companies without a listed symbol"] == 1
    assert made.recorder.rejected == []


@pytest.mark.parametrize(
    ("typed", "listed_as", "ticker"),
    [
        ("OLDX", ("NEWX",), "NEWX"),  # renamed since, or mistyped
        ("QXBB", ("QXB-A", "QXB-B"), "QXB.B"),  # its dot left out
        ("qxb-b", ("QXB-A", "QXB-B"), "QXB.B"),
        ("NYSE", ("EXMP",), "EXMP"),
        ("QXB.A, QXB.B", ("QXB-A", "QXB-B"), "QXB.A"),  # the most traded of several
        ("EXMP", (), "EXMP"),  # the SEC lists none: perhaps delisted since
    ],
)
def test_the_company_list_of_the_sec_decides_the_ticker(typed, listed_as, ticker):
    edgar = edgar_of([bought(symbol=typed)], companies={9_900_001: listed_as} if listed_as else {})
    assert tickers(scan(scanner(edgar))) == {ticker}


def test_companies_read_before_the_deadline_are_kept():
    """The second company's request hangs; the first is yielded before that."""
    edgar = edgar_of([bought(owner=1), bought(owner=2), bought(issuer=9_900_002, owner=3, symbol="LATE")])
    stuck = threading.Event()
    late = next(path for path in edgar.documents if path.endswith("000002.txt"))
    edgar.documents[late] = lambda: stuck.wait(10) or b""
    found = scanner(edgar).iter_valid({"trade_date": DAY.isoformat()})
    deadline = Deadline()
    with deadline_scope(deadline):
        assert next(found).ticker == "EXMP"
        deadline.cancel()
        with pytest.raises(Cancelled):
            next(found)
    stuck.set()


def test_a_group_without_its_last_filing_is_still_evaluated():
    edgar = edgar_of([bought(owner=1), bought(owner=2), bought(issuer=9_900_002, owner=3, symbol="NEXT")])
    edgar.documents[next(path for path in edgar.documents if path.endswith("000001.txt"))] = b"broken"
    made = scanner(edgar)
    assert tickers(scan(made)) == {"EXMP", "NEXT"}
    assert made.recorder.funnel["filings read"] == 2


# -- which days --------------------------------------------------------------------------------------------


def later(day: date, days: int) -> date:
    return day + timedelta(days=days)


def edgar_over_days(*filings: tuple[date, bytes]) -> Edgar:
    edgar = Edgar(indexes={DAY: []})
    for number, (day, document) in enumerate(filings):
        rows, path = listed(document, number, filed=day, form=parse_form4(document).form)
        edgar.indexes.setdefault(day, []).extend(rows)
        edgar.documents[path] = document
    return edgar


def test_a_day_still_open_is_read_together_with_the_day_before():
    """At 09:30 in New York few filings are listed; most new ones are of the evening before."""
    yesterday = later(DAY, -1)
    edgar = edgar_over_days(
        (yesterday, bought(symbol="EVE")), (DAY, bought(issuer=2, owner=2, symbol="MORN"))
    )
    edgar.feed = feed_of(edgar.indexes.pop(DAY), complete=True)
    with deadline_scope(Deadline(None, FakeClock())):
        assert tickers(scan(scanner(edgar))) == {"EVE", "MORN"}
    assert tickers(scan(scanner(edgar))) == {"MORN"}  # a closed day is read alone


def test_before_anybody_has_filed_the_day_before_is_the_whole_answer():
    edgar = edgar_over_days((later(DAY, -1), bought()))
    del edgar.indexes[DAY]
    with deadline_scope(Deadline(None, FakeClock())):
        assert tickers(scan(scanner(edgar))) == {"EXMP"}
    assert ("index", later(DAY, -2)) not in edgar.requested[:2]


def test_a_holiday_before_a_day_that_has_only_begun_is_made_up_for():
    edgar = edgar_over_days(
        (later(DAY, -2), bought(symbol="EVE", period="2026-02-02")),
        (DAY, bought(issuer=2, owner=2, symbol="MORN")),
    )
    with deadline_scope(Deadline(None, FakeClock())):
        assert tickers(scan(scanner(edgar))) == {"EVE", "MORN"}


def test_purchases_of_earlier_days_count_when_another_insider_buys():
    edgar = edgar_over_days(
        (later(DAY, -6), bought(owner=1, shares=900, period="2026-01-29")),
        (later(DAY, -2), bought(owner=2, shares=900, period="2026-02-02")),
        (DAY, bought(owner=3, shares=900)),
        (later(DAY, -2), bought(issuer=9_900_002, owner=4, symbol="LASTWEEK")),
        (later(DAY, -30), bought(owner=5)),
    )
    made = scanner(edgar)
    (found,) = scan(made)
    assert (found["ticker"], found["priority"]) == ("EXMP", "critical")
    assert found["context"].startswith("3 insiders bought 2,700 shares")
    assert "2026-01-29 to 2026-02-04, filed 2026-01-30 to 2026-02-05" in found["context"]
    assert [record["as_of"] for record in found["evidence"]] == ["2026-01-30", "2026-02-03", "2026-02-05"]
    assert made.recorder.coverage() == {"asked": 3, "answered": 3, "of": 3}
    assert scan(scanner(edgar, cluster_days=1)) == []  # 9,000 dollars on the day itself


def test_an_amendment_of_an_earlier_filing_is_not_new_but_corrects_it():
    first = bought(owner=1, shares=6_000, period="2026-02-02")
    fixed = bought(owner=1, shares=3_000, period="2026-02-02", form="4/A", original="2026-02-03")
    days = ((later(DAY, -2), first), (DAY, fixed))
    assert scan(scanner(edgar_over_days(*days))) == []
    (found,) = scan(scanner(edgar_over_days(*days, (DAY, bought(owner=2)))))
    assert sum(record["values"]["value"] for record in found["evidence"]) == 30_000 + 50_000


def test_failed_requests_of_earlier_filings_degrade_the_outcome_and_keep_new_purchases():
    edgar = edgar_over_days((later(DAY, -2), bought(owner=1)), (DAY, bought(owner=2)))
    edgar.documents[next(path for path in edgar.documents if path.endswith("000000.txt"))] = b"broken"
    edgar.indexes[later(DAY, -3)] = Transient("sec", "down")
    made = scanner(edgar)
    (found,) = scan(made)
    assert len(found["evidence"]) == 1
    assert len(made.recorder.degradations) == 2
    assert made.recorder.coverage() == {"asked": 2, "answered": 1, "of": 2}


@pytest.mark.parametrize(
    ("period", "step"),
    [
        ("2025-08-04", "purchases filed more than 30 days after the trade"),
        ("2027-02-04", "implausible purchases"),
    ],
)
def test_a_purchase_long_before_or_after_its_filing_is_not_a_candidate(period, step):
    made = scanner(edgar_of([bought(period=period)]))
    assert scan(made) == []
    assert made.recorder.funnel[step] == 1


def test_all_filings_of_a_day_are_read_without_max_filings():
    edgar = edgar_of([bought(issuer=number, owner=1000 + number) for number in range(1, 991)])
    made = scanner(edgar)
    scan(made)
    assert made.recorder.coverage() == {"asked": 990, "answered": 990, "of": 990}
    bound = scanner(edgar, max_filings=400)
    scan(bound)
    assert bound.recorder.coverage() == {"asked": 400, "answered": 400, "of": 990}
    assert bound.recorder.funnel["not read, over max_filings"] == 590
