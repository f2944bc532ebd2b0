"""Whatever the vendor does with its bytes, a call ends by its deadline or when it is cancelled."""

from __future__ import annotations

import gzip
import io
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.net.vendor_server import PATIENCE, Handler, VendorServer
from tradingagents.discovery.model.clock import Deadline, deadline_scope
from tradingagents.discovery.model.errors import BadPayload, Cancelled, DeadlineExceeded, Transient
from tradingagents.discovery.net import FetchSession, check
from tradingagents.discovery.net.transport.wire import wired

OpenSession = Callable[..., FetchSession]


@contextmanager
def ends_within(least: float, most: float) -> Iterator[None]:
    started = time.monotonic()
    yield
    assert least <= time.monotonic() - started <= most


def hang_before_headers(handler: Handler) -> None:
    handler.server.over.wait(PATIENCE)


def hang_after_headers(handler: Handler) -> None:
    handler.head_only(Content_Length="10")
    handler.server.over.wait(PATIENCE)


def drip_body(handler: Handler) -> None:
    handler.head_only(Content_Length="1000")
    handler.drip(b"x" * 1000, 0.05)


def drip_chunk_size(handler: Handler) -> None:
    handler.head_only(Transfer_Encoding="chunked")
    handler.drip(b"0" * 1000, 0.05)


