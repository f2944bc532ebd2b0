"""FINRA's daily files: 403 stands for a day without a file, for a caller without a name, and for a block.

The files lie in Amazon S3 behind CloudFront. For an object that is not there S3 answers 403 with its own
XML, ``AccessDenied``; CloudFront and the firewall in front of it refuse a caller with a web page, "Request
blocked" (AWS, "HTTP 403 status code (Permission Denied)"). So only the XML says that there is no file.
"""

from __future__ import annotations

from tradingagents.discovery.net.classify.answer import Answer, Finding, Reason
from tradingagents.discovery.net.classify.common import by_shape, by_status, is_library_agent

__all__ = ["classify"]


def classify(answer: Answer) -> Finding:
    """Say what a FINRA answer means."""
    if answer.status == 403 and is_library_agent(answer.user_agent):
        return Finding(Reason.IDENTITY, "a caller must send a user agent of its own")
    if answer.status == 404 or (answer.status == 403 and answer.looks_like_xml):
        return Finding(Reason.ABSENT, "no file for that day (weekend, holiday, or not yet published)")
    if answer.status == 403:
        return Finding(Reason.IDENTITY, "this client is blocked")
    return by_status(answer) or by_shape(answer)
