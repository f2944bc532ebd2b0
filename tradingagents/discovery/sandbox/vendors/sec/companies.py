"""EDGAR's JSON files: the tickers, and one company's filings."""

from __future__ import annotations

from collections.abc import Sequence

from tradingagents.discovery.sandbox.http.wire import Response, json_response
from tradingagents.discovery.sandbox.vendors.sec.pages import no_such_key
from tradingagents.discovery.sandbox.world.companies.directory import Kind, Listing
from tradingagents.discovery.sandbox.world.filings.records import Filing
from tradingagents.discovery.sandbox.world.market import Market

__all__ = ["company_tickers", "company_tickers_exchange", "submissions"]

_EXCHANGES = {"Q": "Nasdaq", "N": "NYSE", "A": "NYSE"}
_COMPANY = {
    "entityType": "operating", "sic": "7372", "sicDescription": "Services-Prepackaged Software",
    "ownerOrg": "06 Technology", "category": "Accelerated filer",
}  # fmt: skip
_PERSON = {"entityType": "other", "sic": "", "sicDescription": "", "ownerOrg": None, "category": ""}
_FIXED: dict[str, object] = {
    "ein": "000000000", "lei": None, "description": "", "website": "", "investorWebsite": "",
    "fiscalYearEnd": "1231", "stateOfIncorporation": "DE", "stateOfIncorporationDescription": "DE",
    "phone": "5550100", "flags": "", "formerNames": [],
}  # fmt: skip
_ADDRESS = {
    "street1": "1 FICTION ROAD", "street2": None, "city": "NOWHERE", "stateOrCountry": "NY",
    "zipCode": "10000", "stateOrCountryDescription": "NY", "isForeignLocation": 0,
    "foreignStateTerritory": None, "country": None, "countryCode": None,
}  # fmt: skip


def _filers(market: Market) -> list[Listing]:
    return [one for one in market.listings if one.kind not in {Kind.TEST, Kind.ETF}]


def company_tickers(market: Market) -> Response:
    """Return every ticker with its company, keyed by row numbers as text."""
    rows = enumerate(_filers(market))
    return json_response(
        {str(number): {"cik_str": one.cik, "ticker": one.sec, "title": one.issuer} for number, one in rows}
    )


def company_tickers_exchange(market: Market) -> Response:
    """Return the same with exchanges, as a table."""
    rows = [[one.cik, one.issuer, one.sec, _EXCHANGES.get(one.exchange)] for one in _filers(market)]
    return json_response({"fields": ["cik", "name", "ticker", "exchange"], "data": rows})


def submissions(market: Market, cik: int, filings: Sequence[Filing]) -> Response:
    """Return what a company or person filed lately, newest first; 404 for an unknown number.

    ``filings`` are those of the last sessions, oldest first.
    """
    mine = [filing for filing in reversed(filings) if any(cik == number for number, _ in filing.filers)]
    listings = [one for one in _filers(market) if one.cik == cik]
    if not mine and not listings:
        return no_such_key()
    name = listings[0].issuer if listings else next(n for number, n in mine[0].filers if number == cik)
    about = _COMPANY if listings else _PERSON
    return json_response(
        {
            "cik": f"{cik:010d}",
            **about,
            "insiderTransactionForOwnerExists": int(not listings),
            "insiderTransactionForIssuerExists": int(bool(listings and mine)),
            "name": name,
            "tickers": [one.sec for one in listings],
            "exchanges": [_EXCHANGES.get(one.exchange) for one in listings],
            **_FIXED,
            "addresses": {"mailing": _ADDRESS, "business": _ADDRESS},
            "filings": {"recent": _recent(mine), "files": []},
        }
    )


def _recent(filings: Sequence[Filing]) -> dict[str, list[object]]:
    columns: dict[str, list[object]] = {
        "accessionNumber": [filing.accession for filing in filings],
        "filingDate": [str(filing.filed) for filing in filings],
        "reportDate": [str(filing.filed) for filing in filings],
        "acceptanceDateTime": [f"{filing.accepted:%Y-%m-%dT%H:%M:%S}.000Z" for filing in filings],
        "form": [filing.form for filing in filings],
        "core_type": [filing.form for filing in filings],
        "primaryDocument": [_primary(filing) for filing in filings],
        "primaryDocDescription": [f"FORM {filing.form}" for filing in filings],
    }
    columns |= {name: [""] * len(filings) for name in ("act", "fileNumber", "filmNumber")}
    columns["items"] = [",".join(filing.items) for filing in filings]
    columns["size"] = [9_012] * len(filings)
    return columns | {name: [0] * len(filings) for name in ("isXBRL", "isInlineXBRL")}


def _primary(filing: Filing) -> str:
    return f"xslF345X05/{filing.document}" if filing.ownership else "document.txt"
