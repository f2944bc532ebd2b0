"""Alpha Vantage's functions for prices and company figures."""

from __future__ import annotations

from collections.abc import Sequence

from tradingagents.discovery.sandbox.http.wire import CSV, Request, Response, json_response
from tradingagents.discovery.sandbox.vendors.alpha_vantage.errors import error
from tradingagents.discovery.sandbox.world import stream
from tradingagents.discovery.sandbox.world.companies.directory import Kind, Listing
from tradingagents.discovery.sandbox.world.market import Market
from tradingagents.discovery.sandbox.world.prices.splits import as_traded, splits_of

__all__ = [
    "global_quote", "overview", "splits", "time_series_daily", "top_gainers_losers",
]  # fmt: skip

_ROWS = 20
_COMPACT = 100
_BAR_FIELDS = ("1. open", "2. high", "3. low", "4. close", "5. volume")
_QUOTE_FIELDS = (
    "01. symbol", "02. open", "03. high", "04. low", "05. price", "06. volume", "07. latest trading day",
    "08. previous close", "09. change", "10. change percent",
)  # fmt: skip
_QUOTE_CSV = "symbol,open,high,low,price,volume,latestDay,previousClose,change,changePercent"
_OVERVIEW_RATIOS = (
    "PERatio", "BookValue", "EPS", "RevenuePerShareTTM", "ProfitMargin", "OperatingMarginTTM",
    "ReturnOnAssetsTTM", "ReturnOnEquityTTM", "DilutedEPSTTM", "QuarterlyEarningsGrowthYOY",
    "QuarterlyRevenueGrowthYOY", "AnalystTargetPrice", "TrailingPE", "PriceToSalesRatioTTM",
    "PriceToBookRatio", "EVToRevenue", "EVToEBITDA", "Beta", "PercentInsiders", "PercentInstitutions",
)  # fmt: skip
_GRADES = ("StrongBuy", "Buy", "Hold", "Sell", "StrongSell")
_OVERVIEW_UNKNOWN = (
    "EBITDA", "PEGRatio", "DividendPerShare", "DividendYield", "ForwardPE", "DividendDate", "ExDividendDate",
)  # fmt: skip


def find(market: Market, request: Request) -> Listing | None:
    """Return the requested listing, in the directory's spelling or Alpha Vantage's."""
    symbol = request.query.get("symbol", "").upper()
    return next((one for one in market.listings if symbol in {one.symbol, one.alpha_vantage}), None)


def _plain(number: float, places: int = 4) -> str:
    return f"{number:.{places}f}".rstrip("0").rstrip(".")


def top_gainers_losers(market: Market, _request: Request) -> Response:
    """Return the twenty largest rises, falls and volumes of the last session, shares of all kinds."""
    rows = []
    for symbol, plan in market.plans.items():
        volume = market.volumes[symbol][-1]
        places = 2 if plan.close >= 1 else 4
        price, before = round(plan.close, places), round(plan.close / (1 + plan.change), places)
        percent = 100 * (price - before) / before
        row = {
            "ticker": market.by_symbol[symbol].alpha_vantage,
            "price": _plain(price),
            "change_amount": _plain(price - before),
            "change_percentage": f"{percent:.4f}%",
            "volume": str(volume),
        }
        rows.append((percent, volume, row))
    rows.sort(key=lambda row: (row[0], row[2]["ticker"]))
    busiest = sorted(rows, key=lambda row: row[1], reverse=True)
    return json_response(
        {
            "metadata": "Top gainers, losers, and most actively traded US tickers",
            "last_updated": f"{market.as_of} 16:15:59 US/Eastern",
            "top_gainers": [row for _, _, row in reversed(rows[-_ROWS:])],
            "top_losers": [row for _, _, row in rows[:_ROWS]],
            "most_actively_traded": [row for _, _, row in busiest[:_ROWS]],
        }
    )


