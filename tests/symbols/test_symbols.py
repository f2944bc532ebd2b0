"""The symbol directory: listed tickers, their security types, and each vendor's spelling."""

from __future__ import annotations

import threading
from datetime import date

import pytest

from tests.shared_data import SHARED, needs_shared
from tradingagents.discovery.model.errors import BadPayload, ConfigError
from tradingagents.discovery.symbols.directory import SymbolDirectory
from tradingagents.discovery.symbols.listing import NASDAQ_HEADER, OTHER_HEADER
from tradingagents.discovery.symbols.security_type import SecurityType, classify_security

TRAILER = "File Creation Time: 0302202617:32|||||||"
NASDAQ = [
    "EXMP|Example Corp - Common Stock|Q|N|N|100|N|N",
    "BADD|Late Filer Inc. - Common Stock|S|N|K|100|N|N",
    "ZAZZT|Tick Pilot Test Stock|G|Y|N|100|N|N",
    "EXMPW|Example Corp - Warrant|Q|N|N|100|N|N",
    "QQQX|Example Trust, Series 1|G|N|N|100|Y|N",
]
OTHER = [
    "A|Alpha Inc. Common Stock|N|A|N|100|N|A",
    "BRK.B|Example Holdings Class B|N|BRK.B|N|10|N|BRK.B",
    "EXA$D|Example Industries 5% Series D Preferred|N|EXApD|N|100|N|EXA-D",
    "EXA$|Example Industries Preferred|N|EXAp|N|100|N|EXA-",
    "EXA.W|Example Industries Warrants|N|EXA.WS|N|100|N|EXA+",
    "NE.A|Example Drilling Tranche 2 Warrants|N|NE.WS.A|N|100|N|NE+A",
    "EXA.U|Example Industries Units|N|EXA.U|N|100|N|EXA=",
    "EXA.R|Example Industries Rights|N|EXAr|N|100|N|EXA^",
]


def text(header: str, lines: list[str], trailer: str = TRAILER, end: str = "\r\n") -> str:
    return end.join([header, *lines, trailer, ""])


def directory(nasdaq: list[str] = NASDAQ, other: list[str] = OTHER) -> SymbolDirectory:
    return SymbolDirectory.from_text(text(NASDAQ_HEADER, nasdaq), text(OTHER_HEADER, other))


SPELLINGS = {
    "BRK.B": {
        "yahoo": "BRK-B",
        "sec": "BRK-B",
        "finra": "BRK/B",
        "nasdaq_screener": "BRK/B",
        "finnhub": "BRK.B",
    },
    "EXA$D": {
        "sec": "EXA-PD",
        "finra": "EXApD",
        "cqs": "EXApD",
        "nasdaq": "EXA-D",
        "alpha_vantage": "EXA-P-D",
    },
    "EXA$": {"sec": "EXA-P", "finra": "EXAp", "alpha_vantage": "EXA-P", "nasdaq_screener": "EXA^"},
    "EXA.W": {"sec": "EXA-WT", "finra": "EXA/WS", "nasdaq": "EXA+", "alpha_vantage": "EXA+", "cqs": "EXA.WS"},
    "NE.A": {"sec": "NE-WTA", "finra": "NE/WS/A", "nasdaq": "NE+A", "cqs": "NE.WS.A"},
    "EXA.U": {"sec": "EXA-UN", "finra": "EXA/U", "nasdaq": "EXA="},
    "EXA.R": {"sec": "EXA-RI", "finra": "EXAr", "nasdaq": "EXA^"},
    "A": {"sec": "A", "finra": "A", "yahoo": "A"},
}


@pytest.mark.parametrize(("ticker", "vendor"), [(t, v) for t, by in SPELLINGS.items() for v in by])
def test_each_vendors_spelling_round_trips(ticker: str, vendor: str) -> None:
    """From the canonical ticker to the vendor's spelling and back."""
    listed = directory()
    assert listed.spelling(ticker, vendor) == SPELLINGS[ticker][vendor]
    assert listed.normalise(SPELLINGS[ticker][vendor], vendor) == ticker


