"""Form 4 documents: every recorded one, and malformed ones."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.shared_data import RECORDED_SEC
from tradingagents.discovery.model.errors import BadPayload
from tradingagents.discovery.vendors.sec.form4 import OwnershipFiling, parse_form4

# file: symbol, owners, non-derivative rows, their codes, 10b5-1 plan (None where neither box nor note states it)
REAL = {
    "form4/AAPL_2019-05-02_9429ab.xml": ("AAPL", 1, 5, "S", True),
    "form4/AAPL_2019-08-24_238e4a.xml": ("AAPL", 1, 5, "FMS", True),
    "form4/AAPL_2020-10-09_507b91.xml": ("AAPL", 1, 1, "S", True),
    "form4/AMZN_2024-04-12_b5746f.xml": ("AMZN", 1, 0, "", False),
    "form4/AMZN_2025-08-01_5b3256.xml": ("AMZN", 1, 1, "S", True),
    "form4/AOSL_2025-03-17_2e6c2c.xml": ("AOSL", 1, 4, "AF", False),
    "form4/AREC_2024-07-19_b152e9.xml": ("AREC", 1, 1, "P", False),
    "form4/ARWR_2025-12-19_4e4308.xml": ("ARWR", 1, 3, "S", True),
    "form4/DKNG_2025-03-14_630222.xml": ("DKNG", 1, 3, "S", True),
    "form4/GOOGL_2025-08-25_d2e481.xml": ("GOOGL", 1, 5, "CF", False),
    "form4/GOOG_2015-10-02_0c6903.xml": ("GOOG", 1, 18, "CS", True),
    "form4/GOOG_2022-04-13_21ca87.xml": ("GOOG", 1, 30, "CS", True),
    "form4/META_2025-08-26_151cb6.xml": ("META", 1, 2, "G", False),
    "form4/MVIS_2026-06-08_5ce22d.xml": ("MVIS", 1, 3, "FM", False),
    "form4/NFLX_2025-08-04_3f402a.xml": ("NFLX", 1, 5, "FMS", False),
    "form4/PMN_2025-07-25_30c377.xml": ("PMN", 1, 3, "X", False),
    "form4/SCWO_2025-04-30_9a7111.xml": ("SCWO", 1, 1, "A", False),
    "form4/SNOW_2022-12-13_fa60ad.xml": ("SNOW", 1, 6, "MS", None),
    "form4/TCRR_2023-05-11_3444af.xml": ("TCRR", 3, 2, "P", False),
    "form4/TLS_2023-05-12_d53f8f.xml": ("TLS", 1, 3, "P", False),
    "form4/TSLA_2025-08-03_1a92c6.xml": ("TSLA", 1, 1, "A", False),
    "form4/VCNX_2023-05-11_2f430b.xml": ("VCNX", 1, 0, "", False),
    "form4/WVE_2025-12-08_54b70f.xml": ("WVE", 1, 11, "MS", True),
    "form4/ZIP_2025-03-15_efcbb5.xml": ("ZIP", 1, 5, "FM", False),
    "form4_submission_txt/AAPL_0000320193-22-000061.txt": ("AAPL", 1, 7, "S", True),
    "form4_submission_txt/AMZN_2024-04-12_b5746f.txt": ("AMZN", 1, 0, "", False),
    "form4_submission_txt/DKNG_2025-03-14_630222.txt": ("DKNG", 1, 3, "S", True),
    "form4_submission_txt/FLWS_2025-04-24_bf8374.txt": ("FLWS", 3, 4, "P", False),
    "form4_submission_txt/ISBA_2024-04-29_d7921e.txt": ("ISBA", 1, 1, "P", False),
    "form4_submission_txt/TSVT_2025-01-06_c9e5be.txt": ("TSVT", 1, 1, "A", False),
    "form4_submission_txt/ZIP_2025-03-15_efcbb5.txt": ("ZIP", 1, 5, "FM", False),
    "sec_spec_samples/doc4.xml": ("AWI", 2, 2, "JS", True),
    "sec_spec_samples/doc4a.xml": ("AWI", 2, 2, "JS", True),
}


def recorded(name: str) -> bytes:
    return (RECORDED_SEC / name).read_bytes()


@pytest.mark.parametrize("name", REAL)
def test_a_real_form_4_is_read_as_its_index_describes_it(name):
    filing = parse_form4(recorded(name))
    codes = "".join(sorted({row.code for row in filing.transactions}))
    read = (filing.issuer.symbol, len(filing.owners), len(filing.transactions), codes, filing.plan_10b5_1)
    assert read == REAL[name]
    assert filing.form == ("4/A" if name.endswith("doc4a.xml") else "4")


def test_no_real_form_4_is_left_out_of_the_table():
    there = {
        f"{part}/{file.name}"
        for part in ("form4", "form4_submission_txt", "sec_spec_samples")
        for file in (RECORDED_SEC / part).iterdir()
    }
    assert there == set(REAL)


def test_a_date_with_a_time_zone_keeps_the_day_the_filer_wrote():
    filing = parse_form4(recorded("form4/AREC_2024-07-19_b152e9.xml"))
    (row,) = filing.transactions
    assert (filing.period, row.day) == (date(2024, 7, 19), date(2024, 7, 19))
    assert (row.code, row.acquired, row.shares, row.price) == ("P", False, 800_000, 0.67)


def test_a_joint_filing_has_its_rows_once_and_all_its_owners():
    filing = parse_form4(recorded("form4_submission_txt/FLWS_2025-04-24_bf8374.txt"))
    assert [owner.cik for owner in filing.owners] == [1959730, 2052009, 1580144]
    assert all(owner.ten_percent and not owner.director and not owner.officer for owner in filing.owners)
    assert sum(row.shares for row in filing.transactions) == 16_000 + 16_847 + 100_000 + 35_000
    assert [row.direct for row in filing.transactions] == [False] * 4
    assert filing.transactions[-1].shares_following == 8_687_914


def test_fractional_shares_stay_fractional():
    (row,) = parse_form4(recorded("form4_submission_txt/ISBA_2024-04-29_d7921e.txt")).transactions
    assert (row.shares, row.price, row.shares_following) == (275.634, 18.14, 15711.8844)


def test_before_the_box_existed_a_footnote_indicates_the_plan():
    filing = parse_form4(recorded("form4_submission_txt/AAPL_0000320193-22-000061.txt"))
    assert (filing.plan_box, filing.plan_in_notes, filing.plan_10b5_1) == (None, True, True)


def test_the_dissemination_layout_without_a_wrapper_is_read_too():
    filing = parse_form4(recorded("form4_submission_txt/TSVT_2025-01-06_c9e5be.txt"))
    assert filing.issuer.cik == 1860782
    assert [owner.cik for owner in filing.owners] == [2009134]


def test_an_amendment_has_the_filing_day_of_its_original():
    filing = parse_form4(recorded("sec_spec_samples/doc4a.xml"))
    assert filing.is_amendment
    assert filing.original_day == date(2003, 3, 1)
    assert (filing.transactions[0].equity_swap, filing.transactions[0].price) == (True, 0)


@pytest.mark.parametrize("name", ["dis_form4.xml", "nvda_form4.xml"])
def test_a_real_malformed_document_is_refused(name):
    with pytest.raises(BadPayload, match="malformed"):
        parse_form4(recorded(f"form4_malformed/{name}"))


@pytest.mark.parametrize(
    ("name", "form"), [("form3_SNOW_2020-09-18_1cf52b.xml", "3"), ("form5_SNOW_2022-01-31_70dbbf.xml", "5")]
)
def test_forms_3_and_5_are_bad_payloads_that_name_the_form(name, form):
    with pytest.raises(BadPayload, match=f"not a valid Form 4: Form {form}$"):
        parse_form4(recorded(f"form3_5/{name}"))


DOCUMENT = """<?xml version="1.0"?>
<ownershipDocument>
  <documentType>4</documentType><periodOfReport>2026-02-04</periodOfReport>
  <issuer><issuerCik>0009900001</issuerCik><issuerName>EXAMPLE CORP</issuerName>
    <issuerTradingSymbol>exmp</issuerTradingSymbol></issuer>
  <reportingOwner>
    <reportingOwnerId><rptOwnerCik>0009950001</rptOwnerCik>
      <rptOwnerName>Doe Jane</rptOwnerName></reportingOwnerId>
    <reportingOwnerRelationship><isDirector>true</isDirector><isOfficer>1</isOfficer>
      <officerTitle>Chief &amp; Only Officer</officerTitle></reportingOwnerRelationship>
  </reportingOwner>
  <aff10b5One>0</aff10b5One>
  <nonDerivativeTable><nonDerivativeTransaction>
    <securityTitle><value>Common Stock</value></securityTitle>
    <transactionDate><value>2026-02-04</value></transactionDate>
    <transactionCoding><transactionCode>P</transactionCode><equitySwapInvolved>0</equitySwapInvolved></transactionCoding>
    <transactionAmounts><transactionShares><value>5000</value></transactionShares>
      <transactionPricePerShare><value>10.25</value></transactionPricePerShare>
      <transactionAcquiredDisposedCode><value>A</value></transactionAcquiredDisposedCode></transactionAmounts>
  </nonDerivativeTransaction></nonDerivativeTable>
  <footnotes><footnote id="F1">The average price.</footnote></footnotes>
