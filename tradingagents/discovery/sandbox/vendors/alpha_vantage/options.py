"""Alpha Vantage's HISTORICAL_OPTIONS: the whole chain of one underlying on one session, all as strings."""

from __future__ import annotations

from datetime import date

from tradingagents.discovery.sandbox.http.wire import Request, Response, json_response
from tradingagents.discovery.sandbox.vendors.alpha_vantage.prices import csv_response, find
from tradingagents.discovery.sandbox.world import stream
from tradingagents.discovery.sandbox.world.companies.directory import Kind, Listing
from tradingagents.discovery.sandbox.world.market import Market
from tradingagents.discovery.sandbox.world.prices.options import Contract

__all__ = ["historical_options"]

_FIELDS = (
    "contractID", "symbol", "expiration", "strike", "type", "last", "mark", "bid", "bid_size", "ask",
    "ask_size", "volume", "open_interest", "date", "implied_volatility", "delta", "gamma", "theta", "vega",
    "rho",
)  # fmt: skip


def historical_options(market: Market, request: Request) -> Response:
    """Return the chain of ``symbol`` on ``date``, by default the newest; no rows on a closed day."""
    listing = find(market, request)
    requested = request.query.get("date", str(market.as_of))
    day = next((one for one in market.sessions if str(one) == requested), None)
    optionable = listing is not None and listing.kind in {Kind.COMMON, Kind.ETF}
    chain = market.option_chain(listing.symbol, day) if listing and optionable and day else ()
    if listing is None or day is None or not chain:
        text = (
            f"No data for symbol {request.query.get('symbol', '')} on date {requested}. "
            "Please specify a valid combination of symbol and trading day."
        )
        return json_response({"endpoint": "Historical Options", "message": text, "data": []})
    rows = [_row(market.seed, listing, day, contract) for contract in chain]
    if request.query.get("datatype") == "csv":
        return csv_response(",".join(_FIELDS), rows)
    data = [dict(zip(_FIELDS, row, strict=True)) for row in rows]
    return json_response({"endpoint": "Historical Options", "message": "success", "data": data})


def _row(seed: int, listing: Listing, day: date, one: Contract) -> tuple[str, ...]:
    root = listing.symbol.replace(".", "") + ("1" if one.adjusted else "")
    key = f"{root}{one.expiration:%y%m%d}{one.kind[0].upper()}{round(one.strike * 1_000):08d}"
    draw = stream(seed, "quote", key, day)
    greeks = (f"{draw.uniform(-0.2, 0.2):.5f}" for _ in range(4))
    return (
        key, listing.alpha_vantage, str(one.expiration), f"{one.strike:.2f}", one.kind,
        f"{one.mark * draw.uniform(0.97, 1.03):.2f}", f"{one.mark:.2f}", f"{one.bid:.2f}",
        str(draw.randint(1, 90)), f"{one.ask:.2f}", str(draw.randint(1, 90)), str(one.volume),
        str(one.open_interest), str(day), f"{draw.uniform(0.2, 1.2):.5f}", f"{one.delta:.5f}", *greeks,
    )  # fmt: skip
