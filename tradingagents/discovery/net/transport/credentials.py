"""A vendor's secret query parameters and headers, and where they are put on a request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus, unquote_plus, urlencode, urlsplit, urlunsplit

import requests

from tradingagents.discovery.model.redact import is_secret

__all__ = ["Credentials"]


@dataclass(frozen=True)
class Credentials:
    """Query parameters and headers that are secret.

    The connection adds them while it writes the request, below everything that logs or keeps a URL:
    requests, requests-cache and urllib3 see the request without them, and so does every exception, log
    record, response and cache entry. They are sent to the vendor's own address only.
    """

    params: Mapping[str, str] = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def sign(self, url: str, headers: Mapping[str, Any] | None) -> tuple[str, dict[str, Any]]:
        """Return ``url`` (absolute, or path and query) and ``headers`` with the credentials added."""
        if self.params:
            url = f"{url}{'&' if '?' in url else '?'}{urlencode(self.params)}"
        secret = {name.lower() for name in self.headers}
        others = {name: value for name, value in (headers or {}).items() if name.lower() not in secret}
        return url, others | dict(self.headers)

    def repeated_in(self, response: requests.Response) -> bool:
        """Return whether an answer contains a secret, as a link to the next page may."""
        values = [*self.params.values(), *(value.split(" ")[-1] for value in self.headers.values())]
        forms = {form for value in values if is_secret(value) for form in (value, quote_plus(value))}
        if not forms:
            return False
        headers, body = str(response.headers), response.content
        return any(form in headers or form.encode() in body for form in forms)

    def strip(self, url: str) -> str:
        """Return ``url`` without the secret query parameters: a vendor may repeat them in a redirect."""
        parts = urlsplit(url)
        pairs = parts.query.split("&")
        kept = [pair for pair in pairs if unquote_plus(pair.partition("=")[0]) not in self.params]
        return url if kept == pairs else urlunsplit(parts._replace(query="&".join(kept)))