def test_without_a_vendor_every_unambiguous_spelling_is_understood() -> None:
    """``EXA^`` is a right in Nasdaq's spelling and a preferred in its screener's."""
    listed = directory()
    for spelling in ("BRK.B", "BRK-B", "BRK/B", " brk-b "):
        assert listed.normalise(spelling) == "BRK.B"
    assert listed.normalise("EXA^") is None
    assert listed.normalise("EXA^", "nasdaq") == "EXA.R"
    assert listed.normalise("EXA^", "nasdaq_screener") == "EXA$"


def test_an_unlisted_symbol_has_no_ticker() -> None:
    """Unknown symbols, test issues, empty text, and another vendor's spelling."""
    listed = directory()
    for nothing in ("NOPE", "ZAZZT", "", " ", "EXAPD"):
        assert listed.normalise(nothing) is None
    assert listed.normalise("BRK/B", "sec") is None
    assert not listed.is_listed("ZAZZT")
    assert listed.get("ZAZZT") is not None


def test_an_unknown_vendor_is_a_config_error() -> None:
    """A typo must not look like an unlisted ticker."""
    with pytest.raises(ConfigError, match="'yaho'"):
        directory().normalise("A", "yaho")
    with pytest.raises(ConfigError, match="'yaho'"):
        directory().spelling("A", "yaho")


def test_security_types_and_financial_status_are_parsed() -> None:
    """From the flags, the suffix, and in nasdaqlisted.txt the name."""
    listed = directory()
    assert listed.is_common_stock("EXMP")
    assert listed.is_common_stock("BRK.B")
    assert listed.of_type(SecurityType.WARRANT) == ("EXA.W", "EXMPW", "NE.A")
    assert listed.of_type(SecurityType.ETF) == ("QQQX",)
    assert not listed.is_common_stock("EXA$D")
    record = listed.get("BADD")
    assert record is not None
    assert record.financial_status == ("deficient", "delinquent", "bankrupt")


def test_iteration_is_alphabetical_and_leaves_out_test_issues() -> None:
    """Whatever the order of the files' lines."""
    assert list(directory(NASDAQ[::-1], OTHER[::-1])) == list(directory()) == sorted(directory())
    assert "ZAZZT" not in directory()
    assert len(directory()) == len(NASDAQ) + len(OTHER) - 1


def test_the_directory_is_as_of_the_older_file() -> None:
    """Both files carry their own creation time, in US Eastern."""
    newer = text(OTHER_HEADER, OTHER, "File Creation Time: 0303202609:00||||||", end="\n")
    listed = SymbolDirectory.from_text(text(NASDAQ_HEADER, NASDAQ), newer)
    assert listed.as_of == date(2026, 3, 2)
    assert listed.created_at.isoformat() == "2026-03-02T17:32:00-05:00"


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ("<html><body>Will be right back</body></html>", "not the symbol directory"),
        ("", "starts with 'nothing'"),
        ("\n".join([NASDAQ_HEADER, *NASDAQ]), "truncated"),
        (text(NASDAQ_HEADER, [*NASDAQ, "HALF|Half a line"]), "2 fields"),
        (text(NASDAQ_HEADER, NASDAQ, "File Creation Time: 9902202617:32|"), "invalid creation time"),
        (text(OTHER_HEADER, OTHER), "not the symbol directory"),
    ],
)
def test_anything_but_the_whole_file_is_a_bad_payload(broken: str, reason: str) -> None:
    """In an incomplete directory listed companies would look unlisted."""
    with pytest.raises(BadPayload, match=reason):
        SymbolDirectory.from_text(broken, text(OTHER_HEADER, OTHER))


