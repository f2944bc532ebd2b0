"""finnhub-python over a session of ours, which brings the key. Importing this imports finnhub."""

from __future__ import annotations

from typing import Any

import finnhub
import requests

from tradingagents.discovery.net.fetch_session import FetchSession
from tradingagents.discovery.net.notes import check

__all__ = ["SessionClient"]


class SessionClient(finnhub.Client):  # type: ignore[misc]  # finnhub-python carries no types
    """The vendor's client, changed in what it gives no argument for. Thread-safe, as the session is.

    Its own constructor makes a session and puts the key into the query string of every request, from
    where it gets into logs; its paths begin with a slash, which doubles the one of the address; and it
    stumbles over a refusal whose JSON is no object, so a refusal is raised before it looks.
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
