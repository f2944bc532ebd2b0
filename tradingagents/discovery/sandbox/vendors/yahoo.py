"""Yahoo's chart endpoint, with the cookie and the crumb that client libraries request first.

No documentation exists; the shapes are those of recorded answers. Prices are adjusted for splits, not for
dividends, and are rounded to single precision. A client that is no browser gets 429.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tradingagents.discovery.sandbox.http.wire import HTML, TEXT, Request, Response, Vendor, json_response
from tradingagents.discovery.sandbox.world.companies.directory import Kind, Listing
from tradingagents.discovery.sandbox.world.market import Market
from tradingagents.discovery.sandbox.world.prices.paths import Bar
from tradingagents.discovery.sandbox.world.prices.splits import Split, splits_of

__all__ = ["Yahoo"]

_CHART = "/v8/finance/chart/"
_JSON = "application/json;charset=utf-8"
_NEW_YORK = ZoneInfo("America/New_York")
_RANGES = {"1d": 1, "5d": 5, "1mo": 21, "3mo": 63, "6mo": 126, "1y": 252, "max": 100_000}  # sessions
_TOO_MANY = Response(429, b"Edge: Too Many Requests", TEXT)
_PAGE = Response(404, b"<html><body>Not Found</body></html>", HTML)
_COOKIE = ("Set-Cookie", "A3=d=sandbox&S=sandbox; Max-Age=31557600; Path=/; HttpOnly")


class Yahoo(Vendor):
    """Daily charts of a year; other intervals are refused."""

    name = "yahoo"

    def __init__(self, market: Market) -> None:
        super().__init__(market)
        self._by_spelling = {one.sec: one for one in market.listings if one.kind is not Kind.TEST}
        self._splits = splits_of(market)

    def endpoint(self, request: Request) -> str:
        if request.path.startswith(_CHART):
            return "chart"
        return {"": "cookie", "/": "cookie", "/v1/test/getcrumb": "crumb"}.get(request.path, "unknown")

    def answer(self, request: Request) -> Response:
        if not request.headers.get("user-agent", "").startswith("Mozilla/"):
            return _TOO_MANY
        endpoint = self.endpoint(request)
        if endpoint == "cookie":
            return Response(404, _PAGE.body, HTML, (_COOKIE,))  # as the real one does
        if endpoint == "crumb":
            return Response(200, b"sandbox/crumb", TEXT)
        if endpoint == "unknown":
            return _PAGE
        parameters = tuple(sorted((name, value) for name, value in request.query.items() if name != "crumb"))
        return self._cache.get((request.path, parameters), lambda: self._chart(request))

    def refuse(self, request: Request, reason: str) -> Response:
        return _TOO_MANY

    def _chart(self, request: Request) -> Response:
        listing = self._by_spelling.get(request.path.removeprefix(_CHART).upper())
        if listing is None:
            return _error(404, "Not Found", "No data found, symbol may be delisted")
        if request.query.get("interval", "1d") != "1d":
            return _error(422, "Unprocessable Entity", "Invalid input - interval is not supported.")
        bars = self._market.bars(listing.symbol)
        try:
            chosen = _chosen(bars, request)
        except (KeyError, ValueError):
            return _error(422, "Unprocessable Entity", "Invalid input - range or period is not supported.")
        if chosen is None:
            period = "startDate = {period1}, endDate = {period2}".format_map(dict(request.query))
            return _error(400, "Bad Request", f"Data doesn't exist for {period}")
        return json_response({"chart": {"result": [self._result(listing, bars, chosen)], "error": None}},
                             content_type=_JSON)  # fmt: skip

    def _result(self, listing: Listing, bars: Sequence[Bar], chosen: Sequence[Bar]) -> dict[str, object]:
        result: dict[str, object] = {"meta": _meta(listing, bars)}
        if not chosen:
            return result | {"indicators": {"quote": [{}], "adjclose": [{}]}}
        result["timestamp"] = [_opening(bar.day) for bar in chosen]
        split = self._splits.get(listing.symbol)
        if split is not None and chosen[0].day <= split.day <= chosen[-1].day:
            result["events"] = {"splits": _split_event(split)}
        quote: dict[str, list[float] | list[int]] = {
            name: [_single(getattr(bar, name)) for bar in chosen] for name in ("open", "high", "low", "close")
        }
        adjusted = {"adjclose": quote["close"]}  # the synthetic companies pay no dividends
        quote["volume"] = [bar.volume for bar in chosen]
        return result | {"indicators": {"quote": [quote], "adjclose": [adjusted]}}


def _chosen(bars: Sequence[Bar], request: Request) -> Sequence[Bar] | None:
    """Return the requested bars; None for a span that ends before the first. ``KeyError``, ``ValueError``."""
    if "period1" not in request.query:
        return bars[-_RANGES[request.query.get("range", "1d")] :]
    start, end = int(request.query["period1"]), int(request.query["period2"])
    if start > end:
        raise ValueError("the span ends before it begins")
    if end < _opening(bars[0].day):
        return None
    return [bar for bar in bars if start <= _opening(bar.day) < end]


def _meta(listing: Listing, bars: Sequence[Bar]) -> dict[str, object]:
    last, before = bars[-1], bars[-2] if len(bars) > 1 else bars[-1]
    year = bars[-252:]
    offset = datetime.combine(last.day, time(12), _NEW_YORK).utcoffset() or timedelta()
    zone = {"timezone": "EST" if offset.total_seconds() == -18_000 else "EDT",
            "gmtoffset": int(offset.total_seconds())}  # fmt: skip
    pre, start, end, post = (_at(last.day, hour) for hour in (4.0, 9.5, 16.0, 20.0))
    nasdaq = listing.exchange == "Q"
    return {
        "currency": "USD",
        "symbol": listing.sec,
        "exchangeName": "NMS" if nasdaq else "NYQ",
        "fullExchangeName": "NasdaqGS" if nasdaq else "NYSE",
        "instrumentType": "ETF" if listing.kind is Kind.ETF else "EQUITY",
        "firstTradeDate": _opening(bars[0].day),
        "regularMarketTime": end + 1,
        "hasPrePostMarketData": True,
        **zone,
        "exchangeTimezoneName": "America/New_York",
        "regularMarketPrice": last.close,
        "fiftyTwoWeekHigh": max(bar.high for bar in year),
        "fiftyTwoWeekLow": min(bar.low for bar in year),
        "regularMarketDayHigh": last.high,
        "regularMarketDayLow": last.low,
        "regularMarketVolume": last.volume,
        "longName": listing.issuer,
        "shortName": listing.issuer,
        "chartPreviousClose": before.close,
        "priceHint": 2,
        "currentTradingPeriod": {
            "pre": {"start": pre, "end": start, **zone},
            "regular": {"start": start, "end": end, **zone},
            "post": {"start": end, "end": post, **zone},
        },
        "dataGranularity": "1d",
        "range": "",
        "validRanges": ["1d", "5d", "1mo", "3mo", "6mo", "1y", "2y", "5y", "10y", "ytd", "max"],
    }


def _split_event(split: Split) -> dict[str, object]:
    new, old = (split.factor, 1.0) if split.factor >= 1 else (1.0, 1 / split.factor)
    while not float(new).is_integer():
        new, old = new * 2, old * 2
    at = _opening(split.day)
    row = {"date": at, "numerator": new, "denominator": old, "splitRatio": f"{new:g}:{old:g}"}
    return {str(at): row}


def _opening(day: date) -> int:
    return _at(day, 9.5)


def _at(day: date, hour: float) -> int:
    return int((datetime.combine(day, time(), _NEW_YORK) + timedelta(hours=hour)).timestamp())


def _single(price: float) -> float:
    """Return the price rounded to single precision."""
    return float(struct.unpack("f", struct.pack("f", price))[0])


def _error(status: int, code: str, description: str) -> Response:
    body = {"chart": {"result": None, "error": {"code": code, "description": description}}}
    return json_response(body, status, content_type=_JSON)