def test_columns_are_found_by_name_and_additional_ones_ignored() -> None:
    """The vendor has added columns before; a missing column is an error."""
    lines = [f"new|{line}|more" for line in NASDAQ]
    wider = text(f"Added|{NASDAQ_HEADER}|Also", lines)
    listed = SymbolDirectory.from_text(wider, text(OTHER_HEADER, OTHER))
    assert list(listed) == list(directory())
    for column in NASDAQ_HEADER.split("|"):
        with pytest.raises(BadPayload, match="not the symbol directory"):
            SymbolDirectory.from_text(
                text(NASDAQ_HEADER.replace(column, "Gone", 1), NASDAQ), text(OTHER_HEADER, OTHER)
            )


def test_a_byte_order_mark_and_latin_1_are_accepted() -> None:
    """As saved by some tools; other bytes are a bad payload."""
    nasdaq, other = text(NASDAQ_HEADER, NASDAQ).encode("utf-8-sig"), text(OTHER_HEADER, OTHER).encode()
    assert SymbolDirectory.from_bytes(nasdaq, other).is_listed("EXMP")
    latin = text(OTHER_HEADER, ["NSRG|Nestl\xe9 Common Stock|N|NSRG|N|100|N|NSRG"]).encode("latin-1")
    assert SymbolDirectory.from_bytes(nasdaq, latin).is_listed("NSRG")
    with pytest.raises(BadPayload, match="not the symbol directory"):
        SymbolDirectory.from_bytes(b"\xff\xfe\x00", other)


