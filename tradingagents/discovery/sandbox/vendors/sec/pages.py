"""EDGAR's error pages.

Source: sec.gov, "Webmaster FAQ - developers" and "Internet security policy"; recorded bodies. The reason
is in the page, not in the status: both refusals and missing files are 403.
"""

from __future__ import annotations

from tradingagents.discovery.sandbox.http.wire import HTML, Response

__all__ = ["access_denied", "no_such_key", "not_found", "overloaded", "too_fast", "undeclared"]

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta http-equiv="content-type" content="text/html; charset=utf-8">
<title>{title}</title>
</head>
<body>
<h1>{heading}</h1>
<p>{text}</p>
</body>
</html>
"""


def _page(status: int, title: str, heading: str, text: str) -> Response:
    return Response(status, _PAGE.format(title=title, heading=heading, text=text).encode(), HTML)


def too_fast() -> Response:
    """More than ten requests a second."""
    title = "SEC.gov | Request Rate Threshold Exceeded"
    text = "Your request rate has exceeded the SEC's maximum allowable requests per second."
    return _page(403, title, "Request Rate Threshold Exceeded", text)


def undeclared() -> Response:
    """No User-Agent, or one without a contact address."""
    title = "SEC.gov | Your Request Originates from an Undeclared Automated Tool"
    text = "Please declare your traffic by updating your user agent to include company specific information."
    return _page(403, title, "Your Request Originates from an Undeclared Automated Tool", text)


def overloaded() -> Response:
    """A page beyond the end of the latest filings."""
    title = "SEC.gov | File Unavailable"
    return _page(503, title, "This page is temporarily unavailable.", "Please try again in a few minutes.")


def not_found() -> Response:
    """A path of the site that does not exist."""
    return _page(404, "SEC.gov | Page Not Found", "Page not found", "The page you requested does not exist.")


def access_denied() -> Response:
    """An object of the archive that does not exist (yet)."""
    return _error(403, "AccessDenied", "Access Denied")


def no_such_key() -> Response:
    """A company without JSON files."""
    return _error(404, "NoSuchKey", "The specified key does not exist.")


def _error(status: int, code: str, message: str) -> Response:
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{code}</Code><Message>{message}</Message>"
        "<RequestId>SANDBOX0000000000</RequestId><HostId>sandbox</HostId></Error>"
    )
    return Response(status, body.encode(), "application/xml")
