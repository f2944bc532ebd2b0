"""The sandbox in a process of its own, so that it does not share this one's interpreter lock.

The child ends when told to, and by itself as soon as its parent is gone, however that died. As with
anything that ``multiprocessing`` spawns, a script that uses it keeps its own work below
``if __name__ == "__main__":``.
"""

from __future__ import annotations

import json
import signal
from collections.abc import Mapping
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Any, Self
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

from loky.backend import get_context

from tradingagents.discovery.sandbox.faults.limits import LimitsSetting
from tradingagents.discovery.sandbox.faults.rules import Fault
from tradingagents.discovery.sandbox.http.addresses import vendor_config
from tradingagents.discovery.sandbox.http.control import CONTROL_HEADER, CONTROL_PREFIX
from tradingagents.discovery.sandbox.http.request_log import RequestRecord
from tradingagents.discovery.sandbox.http.server import SandboxServer
from tradingagents.discovery.sandbox.world.market import Market, shared_market
from tradingagents.discovery.sandbox.world.prices.store import BarsFolder
from tradingagents.discovery.sandbox.world.technical.screens import sector_funds

__all__ = ["RemoteFaults", "SandboxProcess"]

_START_SECONDS = 60.0
_STOP_SECONDS = 5.0
_ASK_SECONDS = 10.0


def _serve(pipe: Connection, options: dict[str, Any]) -> None:
    """Run a server until the parent says so or is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches both; the parent decides
    try:
        server = SandboxServer(**options).start()
    except (OSError, ValueError) as error:
        pipe.send(error)
        return
    pipe.send((server.url, server.urls))
    wait([pipe])  # the pipe ends with the parent, however that ends
    server.stop()


class SandboxProcess:
    """A context manager with the interface of ``SandboxServer``; the server runs in a child process.

    Use it from one thread at a time, its vendors from as many as you like.
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
        self._options = {
            "market": self.market,
            "latency_seconds": dict(latency_seconds or {}),
            "limits": limits,
            "port": port,
            "own_ports": own_ports,
        }
        self._bars = BarsFolder(self.market)
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None
        self._url = ""
        self.urls: dict[str, str] = {}

    @property
    def url(self) -> str:
        """The server's address, without a slash at the end; ``RuntimeError`` before ``start()``."""
        if not self._url:
            raise RuntimeError("the sandbox has not been started")
        return self._url

    @property
    def pid(self) -> int | None:
        """The child's process id; None before ``start()``."""
        return self._process.pid if self._process else None

    @property
    def requests(self) -> tuple[RequestRecord, ...]:
        """What was asked so far, in the order of arrival."""
        return tuple(RequestRecord(**record) for record in _control(self.url, "GET", "requests"))

    @property
    def faults(self) -> RemoteFaults:
        """The fault rules of the child."""
        return RemoteFaults(self.url)

    def config(self) -> dict[str, object]:
        """Return the part of a configuration that sends every vendor here, and names a store of the bars.

        The bars are written when this is first called, into a folder that goes with the sandbox.
        """
        return vendor_config(self.urls, self.url, self._bars.path(), *sector_funds(self.market.listings))

    def start(self) -> Self:
        """Start the child and wait until it listens; ``OSError`` when it does not within a minute."""
        if self._process is not None:
            raise RuntimeError("a sandbox can be started once only")
        context = get_context("loky")  # starts afresh, and does not run the caller's main script again
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(theirs, self._options), name="sandbox", daemon=True
        )
        self._process.start()
        theirs.close()
        try:
            told = (
                self._pipe.recv() if self._pipe.poll(_START_SECONDS) else OSError("the sandbox did not start")
            )
        except EOFError:
            told = OSError("the sandbox's process ended while it started")
        if isinstance(told, BaseException):
            self.stop()
            raise told
        self._url, self.urls = told
        return self

    def stop(self) -> None:
        """End the child; may be called again."""
        self._bars.remove()
        if self._pipe is not None:
            self._pipe.close()  # the child sees the end of the pipe and stops
        if self._process is not None:
            self._process.join(_STOP_SECONDS)
            if self._process.is_alive():
                self._process.terminate()
                self._process.join(_STOP_SECONDS)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


class RemoteFaults:
    """The fault rules of a sandbox in another process. Thread-safe."""

    def __init__(self, url: str) -> None:
        self._url = url

    def add(self, fault: Fault) -> None:
        """Put a rule in force; ``ValueError`` when the sandbox refuses it."""
        _control(self._url, "POST", "faults", fault.as_dict())

    def clear(self) -> None:
        """Drop every rule."""
        _control(self._url, "DELETE", "faults")


def _control(url: str, method: str, path: str, body: object = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = Request(f"{url}/{CONTROL_PREFIX}/{path}", data, {CONTROL_HEADER: "1"}, method=method)  # noqa: S310
    opener = build_opener(ProxyHandler({}))  # a proxy has no business on loopback
    try:
        with opener.open(request, timeout=_ASK_SECONDS) as answer:
            return json.loads(answer.read())
    except HTTPError as refused:
        with refused:
            raise ValueError(json.loads(refused.read())["error"]) from None
