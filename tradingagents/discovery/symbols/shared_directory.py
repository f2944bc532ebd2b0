"""``SharedDirectory``: one request of the symbol directory for all scanners of a scan, on its own thread."""

from __future__ import annotations

import contextlib
import copy
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future

from tradingagents.discovery.execution.pool import DaemonExecutor
from tradingagents.discovery.model.clock import (
    SYSTEM_CLOCK,
    Clock,
    Deadline,
    current_deadline,
    deadline_scope,
)
from tradingagents.discovery.model.errors import BadPayload, DiscoveryError
from tradingagents.discovery.net.counters import CountSink, counting, report_stale
from tradingagents.discovery.symbols.directory import SymbolDirectory

__all__ = ["SharedDirectory", "shorter_deadline"]


class SharedDirectory:
    """Calls ``load`` at most once, on a thread of its own, and gives every caller its result. Thread-safe.

    So it runs while the scanners do their other work, and a caller waits under its own deadline only. An
    error of ``load`` is raised to every caller. Its requests are counted in ``requests``, not in a scanner's
    receipt. :meth:`stop` at the end of the scan cancels it.
    """

    def __init__(
        self, load: Callable[[], SymbolDirectory], requests: CountSink, clock: Clock = SYSTEM_CLOCK
    ) -> None:
        self._load, self._requests = load, requests
        self._deadline = Deadline(None, clock)
        self._lock = threading.Lock()  # guards the next line
        self._loading: Future[SymbolDirectory] | None = None
        self._stale: tuple[DiscoveryError, str] | None = None  # written before the future is done

    @property
    def done(self) -> bool:
        """Whether a call would not wait."""
        return self._loading is not None and self._loading.done()

    def start(self) -> Future[SymbolDirectory]:
        """Begin to load it, once; returns at once."""
        with self._lock:
            if self._loading is None:
                pool = DaemonExecutor(1, "symbol-directory")
                self._loading = pool.submit(self._work)
                pool.shutdown(wait=False)
            return self._loading

    def __call__(self) -> SymbolDirectory:
        """Return the directory. Raises the error of loading it, or of this caller's deadline.

        Where an old copy is served because the vendor is down, this is reported as by the vendor's session;
        see :func:`~tradingagents.discovery.net.counters.report_stale`.
        """
        loading = self.start()
        if not loading.done():
            deadline = current_deadline()
            loading.add_done_callback(lambda _: deadline.wake())
            deadline.wait_for(loading.done)
        error = loading.exception()
        if isinstance(error, DiscoveryError):
            raise copy.copy(error) from error
        if error is not None:
            raise BadPayload(
                "nasdaq", f"the files cannot be read: {type(error).__name__}: {error}"
            ) from error
        if self._stale is not None:
            report_stale(*self._stale)
        return loading.result()

    def stop(self) -> None:
        """Cancel it if it is still loading. Idempotent."""
        self._deadline.cancel()

    def _work(self) -> SymbolDirectory:
        with deadline_scope(self._deadline), counting(self._requests, self._note_stale):
            return self._load()

    def _note_stale(self, why: DiscoveryError, message: str) -> None:
        self._stale = why, message


@contextlib.contextmanager
def shorter_deadline(seconds: float) -> Iterator[None]:
    """Make the current deadline end in ``seconds``, and after half of what is left of it at the latest."""
    whole = current_deadline()
    part = Deadline(min(seconds, whole.remaining() / 2), whole.clock)
    with whole.on_cancel(part.cancel), deadline_scope(part):
        yield
