"""Answers a request: finds the vendor, applies latency, limits and faults, and logs it."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import parse_qsl, unquote, urlsplit

from tradingagents.discovery.sandbox.faults.effects import apply_fault
from tradingagents.discovery.sandbox.faults.limits import Meter
from tradingagents.discovery.sandbox.faults.rules import Fault, FaultRules
from tradingagents.discovery.sandbox.http.control import CONTROL_PREFIX, Control
from tradingagents.discovery.sandbox.http.delivery import (
    Delivery,
    Ending,
    deliver,
    reset_connection,
    wait_with_client,
)
from tradingagents.discovery.sandbox.http.messages import RawRequest, head_bytes
from tradingagents.discovery.sandbox.http.request_log import RequestLog
from tradingagents.discovery.sandbox.http.wire import HTML, AnswerCache, Request, Response, Usage, Vendor
from tradingagents.discovery.sandbox.vendors.alpha_vantage.app import AlphaVantage
from tradingagents.discovery.sandbox.vendors.finnhub import Finnhub
from tradingagents.discovery.sandbox.vendors.finra import Finra
from tradingagents.discovery.sandbox.vendors.nasdaq import Nasdaq
from tradingagents.discovery.sandbox.vendors.reddit.app import Reddit
from tradingagents.discovery.sandbox.vendors.sec.app import Sec
from tradingagents.discovery.sandbox.vendors.yahoo import Yahoo
from tradingagents.discovery.sandbox.world.market import Market

__all__ = ["Dispatch"]

_COMPRESS_FROM = 256  # bytes; below that gzip makes bodies longer
_FREE_ENDPOINTS = {("reddit", "token")}  # not counted against the quota
_NOT_FOUND = Response(404, b"<html><body>The sandbox has no such path.</body></html>", HTML)
_NOT_ALLOWED = Response(405, b"", HTML, (("Allow", "GET, POST"),))


class Dispatch:
    """Answers requests for all vendors over one market. Thread-safe; shared by every connection."""

    def __init__(
        self,
        market: Market,
        latency_seconds: Mapping[str, float],
        meters: Mapping[str, Meter],
        faults: FaultRules,
        stopping: threading.Event,
    ) -> None:
        makers = (AlphaVantage, Finnhub, Reddit, Sec, Finra, Nasdaq, Yahoo)
        self.vendors: dict[str, Vendor] = {
            vendor.name: vendor for vendor in (make(market) for make in makers)
        }
        self._latency, self._meters = dict(latency_seconds), meters
        self._faults, self._stopping = faults, stopping
        self._compressed = AnswerCache()
        self.log = RequestLog()
        self._control = Control(self.log, faults)

    def serve(self, sock: socket.socket, raw: RawRequest) -> bool:
        """Answer one request; return whether the connection may be reused. ``OSError`` when it broke."""
        parts = urlsplit(raw.target)
        prefix, slash, path = parts.path.lstrip("/").partition("/")
        if prefix == CONTROL_PREFIX:
            response = self._control.answer(raw.method, path, raw.headers, raw.body)
            return self._send(sock, raw, Delivery(response))
        vendor = self.vendors.get(prefix)
        if vendor is None or raw.method not in {"GET", "POST"}:
            return self._send(sock, raw, Delivery(_NOT_FOUND if vendor is None else _NOT_ALLOWED))
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        request = Request(raw.method, unquote(slash + path), query, raw.headers, raw.body, raw.target)
        return self._serve_vendor(sock, raw, vendor, request)

    def _serve_vendor(self, sock: socket.socket, raw: RawRequest, vendor: Vendor, request: Request) -> bool:
        endpoint = vendor.endpoint(request)
        number = self.log.begin(vendor.name, endpoint, raw.target)
        admission = self._admitted(vendor, endpoint)  # counted on arrival, however long the answer takes
        fault = self._faults.take(vendor.name, endpoint)
        status = 0
        try:
            if self._wait(sock, vendor.name, endpoint, fault):
                return False
            delivery = Delivery(_answer(vendor, request, admission))
            if fault is not None:
                delivery = apply_fault(fault, vendor.name, request, delivery)
            status = delivery.response.status if delivery.head else 0
            # logged before the bytes are sent, so that a client that has read the answer finds it in the log
            self.log.end(number, status, fault.kind if fault else None)
            self._hang_without_head(sock, delivery, fault)
            return self._send(sock, raw, delivery, fault)
        finally:
            self.log.end(number, status, fault.kind if fault else None)

    def _wait(self, sock: socket.socket, vendor: str, endpoint: str, fault: Fault | None) -> bool:
        """Wait for the latency of the vendor; return True when the client has disconnected."""
        seconds = self._latency.get(f"{vendor}/{endpoint}", self._latency.get(vendor, 0.0))
        if fault is not None and fault.kind == "slow":
            seconds += _seconds(fault) or 0.0
        return seconds > 0 and wait_with_client(sock, seconds, self._stopping)

    def _admitted(self, vendor: Vendor, endpoint: str) -> tuple[str | None, Usage] | None:
        """Count a request; return the result of :meth:`Meter.admit`, None for one that is not counted."""
        meter = self._meters.get(vendor.name)
        return None if meter is None or (vendor.name, endpoint) in _FREE_ENDPOINTS else meter.admit()

    def _hang_without_head(self, sock: socket.socket, delivery: Delivery, fault: Fault | None) -> None:
        """Wait when the fault is to send nothing at all."""
        if delivery.ending is Ending.HANG and not delivery.head:
            wait_with_client(sock, _seconds(fault), self._stopping)

    def _send(
        self, sock: socket.socket, raw: RawRequest, delivery: Delivery, fault: Fault | None = None
    ) -> bool:
        """Send a delivery and end the connection accordingly; return whether it may be reused."""
        delivery = self._compress(raw, delivery)
        keep = raw.keep_alive and delivery.ending is Ending.KEEP and not self._stopping.is_set()
        headers = _transport_headers(delivery, keep=keep)
        head = head_bytes(delivery.response.status, headers, skew_seconds=delivery.skew_seconds)
        deliver(sock, head, delivery.response.body, delivery, self._stopping)
        if delivery.ending is Ending.HANG and delivery.head:
            wait_with_client(sock, _seconds(fault), self._stopping)
        if delivery.ending is Ending.RESET:
            reset_connection(sock)
        return keep

    def _compress(self, raw: RawRequest, delivery: Delivery) -> Delivery:
        """Compress an answer that is sent completely and is long enough, if the client accepts it."""
        response = delivery.response
        accepted = "gzip" in raw.headers.get("accept-encoding", "")
        encoded = any(name == "Content-Encoding" for name, _ in response.headers)
        untouched = delivery.plain and delivery.announced is None and delivery.ending is Ending.KEEP
        if not (accepted and untouched) or encoded or len(response.body) < _COMPRESS_FROM:
            return delivery
        packed = self._compressed.get(
            response.body, lambda: Response(200, gzip.compress(response.body, 5, mtime=0))
        )
        headers = (*response.headers, ("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding"))
        return replace(delivery, response=replace(response, body=packed.body, headers=headers))


def _answer(vendor: Vendor, request: Request, admission: tuple[str | None, Usage] | None) -> Response:
    if admission is None:
        return vendor.answer(request)
    refused, usage = admission
    response = vendor.refuse(request, refused) if refused else vendor.answer(request)
    return _with_quota(response, vendor, usage)


def _with_quota(response: Response, vendor: Vendor, usage: Usage) -> Response:
    headers = vendor.quota_headers(usage)
    return replace(response, headers=response.headers + headers) if headers else response


def _seconds(fault: Fault | None) -> float | None:
    value = fault.options.get("seconds") if fault else None
    return float(value) if isinstance(value, int | float) else None


def _transport_headers(delivery: Delivery, *, keep: bool) -> list[tuple[str, str]]:
    response = delivery.response
    length = delivery.padding + len(response.body) if delivery.announced is None else delivery.announced
    size = ("Transfer-Encoding", "chunked") if delivery.chunked else ("Content-Length", str(length))
    connection = ("Connection", "keep-alive" if keep else "close")
    return [("Content-Type", response.content_type), *response.headers, size, connection]
