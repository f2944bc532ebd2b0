"""Connections and responses of urllib3 that apply the limits of their exchange (see ``wire``)."""

from __future__ import annotations

import http.client
import io
import select
import socket
from collections.abc import Mapping
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from tradingagents.discovery.model.errors import DiscoveryError
from tradingagents.discovery.net.transport.wire import ArmedReader, Wire, current_wire

__all__ = ["POOL_CLASSES", "ConnectionLost", "hung_up"]


class ConnectionLost(DiscoveryError):
    """The server hung up before a byte was sent: open another connection. Never leaves this package."""


class _WiredResponse(http.client.HTTPResponse):
    """A response whose status line, headers and body are read through the wire of this context."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        wire = current_wire()
        if wire is not None:
            wire.attach(sock)
            raw = self.fp.detach()
            self.fp = io.BufferedReader(ArmedReader(raw, wire))


class _WiredConnection(HTTPConnection):
    response_class = _WiredResponse
    _is_new = True  # nothing has been sent over it yet

    def connect(self) -> None:
        """Open the connection, perhaps again."""
        self._is_new = True
        super().connect()

    def request(
        self,
        method: str,
        url: str,
        body: Any = None,
        headers: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> None:
        """Connect, wait for the permit, add the credentials, send.

        In this order: requests with permits would otherwise bunch behind a slow connection. urllib3 logs
        ``url`` as its caller gave it, so the credentials are in none of its records.
        """
        wire = current_wire()
        if wire is None:
            super().request(method, url, body, dict(headers or {}), **options)
            return
        if self.sock is None:
            self.connect()
        signed_url, signed_headers = wire.credentials.sign(url, headers)
        with wire.sending(self._check_connected, self._is_new):
            self._is_new = False
            self._limit_timeout(wire)
            super().request(method, signed_url, body, signed_headers, **options)

    def _limit_timeout(self, wire: Wire) -> None:
        self.timeout = wire.granted if self.timeout is None else min(self.timeout, wire.granted)

    def _check_connected(self) -> None:
        if self.sock is None or hung_up(self.sock):
            raise ConnectionLost("the connection was closed while the request waited for its permit")


class _WiredSecureConnection(_WiredConnection, HTTPSConnection):
    """The same over TLS; urllib3's pool connects it before it sends."""


class _WiredPool(HTTPConnectionPool):
    ConnectionCls = _WiredConnection


class _WiredSecurePool(HTTPSConnectionPool):
    ConnectionCls = _WiredSecureConnection


POOL_CLASSES = {"http": _WiredPool, "https": _WiredSecurePool}
"""What a urllib3 ``PoolManager`` must use as pool classes for the limits to apply."""


def hung_up(sock: socket.socket) -> bool:
    """Whether the other side has closed the connection; False where the system cannot detect it.

    Readable data does not prove it: a TLS server sends session tickets at any time.
    """
    if not hasattr(select, "poll"):
        return False
    poller = select.poll()
    poller.register(sock, getattr(select, "POLLRDHUP", 0))
    return bool(poller.poll(0))
