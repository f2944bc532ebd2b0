"""The limits of one HTTP exchange, enforced at its socket: when to send, how long and how much to receive.

``requests`` and urllib3 know a timeout per socket operation only: a server that sends one byte per second
can hold a thread indefinitely, in the headers or in the body, and nothing can wake a thread that waits for
headers. Here the timeout of each receive is set to what is left of the deadline, and a cancel shuts the
socket down from another thread.

Opening a connection may take any time, so the permit to send is taken when it is open, right before the
bytes are written.
"""

from __future__ import annotations

import contextlib
import io
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from contextvars import ContextVar
from typing import Any

from urllib3.response import BaseHTTPResponse

from tradingagents.discovery.model.clock import Deadline
from tradingagents.discovery.model.errors import DiscoveryError
from tradingagents.discovery.net.transport.credentials import Credentials

__all__ = [
    "ArmedReader",
    "BodyTooLarge",
    "ExchangeTooLong",
    "SendGate",
    "Wire",
    "current_wire",
    "read_body",
    "wired",
]

_LONGEST_LENGTH = 18  # digits of a length; Python converts no text of more than 4,300
_CHUNK_BYTES = 65_536

SendGate = Callable[[Callable[[], None], bool], AbstractContextManager[None]]
"""Called with ``(recheck, new_connection)``; returns a context manager around the sending of one request.

It may wait before it enters, and calls ``recheck`` after each wait, which raises when the connection was
lost meanwhile. It may raise errors of its own. ``new_connection`` is true for the first request over a
connection.
"""


def _open_gate(recheck: Callable[[], None], new_connection: bool) -> AbstractContextManager[None]:
    return contextlib.nullcontext()


class ExchangeTooLong(DiscoveryError):
    """One request with its body took longer than the vendor's settings allow. Never leaves this package."""


class BodyTooLarge(DiscoveryError):
    """The body is longer than allowed. Never leaves this package."""


class Wire:
    """The limits and the socket of one exchange. Used by one thread; :meth:`cut` is for any thread."""

    def __init__(
        self,
        deadline: Deadline,
        read_timeout: float,
        exchange_timeout: float,
        gate: SendGate = _open_gate,
        credentials: Credentials | None = None,
    ) -> None:
        self.credentials = credentials or Credentials()
        self._deadline, self._read_timeout = deadline, read_timeout
        self._exchange_timeout, self._gate = exchange_timeout, gate
        self._ends_at = deadline.clock.monotonic() + exchange_timeout
        self._lock = threading.Lock()  # guards the two below; no cut may hit a socket already released
        self._socket: socket.socket | None = None
        self._cut = False
        self.granted = self._limits()  # seconds the vendor has to answer, or to accept a connection

    @contextlib.contextmanager
    def sending(self, recheck: Callable[[], None], new_connection: bool) -> Iterator[None]:
        """Enter the gate, then run the block, which sends the request; the exchange timeout starts here.

        Raises what ``recheck``, the deadline and the gate raise.
        """
        self.granted = 0.0  # waiting at the gate is not the vendor's time
        self._deadline.check()
        with self._gate(recheck, new_connection):
            self._ends_at = self._deadline.clock.monotonic() + self._exchange_timeout
            self.granted = self._limits()
            yield

    def _limits(self) -> float:
        """Return the seconds the next socket operation may take.

        Raises what the deadline raises, and :class:`ExchangeTooLong`.
        """
        left = self._deadline.check()
        own = self._ends_at - self._deadline.clock.monotonic()
        if own <= 0:
            raise ExchangeTooLong("the answer took too long")
        self.clipped = left < min(self._read_timeout, own)
        return min(self._read_timeout, own, left)

    def attach(self, sock: Any) -> None:
        """Use ``sock``, plain or TLS, for this exchange; shut it down at once after an earlier cut."""
        with self._lock:
            self._socket = sock if isinstance(sock, socket.socket) else None
            if self._cut:
                self._shut()

    def arm(self) -> None:
        """Set the timeout of the next receive to what is left. Raises like the deadline at zero."""
        seconds = self._limits()
        if (sock := self._socket) is not None:
            sock.settimeout(seconds)

    def cut(self) -> None:
        """End every present and future wait on the socket. Does not block."""
        with self._lock:
            self._cut = True
            self._shut()

    def release(self) -> None:
        """Forget the socket: from now on it may serve another exchange."""
        with self._lock:
            self._socket = None

    def _shut(self) -> None:
        if self._socket is not None:
            with contextlib.suppress(OSError):  # not connected any more, so nothing waits on it
                # The plain socket's method: SSLSocket's would drop the TLS state while a reader uses it.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


_wire: ContextVar[Wire | None] = ContextVar("tradingagents_wire", default=None)


def current_wire() -> Wire | None:
    """Return the wire of the exchange that this code runs for."""
    return _wire.get()


@contextlib.contextmanager
def wired(
    deadline: Deadline,
    read_timeout: float,
    exchange_timeout: float,
    gate: SendGate = _open_gate,
    credentials: Credentials | None = None,
) -> Iterator[Wire]:
    """Apply ``deadline`` and the two timeouts, in seconds, to the exchange inside the block."""
    wire = Wire(deadline, read_timeout, exchange_timeout, gate, credentials)
    token = _wire.set(wire)
    try:
        with deadline.on_cancel(wire.cut):
            yield wire
    finally:
        _wire.reset(token)
        wire.release()


class ArmedReader(io.RawIOBase):
    """The receiving end of a socket, with its timeout set anew before each receive."""

    def __init__(self, raw: io.RawIOBase, wire: Wire) -> None:
        self._raw, self._wire = raw, wire

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._wire.arm()
        received: int | None = self._raw.readinto(buffer)
        return received

    def fileno(self) -> int:
        return self._raw.fileno()

    def close(self) -> None:
        self._raw.close()
        super().close()


def read_body(raw: BaseHTTPResponse, max_bytes: int) -> bytes:
    """Return the decoded body. Raises :class:`BodyTooLarge`, what the wire raises, and urllib3's errors.

    The limit counts decoded bytes, and never more than a chunk beyond it is decoded, so a compressed
    bomb ends here too. A length that the headers announce is refused before a byte is read.
    """
    announced = raw.headers.get("Content-Length", "")
    digits = announced.lstrip("0") if announced.isdecimal() else ""
    if len(digits) > _LONGEST_LENGTH or int(digits or 0) > max_bytes:
        shown = f"{int(digits):,}" if len(digits) <= _LONGEST_LENGTH else f"{digits[:_LONGEST_LENGTH]}..."
        raise BodyTooLarge(f"the answer announces {shown} bytes, over the limit of {max_bytes:,}")
    parts: list[bytes] = []
    total = 0
    while chunk := raw.read1(_CHUNK_BYTES, decode_content=True):
        total += len(chunk)
        if total > max_bytes:
            raise BodyTooLarge(f"the answer is over the limit of {max_bytes:,} bytes")
        parts.append(chunk)
    return b"".join(parts)
