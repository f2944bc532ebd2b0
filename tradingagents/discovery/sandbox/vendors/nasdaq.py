"""Nasdaq Trader's symbol directory: ``nasdaqlisted.txt`` and ``otherlisted.txt``.

Source: nasdaqtrader.com, "Symbol Look-Up/Directory Data Fields & Definitions". Lines end in CR LF and the
last one is a trailer with the time of creation and some pipes: seven in the first file, six in the other.
"""

from __future__ import annotations

from collections.abc import Iterator

from tradingagents.discovery.sandbox.http.wire import HTML, TEXT, Request, Response, Vendor
from tradingagents.discovery.sandbox.world import stream
from tradingagents.discovery.sandbox.world.companies.directory import Kind, Listing

__all__ = ["Nasdaq"]

_FOLDER = "/dynamic/SymDir/"
_NASDAQ_COLUMNS = (
    "Symbol|Security Name|Market Category|Test Issue|Financial Status|Round Lot Size|ETF|NextShares"
)
_OTHER_COLUMNS = "ACT Symbol|Security Name|Exchange|CQS Symbol|ETF|Round Lot Size|Test Issue|NASDAQ Symbol"
_NOT_FOUND = b"<!DOCTYPE html><html><head><title>404 Not Found</title></head><body>Not Found</body></html>"


class Nasdaq(Vendor):
    """The two files of the directory."""

    name = "nasdaq"

    def endpoint(self, request: Request) -> str:
        file = request.path.removeprefix(_FOLDER)
        return file.removesuffix(".txt") if file in {"nasdaqlisted.txt", "otherlisted.txt"} else "unknown"

    def answer(self, request: Request) -> Response:
        endpoint = self.endpoint(request)
        if endpoint == "unknown":
            return Response(404, _NOT_FOUND, HTML)
        return self._cache.get(endpoint, lambda: self._file(endpoint))

    def refuse(self, request: Request, reason: str) -> Response:
        return Response(503, _NOT_FOUND, HTML)

    def _file(self, endpoint: str) -> Response:
        nasdaq = endpoint == "nasdaqlisted"
        listings = [one for one in self._market.listings if (one.exchange == "Q") == nasdaq]
        rows = (self._nasdaq_row(one) if nasdaq else _other_row(one) for one in listings)
        created = f"File Creation Time: {self._market.as_of:%m%d%Y}18:01"
        columns = _NASDAQ_COLUMNS if nasdaq else _OTHER_COLUMNS
        lines = [columns, *rows, created + "|" * (7 if nasdaq else 6)]
        return Response(200, "".join(f"{line}\r\n" for line in lines).encode(), TEXT)

    def _nasdaq_row(self, listing: Listing) -> str:
        draw = stream(self._market.seed, "directory", listing.symbol)
        fields: Iterator[str] = iter(
            (
                listing.symbol,
                listing.security_name,
                draw.choice("QGS"),
                _flag(listing.kind is Kind.TEST),
                draw.choice("NNNNNNND"),
                "100",
                _flag(listing.kind is Kind.ETF),
                "N",
            )
        )
        return "|".join(fields)


def _other_row(listing: Listing) -> str:
    fields = (
        listing.symbol,
        listing.security_name,
        listing.exchange,
        listing.cqs,
        _flag(listing.kind is Kind.ETF),
        "100",
        _flag(listing.kind is Kind.TEST),
        listing.nasdaq,
    )
    return "|".join(fields)


def _flag(yes: bool) -> str:
    return "Y" if yes else "N"
