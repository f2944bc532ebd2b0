"""A vendor on loopback: scripted answers, raw bytes, and a log of the requests with their times."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PATIENCE = 20.0  # seconds after which a script gives up waiting, so that a red test cannot hang


@dataclass(frozen=True)
class Hit:
    """One request as the server saw it."""

    at: float
    method: str
    path: str
    headers: dict[str, str]


class Handler(BaseHTTPRequestHandler):
    """One request; what scripts are given."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # headers and body are two writes
    server: VendorServer  # type: ignore[assignment]

    def answer(self, status: int = 200, body: Any = b"{}", **headers: str) -> None:
        """Send a whole answer. ``body`` is bytes, text, or anything JSON. Header names use underscores."""
        data = (
            body
            if isinstance(body, bytes)
            else body.encode()
            if isinstance(body, str)
            else json.dumps(body).encode()
        )
        sent = {"Content-Type": "application/json", "Content-Length": str(len(data))}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        if self.headers.get("Connection", "").lower() == "close":
            sent["Connection"] = "close"
        self.send_response(status)
        for name, value in sent.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def head_only(self, status: int = 200, **headers: str) -> None:
        """Send status and headers; the script writes the body, or does not."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.flush()

    def drip(self, data: bytes, gap: float) -> None:
        """Write byte by byte, ``gap`` seconds apart, until the client disconnects or the test ends."""
        for byte in data:
            if self.server.over.wait(gap):
                return
            self.wfile.write(bytes([byte]))
            self.wfile.flush()

    def do_GET(self) -> None:
        self.server.arrived(self)
        try:
            self.server.script(self)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.do_GET()

    def do_DELETE(self) -> None:
        self.do_POST()

    def log_message(self, *args: Any) -> None:
        """Log nothing."""


@dataclass
class Script:
    """Answers one after another; the last one again and again."""

    steps: list[Callable[[Handler], None]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, handler: Handler) -> None:
        with self.lock:
            step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
        step(handler)


class VendorServer(ThreadingHTTPServer):
    """Listens on a free port of 127.0.0.1, a thread for each connection."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.script: Callable[[Handler], None] = lambda handler: handler.answer()
        self.over = threading.Event()  # set when the test is over: every script that waits ends
        self._lock = threading.Lock()
        self._hits: list[Hit] = []
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def hits(self) -> list[Hit]:
        with self._lock:
            return list(self._hits)

    def arrived(self, handler: Handler) -> None:
        hit = Hit(time.monotonic(), handler.command, handler.path, dict(handler.headers))
        with self._lock:
            self._hits.append(hit)

    def answers(self, *steps: Callable[[Handler], None]) -> None:
        """Answer with these scripts one after another, then with the last one."""
        self.script = Script(list(steps))

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that left is not worth a traceback."""

    def stop(self) -> None:
        self.over.set()
        self.shutdown()
        self._thread.join(PATIENCE)
        self.server_close()
