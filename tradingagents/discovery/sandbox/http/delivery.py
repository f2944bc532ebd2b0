"""Sends the bytes of an answer: at once, or as a fault requires.

Every wait ends when the server stops or the client disconnects.
"""

from __future__ import annotations

import os
import selectors
import socket
import struct
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from tradingagents.discovery.sandbox.http.wire import Response

__all__ = ["Delivery", "Ending", "deliver", "reset_connection", "wait_with_client"]

_POLL_SECONDS = 0.05
_SEND_STEP = 1 << 16
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER of zero seconds: close() sends RST instead of FIN


class Ending(StrEnum):
    """The state of the connection after the bytes were sent."""

    KEEP = "keep"  # unless the client closes it
    CLOSE = "close"
    RESET = "reset"
    HANG = "hang"  # until the client disconnects or the server stops


@dataclass(frozen=True, slots=True)
class Delivery:
    """An answer and how to send it.

    ``announced``: the Content-Length, None for the correct one. ``sent``: number of bytes of the body to
    send, None for all. ``padding``: blanks sent before the body, not held in memory.
    ``interval``: seconds between single bytes of the body. ``skew_seconds`` moves the Date header.
    """

    response: Response
    head: bool = True  # False: nothing is sent at all
    announced: int | None = None
    sent: int | None = None
    padding: int = 0
    chunked: bool = False
    interval: float | None = None
    ending: Ending = Ending.KEEP
    skew_seconds: float = 0.0

    @property
    def plain(self) -> bool:
        """Whether it is sent at once and completely, as every answer without a fault."""
        return self.head and not self.padding and self.sent is None and self.interval is None


def deliver(
    sock: socket.socket, head: bytes, body: bytes, delivery: Delivery, stopping: threading.Event
) -> None:
    """Send ``head`` and ``body`` as the delivery requires; ``OSError`` when the client has disconnected."""
    if delivery.plain and not delivery.chunked:
        sock.sendall(head + body)
        return
    if not delivery.head:
        return
    sock.sendall(head)
    shown = body if delivery.sent is None else body[: delivery.sent]
    if delivery.interval is not None:
        _drip(sock, shown, delivery.interval, stopping)
        return
    for piece in _pieces(delivery.padding, shown):
        if stopping.is_set():
            return
        sock.sendall(b"%x\r\n%b\r\n" % (len(piece), piece) if delivery.chunked else piece)
    if delivery.chunked:
        sock.sendall(b"0\r\n\r\n")


def _pieces(padding: int, body: bytes) -> Iterable[bytes]:
    blanks = b" " * min(padding, _SEND_STEP)
    for start in range(0, padding, _SEND_STEP):
        yield blanks[: padding - start]
    if body:
        yield body


def _drip(sock: socket.socket, body: bytes, interval: float, stopping: threading.Event) -> None:
    for number in range(len(body)):
        if number and wait_with_client(sock, interval, stopping):
            return
        sock.sendall(body[number : number + 1])


def wait_with_client(sock: socket.socket, seconds: float | None, stopping: threading.Event) -> bool:
    """Wait (None: for ever); return True at once when the server stops or the client disconnects."""
    return any(stopping.wait(step) or _disconnected(sock) for step in _steps(seconds))


def _steps(seconds: float | None) -> Iterator[float]:
    left = seconds
    while left is None or left > 0:
        step = _POLL_SECONDS if left is None else min(left, _POLL_SECONDS)
        yield step
        if left is not None:
            left -= step


def _disconnected(sock: socket.socket) -> bool:
    """Return whether the client has closed or broken the connection."""
    try:
        with selectors.DefaultSelector() as selector:
            selector.register(sock, selectors.EVENT_READ)
            return bool(selector.select(0)) and not sock.recv(1, socket.MSG_PEEK)
    except (OSError, ValueError):
        return True


def reset_connection(sock: socket.socket) -> None:
    """Reset the connection (RST), even if file objects still hold the socket."""
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        os.close(sock.detach())
    except OSError:
        return  # already closed