def drip_headers(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    handler.drip(b"x" * 1000, 0.05)


def drip_until_closed(handler: Handler) -> None:
    handler.close_connection = True
    handler.head_only(Connection="close")
    handler.drip(b"x" * 1000, 0.05)


SLOW = [hang_before_headers, hang_after_headers, drip_body, drip_chunk_size, drip_headers, drip_until_closed]


@pytest.mark.parametrize("script", SLOW)
def test_a_call_to_a_slow_vendor_ends_at_the_deadline(
    script: Callable[[Handler], None], server: VendorServer, open_session: OpenSession
) -> None:
    server.script = script
    session = open_session()
    with ends_within(0.2, 1.5), deadline_scope(Deadline(0.25)), pytest.raises(DeadlineExceeded):
        session.get(f"{server.url}/quote")


@pytest.mark.parametrize("script", SLOW)
def test_a_cancel_ends_a_call_at_once_wherever_it_waits(
    script: Callable[[Handler], None], server: VendorServer, open_session: OpenSession
) -> None:
    server.script = script
    session = open_session()
    deadline = Deadline(PATIENCE)
    timer = threading.Timer(0.15, deadline.cancel)
    timer.start()
    with ends_within(0.1, 1.5), deadline_scope(deadline), pytest.raises(Cancelled):
        session.get(f"{server.url}/quote")
    timer.join()


def test_the_deadline_applies_through_a_proxy(server: VendorServer, open_session: OpenSession) -> None:
    server.script = drip_body
    session = open_session(base_url="https://vendor.invalid")
    session.proxies = {"http": server.url}
    with ends_within(0.2, 1.5), deadline_scope(Deadline(0.25)), pytest.raises(DeadlineExceeded):
        session.get("http://vendor.invalid/quote")
    assert server.hits[0].path == "http://vendor.invalid/quote"


def test_a_drip_ends_without_a_deadline_too(server: VendorServer, open_session: OpenSession) -> None:
    server.script = drip_body
    session = open_session(exchange_timeout_seconds=0.3)
    with ends_within(0.25, 1.5), pytest.raises(Transient, match="in time"):
        session.get(f"{server.url}/quote")


def test_a_read_timeout_of_the_vendor_is_the_vendors_fault(
    server: VendorServer, open_session: OpenSession
) -> None:
    server.script = hang_before_headers
    session = open_session(read_timeout_seconds=0.2)
    with deadline_scope(Deadline(5)), pytest.raises(Transient, match="in time"):
        session.get(f"{server.url}/quote")


def test_the_callers_own_longer_timeout_cannot_outlast_the_policy(
    server: VendorServer, open_session: OpenSession
) -> None:
    server.script = hang_before_headers
    session = open_session(read_timeout_seconds=0.2)
    with ends_within(0.15, 1.5), pytest.raises(Transient):
        session.get(f"{server.url}/quote", timeout=16.0)


def test_a_deadline_that_has_passed_sends_nothing(server: VendorServer, open_session: OpenSession) -> None:
    session = open_session()
    with deadline_scope(Deadline(0.0)), pytest.raises(DeadlineExceeded):
        session.get(f"{server.url}/quote")
    assert server.hits == []


def test_a_cancelled_call_sends_nothing(server: VendorServer, open_session: OpenSession) -> None:
    session = open_session()
    deadline = Deadline()
    deadline.cancel()
    with deadline_scope(deadline), pytest.raises(Cancelled):
        session.get(f"{server.url}/quote")
    assert server.hits == []


def bomb() -> bytes:
    """A hundred megabytes of zeros in a hundred kilobytes."""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb") as file:
        for _ in range(100):
            file.write(bytes(1_000_000))
    return packed.getvalue()


def test_a_compressed_bomb_ends_at_the_limit(server: VendorServer, open_session: OpenSession) -> None:
    packed = bomb()
    server.script = lambda handler: handler.answer(200, packed, Content_Encoding="gzip")
    session = open_session(max_body_bytes=1_000_000)
    with pytest.raises(BadPayload, match="over the limit of 1,000,000 bytes"):
        session.get(f"{server.url}/quote")


def test_an_announced_length_over_the_limit_is_not_read(
    server: VendorServer, open_session: OpenSession
) -> None:
    server.script = lambda handler: handler.head_only(Content_Length="100000000")
    session = open_session(max_body_bytes=1_000_000)
    with ends_within(0.0, 1.5), pytest.raises(BadPayload, match="announces 100,000,000 bytes"):
        session.get(f"{server.url}/quote")


def test_a_head_may_announce_any_length(server: VendorServer, open_session: OpenSession) -> None:
    server.script = lambda handler: handler.head_only(Content_Length="100000000")
    response = open_session(max_body_bytes=1_000_000).head(f"{server.url}/quote")
    assert response.headers["Content-Length"] == "100000000"


def test_a_body_without_a_length_ends_at_the_limit(server: VendorServer, open_session: OpenSession) -> None:
    sent: list[int] = []

    def endless(handler: Handler) -> None:
        handler.close_connection = True
        handler.head_only(Connection="close")
        while not handler.server.over.is_set():
            sent.append(handler.wfile.write(b"x" * 100_000))

    server.script = endless
    session = open_session(max_body_bytes=1_000_000)
    with pytest.raises(BadPayload, match="over the limit"):
        session.get(f"{server.url}/quote")
    assert sum(sent) < 20_000_000  # what the socket buffers hold, not a hundred megabytes


def test_a_body_exactly_at_the_limit_is_whole(server: VendorServer, open_session: OpenSession) -> None:
    body = b"x" * 200_000
    server.script = lambda handler: handler.answer(200, body, Content_Type="text/plain")
    response = open_session(max_body_bytes=200_000).get(f"{server.url}/quote")
    assert check(response).content == body


def test_a_body_cut_short_is_an_error(server: VendorServer, open_session: OpenSession) -> None:
    def cut(handler: Handler) -> None:
        handler.close_connection = True
        handler.head_only(Content_Length="100")
        handler.wfile.write(b"only this")

    server.script = cut
    with pytest.raises(Transient, match="connection trouble"):
        open_session().get(f"{server.url}/quote")


def test_broken_compression_is_a_bad_payload(server: VendorServer, open_session: OpenSession) -> None:
    server.script = lambda handler: handler.answer(200, b"not gzip", Content_Encoding="gzip")
    with pytest.raises(BadPayload, match="cannot be decoded"):
        open_session().get(f"{server.url}/quote")


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_a_decoded_body_arrives_whole(encoding: str, server: VendorServer, open_session: OpenSession) -> None:
    body = b'{"a": "' + b"b" * 300_000 + b'"}'
    packed = gzip.compress(body) if encoding == "gzip" else body
    server.script = lambda handler: handler.answer(200, packed, Content_Encoding=encoding)
    assert open_session().fetch(f"{server.url}/quote").content == body


def test_connections_are_reused(server: VendorServer, open_session: OpenSession) -> None:
    clients = set()
    server.script = lambda handler: (clients.add(handler.client_address), handler.answer(200, {"a": 1}))[1]
    session = open_session()
    for number in range(20):
        session.fetch(f"{server.url}/quote?n={number}")
    assert len(clients) == 1


def test_a_late_cut_does_not_touch_a_released_socket() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        with wired(Deadline(), 1.0, 1.0) as wire:
            wire.attach(ours)
        wire.cut()
        theirs.sendall(b"still open")
        assert ours.recv(16) == b"still open"


def test_an_early_cut_ends_the_exchange_as_soon_as_it_has_a_socket() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, wired(Deadline(), 1.0, 1.0) as wire:
        wire.cut()
        wire.attach(ours)
        assert ours.recv(16) == b""


def test_a_late_cancel_does_not_touch_a_returned_connection(
    server: VendorServer, open_session: OpenSession
) -> None:
    """The socket of a finished exchange serves the next one: the first one's cancel must not cut it."""
    session = open_session()
    first = Deadline()
    with deadline_scope(first):
        session.fetch(f"{server.url}/first")
    entered, go_on = threading.Event(), threading.Event()

    def slow(handler: Handler) -> None:
        entered.set()
        go_on.wait(PATIENCE)
        handler.answer(200, {"a": 1})

    server.script = slow
    answers: list[int] = []
    second = threading.Thread(target=lambda: answers.append(session.get(f"{server.url}/second").status_code))
    second.start()
    assert entered.wait(PATIENCE)
    first.cancel()
    go_on.set()
    second.join(PATIENCE)
    assert answers == [200]
