"""The transport of one vendor: every request, redirect hop and retry of its client passes here.

A transport adapter is the extension point that ``requests`` offers, and the only one that
finnhub-python, praw and plain calls share. Order of operations for one request:

1. refuse at once when the deadline has passed;
2. clip the connect and read timeouts to what is left of it;
3. send, and count;
4. read the whole body within the deadline and the size limit;
5. turn transport errors into ours, without the URL, which may hold a key.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter

from tradingagents.discovery.clock import current_deadline
from tradingagents.discovery.errors import DeadlineExceeded, Transient
from tradingagents.discovery.net.body import read_body
from tradingagents.discovery.net.counters import count
from tradingagents.discovery.vendor_settings import VendorSettings

__all__ = ["VendorAdapter"]


class VendorAdapter(HTTPAdapter):
    """Sends for one vendor under the deadline of whoever calls. Thread-safe, as its base is."""

    def __init__(self, vendor: str, settings: VendorSettings) -> None:
        self._vendor, self._settings = vendor, settings
        super().__init__(max_retries=0, pool_maxsize=64)

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Send one request. Raises ``DeadlineExceeded``, ``Cancelled``, ``Transient``, ``BadPayload``."""
        deadline = current_deadline()
        left = deadline.check()
        own = self._settings
        clipped = (min(own.connect_timeout_seconds, left), min(own.read_timeout_seconds, left))
        count(self._vendor, "sent")
        try:
            response = super().send(request, True, clipped, verify, cert, proxies)
            read_body(response, self._vendor, deadline, own.read_timeout_seconds, own.max_body_bytes)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            if deadline.expired():
                raise DeadlineExceeded(f"{self._vendor} did not answer in time") from None
            raise Transient(self._vendor, _what(error)) from None
        return response


def _what(error: BaseException) -> str:
    if isinstance(error, requests.ConnectTimeout):
        return "no connection within the connect timeout"
    if isinstance(error, requests.Timeout | urllib3.exceptions.TimeoutError | TimeoutError):
        return "no answer within the read timeout"
    if isinstance(error, requests.ConnectionError):
        return "the connection was refused or broke"
    return f"the answer broke off ({type(error).__name__})"
