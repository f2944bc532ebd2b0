"""Read an answer's body to its end, and no further than a limit."""

from __future__ import annotations

from urllib3.response import BaseHTTPResponse

from tradingagents.discovery.model.errors import DiscoveryError

__all__ = ["BodyTooLarge", "read_body"]

_CHUNK_BYTES = 65_536


class BodyTooLarge(DiscoveryError):
    """The body is longer than allowed. Never leaves this package."""


def read_body(raw: BaseHTTPResponse, max_bytes: int) -> bytes:
    """Return the decoded body. Raises :class:`BodyTooLarge`, what the wire raises, and urllib3's errors.

    The limit counts decoded bytes, and never more than a chunk beyond it is decoded, so a compressed
    bomb ends here too. A length that the headers announce is refused before a byte is read.
    """
    announced = raw.headers.get("Content-Length", "")
    if announced.isdecimal() and int(announced) > max_bytes:
        raise BodyTooLarge(f"the answer announces {int(announced):,} bytes, over the limit of {max_bytes:,}")
    parts: list[bytes] = []
    total = 0
    while chunk := raw.read1(_CHUNK_BYTES, decode_content=True):
        total += len(chunk)
        if total > max_bytes:
            raise BodyTooLarge(f"the answer is over the limit of {max_bytes:,} bytes")
        parts.append(chunk)
    return b"".join(parts)
