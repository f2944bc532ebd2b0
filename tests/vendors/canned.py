"""A vendor's real session whose wire gives answers that a test wrote, and remembers what was asked."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import requests
from urllib3 import HTTPResponse

from tests.net.made import circuit
from tests.net.made import vendor as made
from tradingagents.discovery.model.clock import SYSTEM_CLOCK, Clock
from tradingagents.discovery.net.adapter import VendorAdapter
from tradingagents.discovery.net.breaker import Breaker
from tradingagents.discovery.net.cache import CACHE_SCHEMA, ResponseStore
from tradingagents.discovery.net.classify import Answer, classify
from tradingagents.discovery.net.fetch_session import FetchSession
from tradingagents.discovery.net.limits.ledger import MemoryLedger
from tradingagents.discovery.net.limits.pacer import Pacer
from tradingagents.discovery.net.notes import FetchNote, check, put_note
from tradingagents.discovery.net.transport.credentials import Credentials
from tradingagents.discovery.net.transport.wire import current_wire
from tradingagents.discovery.net.vendor import Vendor
from tradingagents.discovery.state.table import Table

BASE = "https://vendor.example/api"
Reply = requests.Response | Exception
_OF_THE_TRANSFER = {"content-encoding", "content-length", "transfer-encoding"}


def answer(body: Any = "", status: int = 200, headers: Mapping[str, str] | None = None) -> requests.Response:
    """Return a response; a body that is neither text nor bytes goes out as JSON."""
    made = requests.Response()
    made.status_code = status
    if not isinstance(body, bytes):
        body = (body if isinstance(body, str) else json.dumps(body)).encode()
    made._content = body
    made.headers.update(headers or {"Content-Type": "application/json"})
    made.encoding = "utf-8"
    return made


def judged(
    vendor: str, reply: requests.Response, user_agent: str = "tests t@example.com"
) -> requests.Response:
    """Return what ``fetch`` of the vendor's session returns for this answer, or raise what it raises."""
    reply.request = requests.Request(
        "GET", f"{BASE}/file.txt", headers={"User-Agent": "t@example.com"}
    ).prepare()
    finding = classify(vendor, Answer.of(reply, datetime(2026, 2, 5, tzinfo=UTC)))
    put_note(reply, FetchNote(vendor, reply.status_code, finding))
    return check(reply)


class Canned(VendorAdapter):
    """The whole chain, but for the socket: ``reply`` gives each request's answer, or an error to raise."""

    def __init__(self, vendor: Vendor, reply: Callable[[requests.PreparedRequest], Reply], **parts: Any):
        super().__init__(vendor, **parts)
        self.reply = reply
        self.sent: list[requests.PreparedRequest] = []

    def get_connection_with_tls_context(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> Any:
        self.sent.append(_as_sent(request))
        reply = self.reply(request)
        if isinstance(reply, Exception):
            raise reply
        return _Connection(reply)

    @property
    def urls(self) -> list[str]:
        return [request.url or "" for request in self.sent]


def _as_sent(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Return the request with the credentials that a connection would add."""
    wire = current_wire()
    assert wire is not None
    sent = request.copy()
    sent.url, headers = wire.credentials.sign(request.url or "", request.headers)
    sent.headers.update(headers)
    return sent


class _Connection:
    def __init__(self, reply: requests.Response) -> None:
        self._reply = reply

    def urlopen(self, **_: Any) -> HTTPResponse:
        reply = self._reply
        headers = {name: text for name, text in reply.headers.items() if name.lower() not in _OF_THE_TRANSFER}
        return HTTPResponse(
            io.BytesIO(reply.content), status=reply.status_code, headers=headers, preload_content=False
        )


def session_giving(
    *replies: Reply | Callable[[requests.PreparedRequest], Any],
    vendor: str = "",
    clock: Clock = SYSTEM_CLOCK,
    credentials: Credentials | None = None,
) -> tuple[FetchSession, Canned]:
    """Return a session that gives these answers in turn, or what one function says, each used once."""
    if len(replies) == 1 and callable(replies[0]):
        reply = replies[0]
    else:
        rest = iter(replies)
        reply = lambda request: next(rest)
    canned = made(vendor, BASE, breaker=circuit(1_000))
    adapter = Canned(
        canned,
        reply,
        pacer=Pacer(canned, MemoryLedger((), clock), clock),
        breaker=Breaker(vendor, fail_max=1_000, reset_after_seconds=60, clock=clock),
        clock=clock,
        credentials=credentials,
    )
    store = ResponseStore(Table(None, CACHE_SCHEMA))
    return FetchSession(canned, store=store, adapter=adapter, clock=clock), adapter
