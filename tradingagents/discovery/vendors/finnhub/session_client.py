"""finnhub-python over a session of ours; apart from the client, because importing this imports finnhub."""

from __future__ import annotations

from typing import Any

import finnhub
import requests

from tradingagents.discovery.net.fetch_session import FetchSession
from tradingagents.discovery.net.notes import check

__all__ = ["SessionClient"]


class SessionClient(finnhub.Client):  # type: ignore[misc]  # finnhub-python carries no types
    """The vendor's client over a session that adds the key. Thread-safe, as the session is.

    Overrides what cannot be configured: its constructor opens a session of its own and puts the key into
    the query string of every request, which ends up in logs; its paths begin with a slash, which would
    double that of the base URL; and it fails on a refusal whose JSON is not an object, so :func:`check`
    raises refusals first.
    """

    def __init__(self, session: FetchSession, base_url: str) -> None:
        self._session, self.API_URL = session, base_url.rstrip("/")

    def _request(self, method: str, path: str, **kwargs: Any) -> Any:
        kwargs["headers"] = {"Accept": "application/json"}
        kwargs["allow_redirects"] = False
        return super()._request(method, path.lstrip("/"), **kwargs)

    @staticmethod
    def _handle_response(response: requests.Response) -> Any:
        return finnhub.Client._handle_response(check(response))
