"""Hosts of public files (FINRA, Nasdaq Trader, SEC EDGAR): 403 and 404 often mean "no such file".

FINRA's files lie in Amazon S3 behind CloudFront. For an object that does not exist S3 answers 403 with its
own XML, ``AccessDenied``; CloudFront and its firewall reject a client with a web page, "Request blocked"
(AWS, "HTTP 403 status code (Permission Denied)"). So only the XML means that there is no file.

EDGAR answers 403 with four meanings, distinguished by the page: "Accessing EDGAR data", the SEC's Internet
security policy and recorded answers. After more than ten requests a second, access returns once the rate
was kept for ten minutes.
"""

from __future__ import annotations

from tradingagents.discovery.net.classify.answer import Answer, Finding, Reason
from tradingagents.discovery.net.classify.common import (
    by_shape,
    by_status,
    classify_plainly,
    is_library_agent,
    rate_limit,
)

__all__ = ["classify_finra", "classify_nasdaq", "classify_sec"]

_SEC_BLOCK_SECONDS = 600.0
_PAGES = (".htm", ".html", "/")


def classify_finra(answer: Answer) -> Finding:
    """Return what an answer of FINRA's daily files means."""
    if answer.status == 403 and is_library_agent(answer.user_agent):
        return Finding(Reason.IDENTITY, "requests without a user agent of their own are rejected")
    if answer.status == 404 or (answer.status == 403 and answer.looks_like_xml):
        return Finding(Reason.ABSENT, "no file for that day (weekend, holiday, or not yet published)")
    if answer.status == 403:
        return Finding(Reason.IDENTITY, "this client is blocked")
    return by_status(answer) or by_shape(answer)


def classify_nasdaq(answer: Answer) -> Finding:
    """Return what an answer of Nasdaq Trader's symbol directory means."""
    if answer.status == 404:
        return Finding(Reason.ABSENT, "there is no such file")
    return classify_plainly(answer)


def classify_sec(answer: Answer) -> Finding:
    """Return what an EDGAR answer means."""
    if answer.status == 403:
        return _forbidden(answer)
    if answer.status == 404:
        return Finding(Reason.ABSENT, "no such filer or file")
    if answer.status == 429:
        return rate_limit(answer, default_seconds=_SEC_BLOCK_SECONDS)
    if answer.looks_like_html and answer.contains("<title>SEC.gov | Request Rate Threshold Exceeded"):
        return rate_limit(answer, default_seconds=_SEC_BLOCK_SECONDS)  # seen with 200 too
    finding = by_status(answer) or by_shape(answer)
    if finding.reason is Reason.BAD_PAYLOAD and answer.looks_like_html and _is_page(answer.path):
        return Finding(Reason.OK)
    return finding


def _forbidden(answer: Answer) -> Finding:
    if answer.looks_like_xml:
        return Finding(Reason.ABSENT, "no such file (weekend, holiday, or not yet published)")
    if answer.contains("Request Rate Threshold Exceeded") and "@" in answer.user_agent:
        return rate_limit(answer, default_seconds=_SEC_BLOCK_SECONDS)
    # A user agent without a contact gets the same page; waiting would not help it.
    return Finding(Reason.IDENTITY, "the user agent must name a company and an e-mail address")


def _is_page(path: str) -> bool:
    return path.partition("?")[0].endswith(_PAGES)
