"""The sandbox's own endpoint, by which another process reads the log and sets faults.

Below ``/__control__/``: ``GET requests``, ``POST faults``, ``DELETE faults``. Callers must send the header
``X-Sandbox-Control: 1``, which a web page cannot make a browser send unasked.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict

from tradingagents.discovery.sandbox.faults.rules import Fault, FaultRules
from tradingagents.discovery.sandbox.http.request_log import RequestLog
from tradingagents.discovery.sandbox.http.wire import Response, json_response

__all__ = ["CONTROL_HEADER", "CONTROL_PREFIX", "Control"]

CONTROL_PREFIX = "__control__"
CONTROL_HEADER = "x-sandbox-control"


class Control:
    """Answers what is asked of the sandbox itself. Thread-safe."""

    def __init__(self, log: RequestLog, faults: FaultRules) -> None:
        self._log, self._faults = log, faults

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Response:
        """Return the answer; 400 says what was wrong with a fault."""
        if headers.get(CONTROL_HEADER) != "1":
            return json_response({"error": f"the header {CONTROL_HEADER}: 1 is missing"}, 403)
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
        except (TypeError, ValueError) as wrong:
            return json_response({"error": str(wrong)}, 400)
        return json_response({})
