"""Where a vendor's redirect may lead: to its own hosts, with the same protection. Pure.

Headers such as the contact address in the User-Agent go along with a redirect, and a vendor that is
compromised or misconfigured could lead requests to addresses inside the user's network.
"""

from __future__ import annotations

from urllib.parse import SplitResult, urljoin, urlsplit

from tradingagents.discovery.model.errors import BadPayload, Permanent
from tradingagents.discovery.net.vendor import Vendor

__all__ = ["check_redirect"]

_PORTS = {"http": 80, "https": 443}
_SHOWN = 100  # characters of an address


def check_redirect(vendor: Vendor, url: str, location: str) -> None:
    """Raise when ``location``, in a response for ``url``, is not one that ``vendor`` may redirect to.

    :class:`BadPayload` when it is no address, :class:`Permanent` when it leaves the vendor's hosts and those
    of its setting ``redirect_hosts``, or https. Other schemes than http and https are refused, too.
    """
    origin = urlsplit(url)
    try:
        target = urlsplit(urljoin(url, location))
        host = _address(target)
    except ValueError:
        raise BadPayload(
            vendor.name, f"redirects to {location[:_SHOWN]!r}, which is not an address"
        ) from None
    if target.scheme not in _PORTS or (origin.scheme == "https" and target.scheme == "http"):
        raise Permanent(vendor.name, f"redirects from {origin.scheme} to {target.scheme}, which is refused")
    allowed = {_address(urlsplit(base)) for base in vendor.base_urls} | {_address(origin)}
    further = vendor.settings.redirect_hosts
    if host not in allowed and host not in further and (target.hostname or "") not in further:
        way_out = f"allow it in vendors.{vendor.name}.redirect_hosts"
        raise Permanent(
            vendor.name, f"redirects from {_address(origin)} to {host}, which is refused; {way_out}"
        )


def _address(parts: SplitResult) -> str:
    """Return ``host:port``. Raises ``ValueError`` for an impossible port."""
    return f"{parts.hostname}:{parts.port or _PORTS.get(parts.scheme, 0)}"
