"""Read a whole body within a time and a size.

``requests`` applies its read timeout to each ``recv``, so a server that drips one byte a second never
times out; and it decodes a compressed body of any size. Here the deadline covers the whole body and
``max_body_bytes`` what it decodes to.
"""

from __future__ import annotations

import requests
import urllib3

from tradingagents.discovery.clock import Deadline
from tradingagents.discovery.errors import BadPayload

__all__ = ["read_body"]

_CHUNK = 65_536
_SLICE_SECONDS = 0.5  # how long one recv may block before the deadline and the stop switch are looked at


def read_body(
    response: requests.Response, vendor: str, deadline: Deadline, read_timeout: float, limit: int
) -> None:
    """Read the body into ``response``, as ``response.content`` would.

    Raises ``DeadlineExceeded`` or ``Cancelled`` when the time ends, :class:`BadPayload` when the body
    decodes to more than ``limit`` bytes, and what urllib3 raises when the connection breaks.
    """
    raw = response.raw
    chunks: list[bytes] = []
    size = 0
    while True:
        _arm(raw, min(read_timeout, deadline.check()))
        chunk = raw.read1(_CHUNK, decode_content=True)
        if not chunk:
            break
        size += len(chunk)
        if size > limit:
            raw.close()
            raise BadPayload(vendor, f"the answer is larger than {limit} bytes", status=response.status_code)
        chunks.append(chunk)
    response._content = b"".join(chunks)
    response._content_consumed = True  # type: ignore[attr-defined]


def _arm(raw: urllib3.HTTPResponse, seconds: float) -> None:
    """Let the next ``recv`` block for at most ``seconds``."""
    connection = getattr(raw, "connection", None) or getattr(raw, "_connection", None)
    sock = getattr(connection, "sock", None)
    if sock is not None:
        sock.settimeout(max(seconds, 0.001))
