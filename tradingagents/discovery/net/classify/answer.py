"""The classifier's types: the answer it reads, the reason, the finding, and the error that follows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any

import requests

from tradingagents.discovery.model.errors import (
    Auth,
    BadPayload,
    DiscoveryError,
    NoDataError,
    Permanent,
    QuotaSpent,
    RateLimited,
    Transient,
)

__all__ = ["NOT_JSON", "Answer", "Finding", "Reason"]

NOT_JSON = object()
"""The value for a body that is not JSON, since None is JSON's null."""


class Reason(StrEnum):
    """What an answer means. Only ``ok`` and ``empty`` can be used."""

    OK = "ok"
    EMPTY = "empty"
    """Well-formed, and nothing in it."""
    KEY = "key"
    """The key is missing or wrong."""
    IDENTITY = "identity"
    """The client is refused, for its user agent or its address."""
    PLAN = "plan"
    """The key is valid, but its plan does not include this."""
    RATE = "rate"
    QUOTA = "quota"
    ABSENT = "absent"
    """The symbol, file or community does not exist."""
    DOWN = "down"
    BAD_REQUEST = "bad_request"
    BAD_PAYLOAD = "bad_payload"


_STATUS = {
    Reason.KEY: 401,
    Reason.IDENTITY: 403,
    Reason.PLAN: 403,
    Reason.RATE: 429,
    Reason.QUOTA: 429,
    Reason.ABSENT: 404,
    Reason.DOWN: 503,
    Reason.BAD_REQUEST: 400,
    Reason.BAD_PAYLOAD: 502,
}


@dataclass(frozen=True)
class Finding:
    """A reason, a message for users, and the seconds to send no request, if the vendor set a wait."""

    reason: Reason
    message: str = ""
    wait_seconds: float | None = None

    @property
    def is_answer(self) -> bool:
        """Whether the answer can be used."""
        return self.reason in (Reason.OK, Reason.EMPTY)

    @property
    def equivalent_status(self) -> int | None:
        """The HTTP status that fits the reason, whatever status was sent; None for an answer."""
        return _STATUS.get(self.reason)

    def error(self, vendor: str, status: int) -> DiscoveryError | None:
        """Return a new error of the matching type, None for an answer."""
        text = self.message or f"HTTP {status}"
        if self.reason is Reason.RATE:
            return RateLimited(vendor, text, status=status, retry_after_seconds=self.wait_seconds)
        if self.reason is Reason.ABSENT:
            return NoDataError(f"{vendor}: {text}")
        kind = _ERRORS.get(self.reason)
        return None if kind is None else kind(vendor, text, status=status)


_ERRORS = {
    Reason.KEY: Auth,
    Reason.IDENTITY: Auth,
    Reason.PLAN: Auth,
    Reason.QUOTA: QuotaSpent,
    Reason.DOWN: Transient,
    Reason.BAD_REQUEST: Permanent,
    Reason.BAD_PAYLOAD: BadPayload,
}


@dataclass(frozen=True)
class Answer:
    """What the classifier reads. ``headers`` must compare names without case; ``now`` is aware."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    now: datetime
    method: str = "GET"
    path: str = "/"
    user_agent: str = ""

    @classmethod
    def of(cls, response: requests.Response, now: datetime) -> Answer:
        """Build from a response whose body has been read."""
        request = response.request
        return cls(
            status=response.status_code,
            headers=response.headers,
            body=response.content,
            now=now,
            method=request.method or "GET",
            path=request.path_url,
            user_agent=str(request.headers.get("User-Agent", "")),
        )

    @cached_property
    def json(self) -> Any:
        """The parsed body, or ``NOT_JSON``."""
        if not self.starts_like_json:
            return NOT_JSON
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):  # deeply nested brackets exhaust the parser's stack
            return NOT_JSON

    @property
    def starts_like_json(self) -> bool:
        """Whether the body begins as a JSON object or array."""
        return self._head[:1] in (b"{", b"[")

    @property
    def looks_like_html(self) -> bool:
        """Whether the body begins as a web page."""
        return self._head.startswith((b"<!doctype html", b"<html", b"<head", b"<body"))

    @property
    def looks_like_xml(self) -> bool:
        """Whether the body begins as an XML document."""
        return self._head.startswith((b"<?xml", b"<error"))

    def contains(self, text: str) -> bool:
        """Whether the first 16 KiB of the body contain ``text``, ignoring case."""
        return text.lower().encode() in self.body[:16_384].lower()

    @property
    def _head(self) -> bytes:
        return self.body[:256].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
