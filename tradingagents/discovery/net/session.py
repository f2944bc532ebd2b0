"""One ``requests.Session`` for each vendor, so that one's headers and cookies never reach another."""

from __future__ import annotations

from http.cookiejar import DefaultCookiePolicy
from urllib.parse import urlsplit

import requests

from tradingagents.discovery.net.adapter import VendorAdapter
from tradingagents.discovery.vendor_settings import VendorSettings, is_loopback

__all__ = ["open_session"]


def open_session(vendor: str, settings: VendorSettings) -> requests.Session:
    """Return a session that can reach this vendor only, through its :class:`VendorAdapter`.

    Safe to use from several threads: it keeps no cookies. Close it when the scan is over.
    """
    session = requests.Session()
    session.adapters.clear()
    adapter = VendorAdapter(vendor, settings)
    for key, value in settings:
        if key.endswith("_url"):
            parts = urlsplit(value)
            session.mount(f"{parts.scheme}://{parts.netloc}/", adapter)
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.trust_env = not is_loopback(settings.base_url)  # a proxy must not see loopback
    return session
