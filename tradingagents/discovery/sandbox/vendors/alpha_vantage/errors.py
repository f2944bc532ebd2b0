"""Alpha Vantage's error messages, always with HTTP 200.

Source: the vendor's own texts, as quoted in its issue threads and recorded in public repositories. The
functions that answer in CSV spread the word "Information" over the columns of one row instead.
"""

from __future__ import annotations

from tradingagents.discovery.sandbox.http.wire import CSV, Response, json_response

__all__ = ["CALENDAR_COLUMNS", "CSV_ONLY", "ERRORS", "LISTING_COLUMNS", "error", "exploded_csv"]

CALENDAR_COLUMNS = "symbol,name,reportDate,fiscalDateEnding,estimate,currency,timeOfTheDay"
LISTING_COLUMNS = "symbol,name,exchange,assetType,ipoDate,delistingDate,status"
CSV_ONLY = {"EARNINGS_CALENDAR": CALENDAR_COLUMNS, "LISTING_STATUS": LISTING_COLUMNS}

_PLANS = "https://www.alphavantage.co/premium/"
_CLAIM = "https://www.alphavantage.co/support/#api-key"
_THANKS = "Thank you for using Alpha Vantage!"

_TEXTS = {
    "second": (
        f"{_THANKS} Please consider spreading out your free API requests more sparingly "
        f"(1 request per second). You may subscribe to any of the premium plans at {_PLANS} "
        "to lift the free key rate limit (25 requests per day), raise the per-second burst limit, "
        "and instantly unlock all premium endpoints"
    ),
    "day": (
        "We have detected your API key as {key} and our standard API rate limit is 25 requests per day. "
        f"Please subscribe to any of the premium plans at {_PLANS} to instantly remove all daily rate limits."
    ),
    "minute": (
        f"{_THANKS} Our standard API call frequency is 5 calls per minute and 500 calls per day. "
        f"Please visit {_PLANS} if you would like to target a higher API call frequency."
    ),
    "premium": (
        f"{_THANKS} This is a premium endpoint. You may subscribe to any of the premium plans at {_PLANS} "
        "to instantly unlock all premium endpoints"
    ),
    "outputsize": (
        f"{_THANKS} The outputsize=full parameter value is a premium feature for the {{function}} endpoint. "
        f"You may subscribe to any of the premium plans at {_PLANS} to instantly unlock all premium features"
    ),
    "demo": (
        "The **demo** API key is for demo purposes only. Please claim your free API key at "
        f"({_CLAIM}) to explore our full API offerings. It takes fewer than 20 seconds."
    ),
    "news_inputs": (
        "Invalid inputs. Please refer to the API documentation "
        "https://www.alphavantage.co/documentation#newsapi and try again."
    ),
    "call": (
        "Invalid API call. Please retry or visit the documentation "
        "(https://www.alphavantage.co/documentation/) for {function}."
    ),
    "key": (
        "the parameter apikey is invalid or missing. Please claim your free API key on "
        f"({_CLAIM}). It should take less than 20 seconds."
    ),
    "function": "This API function ({function}) does not exist.",
}
_KEYS = {"minute": "Note", "call": "Error Message", "key": "Error Message", "function": "Error Message"}

ERRORS = {reason: (_KEYS.get(reason, "Information"), text) for reason, text in _TEXTS.items()}
"""Reason: the JSON key and the text."""


def error(reason: str, *, function: str = "", key: str = "") -> Response:
    """Return the JSON body for a reason of :data:`ERRORS`; the daily limit's contains the caller's key."""
    name, text = ERRORS[reason]
    return json_response({name: text.format(function=function, key=key)})


def exploded_csv(function: str) -> Response:
    """Return a CSV function's refusal: its header, and one letter of "Information" per column."""
    columns = CSV_ONLY[function]
    letters = ",".join("Information"[: columns.count(",")])
    return Response(200, f"{columns}\r\n{letters}\r\n".encode(), CSV)
