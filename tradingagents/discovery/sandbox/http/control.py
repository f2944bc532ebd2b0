"""The control endpoint, by which another process reads the request log and sets faults.

Below ``/__control__/``: ``GET requests``, ``POST faults``, ``DELETE faults``. Callers must send the header
``X-Sandbox-Control: 1``, which a web page cannot make a browser send.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

from tradingagents.discovery.sandbox.faults.rules import Fault, FaultRules
from tradingagents.discovery.sandbox.http.request_log import RequestLog, RequestRecord
from tradingagents.discovery.sandbox.http.wire import Response, json_response

__all__ = ["CONTROL_PREFIX", "Control", "RemoteFaults", "remote_requests"]

CONTROL_PREFIX = "__control__"
_HEADER = "x-sandbox-control"
_TIMEOUT_SECONDS = 10.0


class Control:
    """The server side. Thread-safe."""

    def __init__(self, log: RequestLog, faults: FaultRules) -> None:
        self._log, self._faults = log, faults

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Response:
        """Return the answer; status 400 contains what is wrong with a fault."""
        if headers.get(_HEADER) != "1":
            return json_response({"error": f"the header {_HEADER}: 1 is missing"}, 403)
        if (method, path) == ("GET", "requests"):
            return json_response([asdict(record) for record in self._log.snapshot()])
        if (method, path) == ("POST", "faults"):
            return self._add(body)
        if (method, path) == ("DELETE", "faults"):
            self._faults.clear()
            return json_response({})
        return json_response({"error": "no such control"}, 404)

    def _add(self, body: bytes) -> Response:
        try:
            self._faults.add(Fault(**json.loads(body)))
        except (TypeError, ValueError) as error:
            return json_response({"error": str(error)}, 400)
        return json_response({})


class RemoteFaults:
    """The fault rules of a sandbox in another process. Thread-safe."""

    def __init__(self, url: str) -> None:
        self._url = url

    def add(self, fault: Fault) -> None:
        """Add a rule; ``ValueError`` when the sandbox rejects it."""
        _call(self._url, "POST", "faults", fault.as_dict())

    def clear(self) -> None:
        """Remove every rule."""
        _call(self._url, "DELETE", "faults")


def remote_requests(url: str) -> tuple[RequestRecord, ...]:
    """Return the request log of a sandbox in another process."""
    return tuple(RequestRecord(**record) for record in _call(url, "GET", "requests"))


def _call(url: str, method: str, path: str, body: object = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = Request(f"{url}/{CONTROL_PREFIX}/{path}", data, {_HEADER: "1"}, method=method)  # noqa: S310
    opener = build_opener(ProxyHandler({}))  # no proxy for loopback
    try:
        with opener.open(request, timeout=_TIMEOUT_SECONDS) as answer:
            return json.loads(answer.read())
    except HTTPError as error:
        with error:
            raise ValueError(json.loads(error.read())["error"]) from None
