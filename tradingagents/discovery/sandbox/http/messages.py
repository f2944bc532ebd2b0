"""HTTP/1.1 messages on the wire: reading a request, writing the head of an answer.

Faster than the standard library's handler, which parses headers as e-mail. Requests with a chunked body are
not supported; no client of the vendors sends any.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from typing import BinaryIO

__all__ = ["MalformedRequest", "RawRequest", "head_bytes", "read_request"]

_MAX_LINE = 65_536
_MAX_HEADERS = 100
_MAX_BODY = 1_000_000


class MalformedRequest(Exception):
    """The client sent something other than a supported HTTP/1.x request."""


@dataclass(frozen=True, slots=True)
class RawRequest:
    """A request as received; header names are lower case."""

    method: str
    target: str
    version: str
    headers: dict[str, str]
    body: bytes

    @property
    def keep_alive(self) -> bool:
        """Whether the client wants to reuse the connection."""
        connection = self.headers.get("connection", "").lower()
        return connection == "keep-alive" if self.version == "HTTP/1.0" else "close" not in connection


def read_request(stream: BinaryIO) -> RawRequest | None:
    """Read one request; None when the client has closed. ``MalformedRequest`` or ``OSError`` otherwise."""
    line = stream.readline(_MAX_LINE)
    if not line:
        return None
    words = line.decode("latin-1").split()
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise MalformedRequest("no request line")
    headers = _read_headers(stream)
    try:
        length = int(headers.get("content-length", "0"))
    except ValueError:
        raise MalformedRequest("invalid Content-Length") from None
    if not 0 <= length <= _MAX_BODY or "transfer-encoding" in headers:
        raise MalformedRequest("unsupported body")
    return RawRequest(words[0], words[1], words[2], headers, stream.read(length) if length else b"")


def _read_headers(stream: BinaryIO) -> dict[str, str]:
    headers: dict[str, str] = {}
    for _ in range(_MAX_HEADERS):
        line = stream.readline(_MAX_LINE)
        if line in {b"\r\n", b"\n"}:
            return headers
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon:
            raise MalformedRequest("a header without a colon, or truncated")
        headers[name.strip().lower()] = value.strip()
    raise MalformedRequest("too many headers")


def head_bytes(status: int, headers: Iterable[tuple[str, str]], *, skew_seconds: float = 0.0) -> bytes:
    """Return status line and headers; the ``Date`` header is off by ``skew_seconds``."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Unknown"
    date = formatdate(None if not skew_seconds else time.time() + skew_seconds, usegmt=True)
    lines = [f"HTTP/1.1 {status} {phrase}", f"Date: {date}", *(f"{name}: {value}" for name, value in headers)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
