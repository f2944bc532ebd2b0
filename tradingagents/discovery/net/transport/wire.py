"""The socket of one exchange: nothing is sent without leave, and each receive ends by the deadline.

``requests`` and urllib3 know a timeout for each socket operation only, so a server that drips a byte
a second, in its headers or in its body, holds them as long as it likes; and nothing can wake a thread
that waits for headers. Here each receive is armed with what is left of the deadline, and the socket
is known to whoever must cut it.

A connection may take any time to open, so leave to send is asked for when it is open: right before the
bytes go out.
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

from tradingagents.discovery.model.clock import Deadline
from tradingagents.discovery.model.errors import DiscoveryError

__all__ = ["ArmedReader", "ExchangeTooLong", "Leave", "Wire", "current_wire", "wired"]

Leave = Callable[[Callable[[], None], bool], AbstractContextManager[None]]
"""Surrounds the sending of one request: it may wait before, and calls what it is given after each wait.

What it is given raises when the connection was lost meanwhile; and ``Leave`` may raise anything itself. The
second argument tells whether the request is the first one over its connection.
"""


def _at_once(recheck: Callable[[], None], new_connection: bool) -> AbstractContextManager[None]:
    return contextlib.nullcontext()


class ExchangeTooLong(DiscoveryError):
    """One request with its body took longer than the vendor's policy allows. Never leaves this package."""


class Wire:
    """What the socket of one exchange is bound by. Its own thread arms it; any thread may cut it."""

    def __init__(
        self, deadline: Deadline, read_timeout: float, exchange_timeout: float, leave: Leave = _at_once
    ) -> None:
        self._deadline, self._read_timeout = deadline, read_timeout
        self._exchange_timeout, self._leave = exchange_timeout, leave
        self._ends_at = deadline.clock.monotonic() + exchange_timeout
        self._lock = threading.Lock()  # guards the two below, and keeps a cut off a socket already given back
        self._socket: socket.socket | None = None
        self._cut = False
        self.granted = self._limits()  # seconds that the vendor is given to answer, or to open a connection

    @contextlib.contextmanager
    def leaving(self, recheck: Callable[[], None], new_connection: bool) -> Iterator[None]:
        """Run the block, which sends the request, when there is leave to; the exchange counts from then.

        Raises what ``recheck``, the deadline and whoever gives leave raise.
        """
        self.granted = 0.0  # while leave is waited for, nothing is owed to the vendor
        self._deadline.check()
        with self._leave(recheck, new_connection):
            self._ends_at = self._deadline.clock.monotonic() + self._exchange_timeout
            self.granted = self._limits()
            yield

    def _limits(self) -> float:
        """Seconds the next socket operation may take.

        Raises what the deadline raises, and :class:`ExchangeTooLong`.
        """
        left = self._deadline.check()
        own = self._ends_at - self._deadline.clock.monotonic()
        if own <= 0:
            raise ExchangeTooLong("the answer took too long")
        self.clipped = left < min(self._read_timeout, own)
        return min(self._read_timeout, own, left)

    def attach(self, sock: Any) -> None:
        """Take charge of ``sock``, which may be a TLS socket; cut it at once if that was asked before."""
        with self._lock:
            self._socket = sock if isinstance(sock, socket.socket) else None
            if self._cut:
                self._shut()

    def arm(self) -> None:
        """Allow the next receive what is left. Raises like the deadline does when nothing is."""
        seconds = self._limits()
        if (sock := self._socket) is not None:
            sock.settimeout(seconds)

    def cut(self) -> None:
        """End whatever waits on the socket, now and later. Does not block."""
        with self._lock:
            self._cut = True
            self._shut()

    def release(self) -> None:
        """Let go of the socket: from here on it may serve another exchange."""
        with self._lock:
            self._socket = None

    def _shut(self) -> None:
        if self._socket is not None:
            with contextlib.suppress(OSError):  # not connected any more: nothing waits on it
                # The plain socket's own method: SSLSocket's would pull the TLS state from under the reader.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


_wire: ContextVar[Wire | None] = ContextVar("tradingagents_wire", default=None)


def current_wire() -> Wire | None:
    """Return the wire of the exchange that this code runs for."""
    return _wire.get()


@contextlib.contextmanager
def wired(
    deadline: Deadline, read_timeout: float, exchange_timeout: float, leave: Leave = _at_once
) -> Iterator[Wire]:
    """Bind the socket of the exchange inside the block to ``deadline`` and to the two limits, in seconds."""
    wire = Wire(deadline, read_timeout, exchange_timeout, leave)
    token = _wire.set(wire)
    try:
        with deadline.on_cancel(wire.cut):
            yield wire
    finally:
        _wire.reset(token)
        wire.release()


class ArmedReader(io.RawIOBase):
    """The receiving end of a socket, armed before each receive."""

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
