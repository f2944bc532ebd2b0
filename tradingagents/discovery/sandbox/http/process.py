"""The sandbox in a process of its own, so that it does not share the caller's interpreter lock.

The child ends on ``stop()``, and by itself when its parent is gone, even if that was killed. As with
anything that ``multiprocessing`` spawns, a script that uses it must keep its own work below
``if __name__ == "__main__":``.
"""

from __future__ import annotations

import signal
from collections.abc import Mapping
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Any, Self

from loky.backend import get_context

from tradingagents.discovery.sandbox.faults.limits import LimitsSetting
from tradingagents.discovery.sandbox.http.configuration import Configuration
from tradingagents.discovery.sandbox.http.control import RemoteFaults, remote_requests
from tradingagents.discovery.sandbox.http.request_log import RequestRecord
from tradingagents.discovery.sandbox.http.server import SandboxServer
from tradingagents.discovery.sandbox.world.market import Market, shared_market

__all__ = ["SandboxProcess"]

_START_SECONDS = 60.0
_STOP_SECONDS = 5.0


def _serve(pipe: Connection, options: dict[str, Any]) -> None:
    """Run a server until the parent closes the pipe or is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches both; the parent decides
    try:
        server = SandboxServer(**options).start()
    except (OSError, ValueError) as error:
        pipe.send(error)
        return
    pipe.send((server.url, server.urls))
    wait([pipe])  # also returns when the parent dies
    server.stop()


class SandboxProcess:
    """A context manager with the interface of ``SandboxServer``; the server runs in a child process.

    Not thread-safe, but its vendors can be requested from any number of threads.
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
        self._configuration = Configuration(self.market)
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
        """The requests so far, in the order of arrival."""
        return remote_requests(self.url)

    @property
    def faults(self) -> RemoteFaults:
        """The fault rules of the child."""
        return RemoteFaults(self.url)

    def config(self) -> dict[str, object]:
        """Return the configuration that sends every vendor here, with a store of the daily bars.

        The first call writes the bars into a temporary folder, which ``stop()`` removes.
        """
        return self._configuration.build(self.urls, self.url)

    def start(self) -> Self:
        """Start the child and wait until it listens; ``OSError`` when it does not within a minute."""
        if self._process is not None:
            raise RuntimeError("a sandbox can be started once only")
        context = get_context("loky")  # spawns, and does not run the caller's main script again
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(theirs, self._options), name="sandbox", daemon=True
        )
        self._process.start()
        theirs.close()
        try:
            reply = (
                self._pipe.recv() if self._pipe.poll(_START_SECONDS) else OSError("the sandbox did not start")
            )
        except EOFError:
            reply = OSError("the sandbox's process ended while it started")
        if isinstance(reply, BaseException):
            self.stop()
            raise reply
        self._url, self.urls = reply
        return self

    def stop(self) -> None:
        """End the child; calling it again does nothing."""
        self._configuration.remove()
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
