"""finnhub-python over a session of ours, with the key in a header. Importing this imports finnhub."""

from __future__ import annotations

from typing import Any

import finnhub
import requests

__all__ = ["HeaderClient"]


class HeaderClient(finnhub.Client):  # type: ignore[misc]  # finnhub-python carries no types
    """The vendor's client, changed in what it gives no argument for. Thread-safe, as the session is.

    Its own constructor makes a session and puts the key into the query string of every request, from
    where it gets into logs; and its paths begin with a slash, which doubles the one of the address.
    """

    def __init__(self, session: requests.Session, base_url: str, api_key: str) -> None:
        self._session, self._api_key, self.API_URL = session, api_key, base_url.rstrip("/")

    def _request(self, method: str, path: str, **kwargs: Any) -> Any:
        kwargs["headers"] = {"X-Finnhub-Token": self._api_key, "Accept": "application/json"}
        kwargs["allow_redirects"] = False
        return super()._request(method, path.lstrip("/"), **kwargs)