def time_series_daily(market: Market, request: Request) -> Response:
    """Return the last hundred bars as traded, newest first; more is a premium feature."""
    listing = find(market, request)
    if listing is None or listing.kind is Kind.TEST:
        return error("call", function="TIME_SERIES_DAILY")
    if request.query.get("outputsize", "compact") == "full":
        return error("outputsize", function="TIME_SERIES_DAILY")
    traded = as_traded(market.bars(listing.symbol), splits_of(market).get(listing.symbol))
    bars = traded[: -_COMPACT - 1 : -1]
    rows = {
        str(bar.day): (
            *(f"{price:.4f}" for price in (bar.open, bar.high, bar.low, bar.close)),
            str(bar.volume),
        )
        for bar in bars
    }
    if request.query.get("datatype") == "csv":
        return csv_response(
            "timestamp,open,high,low,close,volume", [(day, *cells) for day, cells in rows.items()]
        )
    return json_response(
        {
            "Meta Data": {
                "1. Information": "Daily Prices (open, high, low, close) and Volumes",
                "2. Symbol": request.query["symbol"],
                "3. Last Refreshed": str(bars[0].day),
                "4. Output Size": "Compact",
                "5. Time Zone": "US/Eastern",
            },
            "Time Series (Daily)": {
                day: dict(zip(_BAR_FIELDS, row, strict=True)) for day, row in rows.items()
            },
        }
    )


def splits(market: Market, request: Request) -> Response:
    """Return the splits of a symbol, newest first; no rows for one that has none or is not listed."""
    listing = find(market, request)
    split = splits_of(market).get(listing.symbol) if listing is not None else None
    rows = [{"effective_date": str(split.day), "split_factor": f"{split.factor:.4f}"}] if split else []
    return json_response({"symbol": request.query.get("symbol", ""), "data": rows})


def global_quote(market: Market, request: Request) -> Response:
    """Return the last session's quote; an empty object for an unlisted symbol."""
    listing = find(market, request)
    if listing is None or listing.kind is Kind.TEST:
        return json_response({"Global Quote": {}})
    before, last = market.bars(listing.symbol)[-2:]
    change = last.close - before.close
    prices = (f"{price:.4f}" for price in (last.open, last.high, last.low, last.close))
    row = (
        request.query["symbol"], *prices, str(last.volume), str(last.day), f"{before.close:.4f}",
        f"{change:.4f}", f"{100 * change / before.close:.4f}%",
    )  # fmt: skip
    if request.query.get("datatype") == "csv":
        return csv_response(_QUOTE_CSV, [row])
    return json_response({"Global Quote": dict(zip(_QUOTE_FIELDS, row, strict=True))})


def overview(market: Market, request: Request) -> Response:
    """Return the company's figures, all as strings; ``{}`` for funds and unknown symbols."""
    listing = find(market, request)
    if listing is None or listing.kind is not Kind.COMMON:
        return json_response({})
    draw = stream(market.seed, "overview", listing.symbol)
    closes = [bar.close for bar in market.bars(listing.symbol)]
    shares = draw.randint(8, 900) * 1_000_000
    figures = _description(listing) | {
        "MarketCapitalization": str(int(shares * closes[-1])),
        "RevenueTTM": str(draw.randint(20, 9_000) * 1_000_000),
        "GrossProfitTTM": str(draw.randint(10, 900) * 1_000_000),
        "52WeekHigh": _plain(max(closes), 2),
        "52WeekLow": _plain(min(closes), 2),
        "50DayMovingAverage": _plain(_mean(closes[-50:]), 2),
        "200DayMovingAverage": _plain(_mean(closes[-200:]), 2),
        "SharesOutstanding": str(shares),
        "SharesFloat": str(int(shares * 0.8)),
    }
    figures |= {name: _plain(draw.uniform(0.01, 40), 3) for name in _OVERVIEW_RATIOS}
    figures |= {f"AnalystRating{grade}": str(draw.randint(0, 9)) for grade in _GRADES}
    return json_response(figures | dict.fromkeys(_OVERVIEW_UNKNOWN, "None"))


def _description(listing: Listing) -> dict[str, str]:
    return {
        "Symbol": listing.alpha_vantage,
        "AssetType": "Common Stock",
        "Name": listing.issuer,
        "Description": f"{listing.issuer} is an invented company of the sandbox.",
        "CIK": str(listing.cik),
        "Exchange": "NASDAQ" if listing.exchange == "Q" else "NYSE",
        "Currency": "USD",
        "Country": "USA",
        "Sector": "TECHNOLOGY",
        "Industry": "SERVICES-PREPACKAGED SOFTWARE",
        "Address": "1 FICTION ROAD, NOWHERE, NY, US",
        "OfficialSite": "https://example.com",
        "FiscalYearEnd": "December",
        "LatestQuarter": "2025-12-31",
    }


def _mean(numbers: Sequence[float]) -> float:
    return sum(numbers) / len(numbers)


def csv_response(columns: str, rows: Sequence[tuple[str, ...]]) -> Response:
    """Return a CSV table."""
    lines = [columns, *(",".join(row) for row in rows)]
    return Response(200, "".join(f"{line}\r\n" for line in lines).encode(), CSV)
