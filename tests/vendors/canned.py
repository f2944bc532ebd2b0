"""A session whose transport gives answers that a test wrote, and remembers what it was asked."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from typing import Any

import requests
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse

BASE = "https://vendor.example/api"


def answer(body: Any = "", status: int = 200, headers: Mapping[str, str] | None = None) -> requests.Response:
    """Return a response; a body that is no text goes out as JSON."""
    made = requests.Response()
    made.status_code = status
    made._content = (body if isinstance(body, str) else json.dumps(body)).encode()
    made.headers.update(headers or {"Content-Type": "application/json"})
    made.raw = HTTPResponse(io.BytesIO(b""), status=status, headers=dict(made.headers))
    made.encoding = "utf-8"
    return made


class Canned(BaseAdapter):
    """Asks ``reply`` for each request's answer; an exception it returns is raised."""

    def __init__(self, reply: Callable[[requests.PreparedRequest], requests.Response | Exception]) -> None:
        super().__init__()
        self._reply = reply
        self.asked: list[requests.PreparedRequest] = []

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        self.asked.append(request)
        reply = self._reply(request)
        if isinstance(reply, Exception):
            raise reply
        reply.request, reply.url = request, request.url or ""
        return reply

    def close(self) -> None:
        """Nothing is open."""

    @property
    def urls(self) -> list[str]:
        return [request.url or "" for request in self.asked]


def session_giving(
    *replies: requests.Response | Exception | Callable[[requests.PreparedRequest], Any],
) -> tuple[requests.Session, Canned]:
    """Return a session that gives these answers in turn, or what one function says."""
    if len(replies) == 1 and callable(replies[0]):
        adapter = Canned(replies[0])
    else:
        rest = iter(replies)
        adapter = Canned(lambda request: next(rest))  # type: ignore[arg-type, return-value]
    session = requests.Session()
    session.adapters.clear()
    session.mount("https://vendor.example/", adapter)
    return session, adapter
