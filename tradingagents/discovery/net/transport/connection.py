"""Connections and answers of urllib3 that go by the wire of their exchange."""

from __future__ import annotations

import http.client
import io
import select
import socket
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from tradingagents.discovery.model.errors import DiscoveryError
from tradingagents.discovery.net.transport.wire import ArmedReader, Wire, current_wire

__all__ = ["POOL_CLASSES", "ConnectionLost", "hung_up"]


class ConnectionLost(DiscoveryError):
    """The other side hung up before a byte was sent: open another connection. Never leaves this package."""


class _WiredAnswer(http.client.HTTPResponse):
    """An answer whose status line, headers and body are read through the wire of this context."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        wire = current_wire()
        if wire is not None:
            wire.attach(sock)
            raw = self.fp.detach()
            self.fp = io.BufferedReader(ArmedReader(raw, wire))


class _WiredConnection(HTTPConnection):
    response_class = _WiredAnswer
    _is_new = True  # nothing has been sent over it yet

    def connect(self) -> None:
        """Open the connection, perhaps again."""
        self._is_new = True
        super().connect()

    def request(self, *args: Any, **kwargs: Any) -> None:
        """Connect, wait for leave, send: in this order, or requests would bunch behind a slow connection."""
        wire = current_wire()
        if wire is None:
            super().request(*args, **kwargs)
            return
        if self.sock is None:
            self.connect()
        with wire.leaving(self._insist_on_the_connection, self._is_new):
            self._is_new = False
            self._send_within(wire, args, kwargs)

    def _send_within(self, wire: Wire, args: Any, kwargs: Any) -> None:
        allowed = self.timeout
        self.timeout = wire.granted if allowed is None else min(allowed, wire.granted)
        super().request(*args, **kwargs)

    def _insist_on_the_connection(self) -> None:
        if self.sock is None or hung_up(self.sock):
            raise ConnectionLost("the connection was closed while its turn was awaited")


class _WiredSecureConnection(_WiredConnection, HTTPSConnection):
    """The same over TLS; urllib3's pool has it connected before it sends."""


class _WiredPool(HTTPConnectionPool):
    ConnectionCls = _WiredConnection


class _WiredSecurePool(HTTPSConnectionPool):
    ConnectionCls = _WiredSecureConnection


POOL_CLASSES = {"http": _WiredPool, "https": _WiredSecurePool}
"""What a urllib3 ``PoolManager`` must build its pools of for exchanges to be wired."""


def hung_up(sock: socket.socket) -> bool:
    """Whether the other side has closed the connection; False where the system cannot tell.

    That there is something to read does not mean it: a TLS server sends tickets unasked.
    """
    if not hasattr(select, "poll"):
        return False
    poller = select.poll()
    poller.register(sock, getattr(select, "POLLRDHUP", 0))
    return bool(poller.poll(0))
