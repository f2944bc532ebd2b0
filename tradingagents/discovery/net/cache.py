"""Where answers are kept: a file that outlives the run, or memory where no file can be used."""

from __future__ import annotations

import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Iterator
from datetime import datetime

from cattrs.errors import BaseValidationError
from requests import Response
from requests.cookies import RequestsCookieJar
from requests.structures import CaseInsensitiveDict
from requests_cache.backends.base import BaseCache, BaseStorage
from requests_cache.models.response import CachedResponse
from requests_cache.policy.expiration import get_expiration_datetime

from tradingagents.discovery.net.transport.credentials import Credentials
from tradingagents.discovery.state.table import Table

__all__ = ["CACHE_SCHEMA", "ResponseCache", "ResponseStore", "absence_in"]

CACHE_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS responses (key TEXT PRIMARY KEY, value TEXT NOT NULL, expires REAL)",
    "CREATE INDEX IF NOT EXISTS responses_by_expiry ON responses (expires)",
)
_MEMORY_CHARACTERS = 64_000_000

# The first is secret. By the second requests-cache would compare request headers, which are not kept; what
# an answer depends on is in its key.
_NOT_KEPT = ("Set-Cookie", "Vary")

# Marks a stored answer as "does not exist", whatever status the vendor sent it with; error pages have the
# same statuses, and are never kept.
_ABSENCE = "X-Tradingagents-Absent"


class ResponseStore(BaseStorage[str, CachedResponse]):
    """A requests-cache storage over ``table``, which must have :data:`CACHE_SCHEMA`. Thread-safe.

    requests-cache's own SQLite storage waits for a locked or read-only file without an end, so this one
    stands in its place. It keeps no request headers, no cookies and no redirect history, because that
    is where secrets are. Without a usable file it keeps answers in memory, where the oldest make room.
    """

    def __init__(self, table: Table) -> None:
        super().__init__(serializer="json")
        self._table, self._memory = table, _Memory()

    def purge(self, before: float) -> None:
        """Drop answers that expired before the Unix time ``before``; nothing else removes them."""

        def delete(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM responses WHERE expires < ?", (before,))

        self._table.run(delete, lambda: None)

    def __getitem__(self, key: str) -> CachedResponse:
        text = self._read(key)
        if text is None:
            raise KeyError(key)
        try:
            response = self.deserialize(key, text)  # type: ignore[arg-type]  # typed for what it returns
        except BaseValidationError:  # JSON, but no response: a row written by another program
            raise KeyError(key) from None
        if not isinstance(response, CachedResponse):
            raise KeyError(key)
        if response.status_code != 200 and absence_in(response) is None:
            raise KeyError(key)
        return response

    def __setitem__(self, key: str, value: CachedResponse) -> None:
        _strip(value)
        text = self.serialize(value)
        row = (key, text, None if value.expires is None else value.expires.timestamp())

        def insert(connection: sqlite3.Connection) -> None:
            connection.execute("INSERT OR REPLACE INTO responses VALUES (?, ?, ?)", row)

        self._table.run(insert, lambda: self._memory.put(key, text))

    def __delitem__(self, key: str) -> None:
        def delete(connection: sqlite3.Connection) -> bool:
            return connection.execute("DELETE FROM responses WHERE key = ?", (key,)).rowcount > 0

        if not self._table.run(delete, lambda: self._memory.remove(key)):
            raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys())

    def __len__(self) -> int:
        return len(self._keys())

    def close(self) -> None:
        """Close the file. Idempotent."""
        self._table.close()

    def _read(self, key: str) -> str | None:
        def select(connection: sqlite3.Connection) -> str | None:
            row = connection.execute("SELECT value FROM responses WHERE key = ?", (key,)).fetchone()
            return None if row is None else str(row[0])

        return self._table.run(select, lambda: self._memory.get(key), writes=False)

    def _keys(self) -> list[str]:
        def select(connection: sqlite3.Connection) -> list[str]:
            return [row[0] for row in connection.execute("SELECT key FROM responses")]

        return self._table.run(select, self._memory.keys, writes=False)


class _Memory:
    """Answers as text, ``_MEMORY_CHARACTERS`` in all; the least recently used make room. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # guards the two below
        self._texts: OrderedDict[str, str] = OrderedDict()
        self._characters = 0

    def get(self, key: str) -> str | None:
        with self._lock:
            if key in self._texts:
                self._texts.move_to_end(key)
            return self._texts.get(key)

    def put(self, key: str, text: str) -> None:
        with self._lock:
            self._characters += len(text) - len(self._texts.pop(key, ""))
            self._texts[key] = text
            while self._characters > _MEMORY_CHARACTERS:
                self._characters -= len(self._texts.popitem(last=False)[1])

    def remove(self, key: str) -> bool:
        with self._lock:
            text = self._texts.pop(key, None)
            self._characters -= len(text or "")
            return text is not None

    def keys(self) -> list[str]:
        with self._lock:
            return list(self._texts)


class ResponseCache(BaseCache):
    """A requests-cache cache over a :class:`ResponseStore`. An answer that repeats a secret is not kept."""

    def __init__(self, store: ResponseStore, credentials: Credentials | None = None) -> None:
        super().__init__()
        self.responses, self._credentials = store, credentials

    def save_response(
        self, response: Response, cache_key: str | None = None, expires: datetime | None = None
    ) -> None:
        """Store ``response`` under ``cache_key`` until ``expires``."""
        if self._credentials is None or not self._credentials.repeated_in(response):
            super().save_response(response, cache_key, expires)

    def keep_absence(self, key: str, response: Response, what: str, seconds: float) -> None:
        """Keep for ``seconds`` that there is no such thing, ``what`` in words; not in place of an answer."""
        if key not in self.responses or absence_in(self.responses[key]) is not None:
            response.headers[_ABSENCE] = what
            self.save_response(response, key, get_expiration_datetime(seconds))


def absence_in(response: Response | CachedResponse) -> str | None:
    """Return what does not exist according to a stored answer; None for an answer of any other kind."""
    return response.headers.get(_ABSENCE)


def _strip(response: CachedResponse) -> None:
    response.history = []
    response.cookies = RequestsCookieJar()
    for name in _NOT_KEPT:
        response.headers.pop(name, None)
    response.request.headers = CaseInsensitiveDict()
    response.request.cookies = RequestsCookieJar()