def test_readers_in_many_threads_agree() -> None:
    """Nothing is built lazily, so there is no race."""
    listed, seen, start = directory(), [], threading.Barrier(8)

    def read() -> None:
        start.wait(5)
        seen.append(tuple(listed.normalise(s) for s in ("BRK-B", "EXA/WS", "NOPE")))

    threads = [threading.Thread(target=read, daemon=True) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    assert seen == [("BRK.B", "EXA.W", None)] * 8


@pytest.mark.parametrize(
    ("name", "security_type"),
    [
        ("Origin Agritech Limited - Ordinary Shares", SecurityType.COMMON),
        ("AllianceBernstein Holding L.P.  Units", SecurityType.COMMON),
        ("Abbott Laboratories", SecurityType.COMMON),
        ("Office Properties Income Trust - Common Shares of Beneficial Interest", SecurityType.COMMON),
        (
            "ATA Creativity Global - American Depositary Shares, each representing two common shares",
            SecurityType.ADR,
        ),
        (
            "AGNC Corp. - Depositary Shares rep. 1/1,000th of 7.75% Series G Preferred Stock",
            SecurityType.PREFERRED,
        ),
        (
            "Gladstone Land Corporation - 6.00% Series B Cumulative Redeemable Preferred Stock",
            SecurityType.PREFERRED,
        ),
        (
            "Cohen & Steers Tax-Advantaged Preferred Securities and Income Fund Common Shares",
            SecurityType.FUND,
        ),
        ("Ares Capital Corporation - Closed End Fund", SecurityType.FUND),
        ("Gladstone Investment Corporation - 4.875% Notes due 2028", SecurityType.NOTE),
        ("DB Gold Double Short ETN due February 15, 2038", SecurityType.ETN),
        (
            "Entergy Arkansas, LLC First Mortgage Bonds, 4.875% Series Due September 1, 2066",
            SecurityType.NOTE,
        ),
        ("Preferred Bank - Common Stock", SecurityType.COMMON),
        ("Bank Nova Scotia Halifax Pfd 3 Ordinary Shares", SecurityType.COMMON),
        ("Invesco Municipal Trust Common Stock", SecurityType.FUND),
        ("Grupo Aval Acciones y Valores S.A. ADR (Each representing 20 preferred shares)", SecurityType.ADR),
        (
            "RLX Inc. American Depositary Shares, each representing the right to receive one share",
            SecurityType.ADR,
        ),
        ("Voyager Acquisition Corp - Unit", SecurityType.UNIT),
        (
            "Iron Horse Acquisitions Corp. - one right to one-fifth (1/5) of one share of common stock",
            SecurityType.RIGHT,
        ),
        ("Dave Inc.  - Warrants", SecurityType.WARRANT),
    ],
)
def test_the_name_determines_the_security_type(name: str, security_type: SecurityType) -> None:
    """Names as they appear in the directory."""
    assert classify_security(name, "EXMP", etf=False, test=False) is security_type


@needs_shared
def test_the_recorded_directory_is_read_whole() -> None:
    """11,677 lines of one August day, 33 of them test issues; and the web page is refused."""
    assert SHARED is not None
    folder = SHARED / "real-data" / "nasdaq"
    files = [(folder / f"2025-08-11_{name}listed.txt").read_bytes() for name in ("nasdaq", "other")]
    listed = SymbolDirectory.from_bytes(*files)
    assert len(listed) == 11_677 - 33
    assert listed.as_of == date(2025, 8, 11)
    assert listed.normalise("BRK/B", "finra") == "BRK.B"
    assert listed.normalise("ABR-PD", "sec") == "ABR$D"
    for ticker in ("AAPL", "A", "IT", "ET", "BABA"):
        assert listed.is_common_stock(ticker)
    for ticker in ("SPY", "ABR$D", "ACHR.W", "AACT.U", "VXX", "ARCC"):
        assert listed.is_listed(ticker)
        assert not listed.is_common_stock(ticker)
    for vendor in ("yahoo", "sec", "finra", "finnhub", "alpha_vantage", "nasdaq", "cqs", "nasdaq_screener"):
        assert all(listed.normalise(listed.spelling(t, vendor), vendor) == t for t in listed)
    with pytest.raises(BadPayload, match="not the symbol directory"):
        SymbolDirectory.from_bytes((folder / "html_instead_of_nasdaqlisted.txt").read_bytes(), files[1])


@needs_shared
def test_of_the_recorded_securities_shares_and_funds_are_meant_and_other_papers_not() -> None:
    """What a post, or a candidate, can be about."""
    assert SHARED is not None
    folder = SHARED / "real-data" / "nasdaq"
    files = [(folder / f"2025-08-11_{name}listed.txt").read_bytes() for name in ("nasdaq", "other")]
    listed = SymbolDirectory.from_bytes(*files)
    meant = set("AAPL A F V BRK.B BF.A AB ET ARLP BABA HUYA AVAL ITUB FFC DFP BBN DHC SPY QQQ VXX".split())  # noqa: SIM905
    other = "AACBR AACBU AACIW ABLLL AIRTP AFGB EAI ACGLN ABR$D ACHR.W AAM.U CELG.R CDZIP ZVZZT CTEST"
    assert listed.shares_and_funds >= meant
    assert all(listed.get(ticker) is not None for ticker in other.split())
    assert not listed.shares_and_funds & set(other.split())


@needs_shared
def test_the_recorded_names_of_nasdaqs_five_letter_symbols_agree_with_their_last_letter() -> None:
    """Nasdaq marks warrants with W, units with U and rights with R: the names must say the same."""
    assert SHARED is not None
    folder = SHARED / "real-data" / "nasdaq"
    files = [(folder / f"2025-08-11_{name}listed.txt").read_bytes() for name in ("nasdaq", "other")]
    listed = SymbolDirectory.from_bytes(*files)
    marks = {"W": SecurityType.WARRANT, "U": SecurityType.UNIT, "R": SecurityType.RIGHT}
    marked = [t for t in listed if len(t) == 5 and t.isalpha() and t[-1] in marks]
    stock = [t for t in marked if listed.is_common_stock(t)]
    right = sum(
        record is not None and record.security_type is marks[t[-1]]
        for t in marked
        if (record := listed.get(t))
    )
    assert len(marked) > 500
    assert stock == []
    assert right / len(marked) > 0.97
