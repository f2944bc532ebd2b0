"""The sandbox in this process: one loopback server for all vendors, or one each.

Every connection has a daemon thread of its own. ``stop()`` ends every wait, closes every socket and joins the
threads.
"""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from tradingagents.discovery.sandbox.faults.limits import LimitsSetting, meters_for
from tradingagents.discovery.sandbox.faults.rules import VENDORS, FaultRules
from tradingagents.discovery.sandbox.http.configuration import Configuration
from tradingagents.discovery.sandbox.http.dispatch import Dispatch
from tradingagents.discovery.sandbox.http.messages import MalformedRequest, head_bytes, read_request
from tradingagents.discovery.sandbox.http.request_log import RequestRecord
from tradingagents.discovery.sandbox.world.market import Market, shared_market

__all__ = ["SandboxServer"]

_HOST = "127.0.0.1"
_POLL_SECONDS = 0.05
_JOIN_SECONDS = 5.0
_MAIN = "main"  # the listener of vendors without a port of their own


class _TcpServer(socketserver.TCPServer):
    """Accepts connections and gives each a thread."""

    request_queue_size = 256
    allow_reuse_address = True

    def __init__(self, port: int, dispatch: Dispatch) -> None:
        self._dispatch = dispatch
        self._lock = threading.Lock()  # guards _open
        self._open: dict[threading.Thread, socket.socket] = {}
        super().__init__((_HOST, port), socketserver.BaseRequestHandler)

    def process_request(self, request: object, client_address: object) -> None:
        """Start the connection's thread."""
        if not isinstance(request, socket.socket):
            raise TypeError("a TCP server accepts sockets")
        thread = threading.Thread(
            target=self._serve_connection, args=(request,), name=f"sandbox {client_address}", daemon=True
        )
        with self._lock:
            self._open[thread] = request
        thread.start()

    def _serve_connection(self, sock: socket.socket) -> None:
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with sock.makefile("rb") as stream:
                while (raw := read_request(stream)) is not None and self._dispatch.serve(sock, raw):
                    pass
        except MalformedRequest:
            with contextlib.suppress(OSError):
                sock.sendall(head_bytes(400, [("Content-Length", "0"), ("Connection", "close")]))
        except OSError:
            pass  # the client has gone, or stop() closed the socket
        finally:
            with self._lock:
                self._open.pop(threading.current_thread(), None)
            _close(sock)

    def close_connections(self) -> None:
        """Close every connection and wait for its thread."""
        with self._lock:
            connections = dict(self._open)
        for sock in connections.values():
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in connections:
            if thread is not threading.current_thread():
                thread.join(_JOIN_SECONDS)


def _close(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_WR)
    sock.close()


class _Listener:
    """One port that can stop listening and still be reserved. Not thread-safe."""

    def __init__(self, port: int, dispatch: Dispatch) -> None:
        self._dispatch = dispatch
        self._server: _TcpServer | None = None
        self._placeholder: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self.port = port
        self.open()

    def open(self) -> None:
        """Listen, unless it already does."""
        if self._server is not None:
            return
        if self._placeholder is not None:
            self._placeholder.close()
            self._placeholder = None
        server = _TcpServer(self.port, self._dispatch)
        self.port = server.server_address[1]
        self._thread = threading.Thread(
            target=server.serve_forever, args=(_POLL_SECONDS,), name=f"sandbox :{self.port}", daemon=True
        )
        self._thread.start()
        self._server = server

    def refuse(self) -> None:
        """Refuse connections: bind the port without listening."""
        if self._server is None:
            return
        self._shut()
        self._placeholder = socket.socket()
        self._placeholder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._placeholder.bind((_HOST, self.port))

    def close(self) -> None:
        """Free the port."""
        if self._server is not None:
            self._shut()
        if self._placeholder is not None:
            self._placeholder.close()

    def _shut(self) -> None:
        server, self._server = self._server, None
        if server is None or self._thread is None:
            return
        server.shutdown()
        server.server_close()
        server.close_connections()
        self._thread.join(_JOIN_SECONDS)


class _Ports:
    """The listeners, for the faults that refuse connections. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # guards the listeners' state
        self.listeners: dict[str, _Listener] = {}

    def refuse(self, vendor: str) -> None:
        listener = self.listeners.get(vendor)
        if listener is None:
            raise ValueError(f"{vendor} has no port of its own: start the sandbox with own_ports=True")
        with self._lock:
            listener.refuse()

    def reopen(self) -> None:
        with self._lock:
            for listener in self.listeners.values():
                listener.open()

    def close(self) -> None:
        with self._lock:
            listeners, self.listeners = list(self.listeners.values()), {}
        for listener in listeners:  # without the lock, which a connection that ends may be waiting for
            listener.close()


class SandboxServer:
    """A context manager around a sandbox in this process. Thread-safe.

    ``latency_seconds``: delay of answers, by vendor (``"finra"``) or endpoint (``"sec/filing"``, which takes
    precedence). ``limits``: True enforces the vendors' published limits, a mapping those of some
    vendors (``{"sec": True, "finnhub": [(5, 1.0)]}``: pairs of requests and seconds). ``own_ports`` gives
    each vendor a port of its own, required for the fault ``refuse`` only. It can be started once.
    """

    def __init__(
        self,
        market: Market | None = None,
        *,
        latency_seconds: Mapping[str, float] | None = None,
        limits: LimitsSetting = False,
        port: int = 0,
        own_ports: bool = False,
    ) -> None:
        self.market = market or shared_market()
        self._port, self._own_ports = port, own_ports
        self._stopping = threading.Event()
        self._ports = _Ports()
        self.faults = FaultRules(self._ports)
        self._dispatch = Dispatch(
            self.market, latency_seconds or {}, meters_for(limits), self.faults, self._stopping
        )
        self._urls: dict[str, str] = {}
        self._configuration = Configuration(self.market)

    @property
    def url(self) -> str:
        """The server's address, without a slash at the end; ``RuntimeError`` before ``start()``."""
        if _MAIN not in self._urls:
            raise RuntimeError("the sandbox has not been started")
        return self._urls[_MAIN]

    @property
    def urls(self) -> dict[str, str]:
        """The addresses of the vendors that have ports of their own."""
        return {vendor: url for vendor, url in self._urls.items() if vendor != _MAIN}

    @property
    def requests(self) -> tuple[RequestRecord, ...]:
        """The requests so far, in the order of arrival."""
        return self._dispatch.log.snapshot()

    def config(self) -> dict[str, object]:
        """Return the configuration that sends every vendor here, with a store of the daily bars.

        The first call writes the bars into a temporary folder, which ``stop()`` removes.
        """
        return self._configuration.build(self.urls, self.url)

    def start(self) -> Self:
        """Listen. ``OSError`` when the port is taken."""
        if self._urls:
            raise RuntimeError("a sandbox can be started once only")
        for name in (_MAIN, *(VENDORS if self._own_ports else ())):
            listener = _Listener(self._port if name == _MAIN else 0, self._dispatch)
            self._ports.listeners[name] = listener
            self._urls[name] = f"http://{_HOST}:{listener.port}"
        return self

    def stop(self) -> None:
        """End every wait and connection and free the ports; calling it again does nothing."""
        self._stopping.set()
        self._ports.close()
        self._configuration.remove()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