</ownershipDocument>
"""


def changed(old: str, new: str) -> str:
    assert old in DOCUMENT
    return DOCUMENT.replace(old, new)


def test_flags_titles_and_text_are_parsed():
    (owner,) = parse_form4(DOCUMENT).owners
    assert (owner.director, owner.officer, owner.ten_percent, owner.other) == (True, True, False, False)
    assert owner.title == "Chief & Only Officer"


def test_a_price_stated_in_a_footnote_only_is_none():
    document = changed("<value>10.25</value>", '<footnoteId id="F1"/>')
    assert parse_form4(document).transactions[0].price is None


def test_the_plan_is_unknown_where_the_form_has_no_box_and_no_note():
    filing = parse_form4(changed("<aff10b5One>0</aff10b5One>", ""))
    assert (filing.plan_box, filing.plan_10b5_1) == (None, None)


def test_the_box_has_precedence_over_a_note():
    filing = parse_form4(changed("The average price.", "Under a Rule 10b5-1 trading plan."))
    assert (filing.plan_in_notes, filing.plan_10b5_1) == (True, False)


@pytest.mark.parametrize(
    ("note", "named"),
    [
        ("Bought under a Rule 10b5-1 plan adopted in May.", True),
        ("Not made pursuant to a Rule 10b5-1 trading plan.", False),
        ("No discretion was used. Made under a 10b5-1(c) plan.", True),
        ("See the plan of 2019.", False),
    ],
)
def test_a_note_that_denies_a_plan_does_not_count(note, named):
    assert parse_form4(changed("The average price.", note)).plan_in_notes is named


@pytest.mark.parametrize(
    ("note", "placed"),
    [
        ("The average price.", False),
        ("Bought in the open market.", False),
        ("Acquired in the Issuer's underwritten public offering.", True),
        ("Bought in a private placement.", True),
        ("Acquired in an underwritten public\n      offering.", True),
        ("Pursuant to a Securities Purchase Agreement with the Issuer.", True),
        ("Bought through a dividend reinvestment plan.", True),
    ],
)
def test_a_note_on_the_trade_marks_an_off_market_purchase(note, placed):
    document = changed("The average price.", note)
    own = document.replace("<value>10.25</value>", '<value>10.25</value><footnoteId id="F1"/>')
    assert parse_form4(own).transactions[0].placed is placed
    assert parse_form4(document).transactions[0].placed is False  # nothing in the row points to it


def test_a_note_on_the_holdings_is_not_about_the_trade():
    held = (
        '<postTransactionAmounts><sharesOwnedFollowingTransaction><value>9</value><footnoteId id="F1"/>'
        "</sharesOwnedFollowingTransaction></postTransactionAmounts></nonDerivativeTransaction>"
    )
    document = changed("</nonDerivativeTransaction>", held).replace(
        "The average price.", "In a private placement."
    )
    assert parse_form4(document).transactions[0].placed is False


def test_names_are_decoded_from_utf_8_and_latin_1():
    document = changed("Doe Jane", "Société Doe")
    read = [parse_form4(document.encode(encoding)).owners[0].name for encoding in ("utf-8", "latin-1")]
    assert read == ["Société Doe", "Société Doe"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("<value>5000</value>", "<value>NaN</value>", "'NaN', not an amount"),
        ("<value>5000</value>", "<value>1e999</value>", "not an amount"),
        ("<value>10.25</value>", "<value>-3</value>", "not an amount"),
        ("<value>10.25</value>", "<value>10,25 USD</value>", "not an amount"),
        ("<value>2026-02-04</value>", "<value>2026-02-31</value>", "not a date"),
        ("<value>2026-02-04</value>", "<value>yesterday</value>", "not a date"),
        ("<isOfficer>1</isOfficer>", "<isOfficer>maybe</isOfficer>", "neither true nor false"),
        ("0009950001", "", "not a CIK"),
        ("<documentType>4</documentType>", "", r"Form \(unnamed\)"),
        ("</ownershipDocument>", "", "truncated"),
        ("ownershipDocument", "otherDocument", "no ownership document"),
    ],
)
def test_an_invalid_form_4_is_a_bad_payload_with_its_reason(old, new, message):
    with pytest.raises(BadPayload, match=message) as caught:
        parse_form4(changed(old, new))
    assert caught.value.vendor == "sec"


def test_entities_defined_in_the_document_are_refused():
    bomb = '<!DOCTYPE a [<!ENTITY x "yyyyyyyy"><!ENTITY z "&x;&x;&x;&x;">]>'
    with pytest.raises(BadPayload):
        parse_form4(changed("Doe Jane", "&z;").replace("<ownershipDocument>", f"{bomb}<ownershipDocument>"))
    with pytest.raises(BadPayload):
        parse_form4(changed("<ownershipDocument>", f"<ownershipDocument>{bomb}"))


@given(st.integers(0, len(DOCUMENT)))
@settings(max_examples=60, deadline=None)
def test_a_document_truncated_anywhere_is_a_bad_payload_or_complete(end):
    whole = parse_form4(DOCUMENT)
    try:
        assert parse_form4(DOCUMENT[:end]) == whole
    except BadPayload:
        assert end < len(DOCUMENT.rstrip())


@given(st.binary(max_size=40), st.integers(0, len(DOCUMENT)))
@settings(max_examples=150, deadline=None)
def test_no_damage_raises_anything_but_bad_payload(damage, at):
    body = DOCUMENT.encode()
    try:
        filing = parse_form4(body[:at] + damage + body[at + len(damage) :])
    except BadPayload:
        return
    assert isinstance(filing, OwnershipFiling)
