"""Finnhub: the earnings calendar, and how analysts' recommendations move. Through finnhub-python.

Source: https://finnhub.io/docs/api. The free plan allows 60 calls a minute; every answer tells in its
``X-Ratelimit`` headers how many are left and when the minute ends.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from tradingagents.discovery.clock import current_deadline
from tradingagents.discovery.errors import (
    Auth,
    BadPayload,
    FetchError,
    NoDataError,
    Permanent,
    RateLimited,
    Transient,
)
from tradingagents.discovery.vendors.finnhub_records import (
    VENDOR,
    EarningsEvent,
    OnMalformed,
    RatingMonth,
    calendar_rows,
    parse_events,
    parse_ratings,
)

if TYPE_CHECKING:
    import requests

__all__ = ["Finnhub", "error_of"]

_ROW_CAP = 1_500  # the calendar is said to end there without a word; a quarter's busiest week has more


class Finnhub:
    """Asks Finnhub over a session that keeps the deadline. Thread-safe, as the session is.

    Every method raises the errors of :mod:`tradingagents.discovery.errors` and no others.
    """

    def __init__(self, session: requests.Session, base_url: str, api_key: str) -> None:
        from tradingagents.discovery.vendors.finnhub_client import HeaderClient

        self._client = HeaderClient(session, base_url, api_key)

    def earnings_calendar(
        self, first: date, last: date, *, on_malformed: OnMalformed | None = None
    ) -> list[EarningsEvent]:
        """Return every report from ``first`` to ``last``, both included, by date and symbol.

        Asks again in halves when an answer is as long as the vendor makes one. A row that cannot be
        read is a ``BadPayload``; with ``on_malformed`` it is told and left out, unless no row can be.
        """
        rows = calendar_rows(
            self._ask(lambda client: client.earnings_calendar(_from=str(first), to=str(last), symbol=""))
        )
        if len(rows) < _ROW_CAP or first >= last:
            return parse_events(rows, on_malformed)
        middle = first + timedelta(days=(last - first).days // 2)
        early = self.earnings_calendar(first, middle, on_malformed=on_malformed)
        return early + self.earnings_calendar(middle + timedelta(days=1), last, on_malformed=on_malformed)

    def recommendation_trends(self, symbol: str) -> list[RatingMonth]:
        """Return the monthly snapshots of one symbol, newest first (the free plan has four).

        Raises :class:`NoDataError` for a symbol that no analyst follows or that the vendor does not know.
        """
        months = parse_ratings(self._ask(lambda client: client.recommendation_trends(symbol)))
        if not months:
            raise NoDataError(f"{VENDOR}: no recommendations for {symbol}")
        return months

    def _ask(self, call: Callable[[Any], Any]) -> Any:
        import requests
        from finnhub.exceptions import FinnhubAPIException, FinnhubRequestException

        try:
            return call(self._client)
        except FinnhubAPIException as error:
            now = current_deadline().clock.now().timestamp()
            raise error_of(error.response, now) from None
        except (FinnhubRequestException, TypeError, RecursionError):
            # The library itself stumbles (TypeError) over an error whose JSON is no object.
            raise BadPayload(VENDOR, "the answer is not the JSON it documents") from None
        except requests.RequestException as error:
            raise Permanent(VENDOR, f"the request could not be sent ({type(error).__name__})") from None


def error_of(response: requests.Response, now: float) -> FetchError:
    """Return what a refusal means. Pure; ``now`` is the unix time, for the wait until the limit resets."""
    status = response.status_code
    message = f"HTTP {status}"
    if status == 429:
        wait = _wait(response, now)
        return RateLimited(VENDOR, f"{message}: over the limit", status=status, retry_after_seconds=wait)
    if status == 401:
        return Auth(VENDOR, f"{message}: the key is refused", status=status)
    if status == 403:
        return Auth(VENDOR, f"{message}: the key's plan does not include this", status=status)
    if status >= 500 or status == 408:
        return Transient(VENDOR, message, status=status)
    return Permanent(VENDOR, message, status=status)


def _wait(response: requests.Response, now: float) -> float | None:
    wish, reset = response.headers.get("Retry-After", ""), response.headers.get("X-Ratelimit-Reset", "")
    if wish.isdigit():
        return float(wish)
    return max(float(reset) - now, 0.0) if reset.isdigit() else None
