"""Where answers are kept: a file that outlives the run, or memory when there is no file to be had."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator

from cattrs.errors import BaseValidationError
from requests import Response
from requests.cookies import RequestsCookieJar
from requests.structures import CaseInsensitiveDict
from requests_cache.backends.base import BaseCache, BaseStorage
from requests_cache.models.response import CachedResponse
from requests_cache.policy.expiration import get_expiration_datetime

from tradingagents.discovery.state.files import Notices, StateFile, StateUnavailable

__all__ = ["CACHE_SCHEMA", "ResponseCache", "ResponseStore", "absence_in"]

CACHE_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS responses (key TEXT PRIMARY KEY, value TEXT NOT NULL, expires REAL)",
    "CREATE INDEX IF NOT EXISTS responses_by_expiry ON responses (expires)",
)
_MEMORY_CHARACTERS = 64_000_000

# The first is secret. By the second requests-cache would compare request headers, which are not kept; what
# an answer depends on is in its key.
_NOT_KEPT = ("Set-Cookie", "Vary")

# Marks an answer that says "there is no such thing", whatever status the vendor says it with; error pages
# have the same statuses, and are never kept.
_ABSENCE = "X-Tradingagents-Absent"


class ResponseStore(BaseStorage[str, CachedResponse]):
    """A requests-cache storage. Thread-safe.

    requests-cache's own SQLite storage waits for a locked or read-only file without an end, so this one
    stands in its place. It keeps no request headers, no cookies and no redirect history, because that
    is where secrets are. When the file fails it goes on in memory, where the oldest answers make room,
    and says so.
    """

    def __init__(self, file: StateFile | None, notices: Notices) -> None:
        super().__init__(serializer="json")
        self._notices = notices
        self._lock = threading.Lock()  # guards the three below
        self._file = file
        self._memory: OrderedDict[str, str] = OrderedDict()
        self._characters = 0

    def purge(self, before: float) -> None:
        """Drop answers that expired before the Unix time ``before``; nothing else removes them."""
        if (file := self._file) is not None:
            try:
                with file.transaction() as connection:
                    connection.execute("DELETE FROM responses WHERE expires < ?", (before,))
            except StateUnavailable as error:
                self._go_on_in_memory(error)

    def __getitem__(self, key: str) -> CachedResponse:
        text = self._read(key)
        if text is None:
            raise KeyError(key)
        try:
            response = self.deserialize(key, text)  # type: ignore[arg-type]  # typed for what it returns
        except BaseValidationError:  # JSON, but no response: a row somebody else wrote
            raise KeyError(key) from None
        if not isinstance(response, CachedResponse):
            raise KeyError(key)
        if response.status_code != 200 and absence_in(response) is None:
            raise KeyError(key)
        return response

    def __setitem__(self, key: str, value: CachedResponse) -> None:
        _strip(value)
        text, expires = self.serialize(value), value.expires
        if (file := self._file) is not None:
            try:
                with file.transaction() as connection:
                    connection.execute(
                        "INSERT OR REPLACE INTO responses VALUES (?, ?, ?)",
                        (key, text, None if expires is None else expires.timestamp()),
                    )
            except StateUnavailable as error:
                self._go_on_in_memory(error)
            else:
                return
        self._remember(key, text)

    def __delitem__(self, key: str) -> None:
        if (file := self._file) is not None:
            try:
                with file.transaction() as connection:
                    found = connection.execute("DELETE FROM responses WHERE key = ?", (key,)).rowcount
            except StateUnavailable as error:
                self._go_on_in_memory(error)
            else:
                if not found:
                    raise KeyError(key)
                return
        with self._lock:
            self._characters -= len(self._memory.pop(key))

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys())

    def __len__(self) -> int:
        return len(self._keys())

    def close(self) -> None:
        """Close the file. Idempotent."""
        if self._file is not None:
            self._file.close()

    def _read(self, key: str) -> str | None:
        if (file := self._file) is not None:
            try:
                with file.reading() as connection:
                    row = connection.execute("SELECT value FROM responses WHERE key = ?", (key,)).fetchone()
            except StateUnavailable as error:
                self._go_on_in_memory(error)
            else:
                return None if row is None else str(row[0])
        with self._lock:
            if key in self._memory:
                self._memory.move_to_end(key)
            return self._memory.get(key)

    def _keys(self) -> list[str]:
        if (file := self._file) is not None:
            try:
                with file.reading() as connection:
                    return [row[0] for row in connection.execute("SELECT key FROM responses")]
            except StateUnavailable as error:
                self._go_on_in_memory(error)
        with self._lock:
            return list(self._memory)

    def _remember(self, key: str, text: str) -> None:
        with self._lock:
            self._characters += len(text) - len(self._memory.pop(key, ""))
            self._memory[key] = text
            while self._characters > _MEMORY_CHARACTERS:
                self._characters -= len(self._memory.popitem(last=False)[1])

    def _go_on_in_memory(self, error: StateUnavailable) -> None:
        with self._lock:
            file, self._file = self._file, None
        if file is not None:
            file.close()
        self._notices.say(f"answers are kept in memory only, the next run asks again ({error})")


class ResponseCache(BaseCache):
    """A requests-cache cache over a :class:`ResponseStore`."""

    def __init__(self, store: ResponseStore) -> None:
        super().__init__()
        self.responses = store

    def keep_absence(self, key: str, response: Response, what: str, seconds: float) -> None:
        """Keep for ``seconds`` that there is no such thing, ``what`` in words; not in place of an answer."""
        if key not in self.responses or absence_in(self.responses[key]) is not None:
            response.headers[_ABSENCE] = what
            self.save_response(response, key, get_expiration_datetime(seconds))


def absence_in(response: Response | CachedResponse) -> str | None:
    """Return what a kept answer says there is not; None for an answer of any other kind."""
    return response.headers.get(_ABSENCE)


def _strip(response: CachedResponse) -> None:
    response.history = []
    response.cookies = RequestsCookieJar()
    for name in _NOT_KEPT:
        response.headers.pop(name, None)
    response.request.headers = CaseInsensitiveDict()
    response.request.cookies = RequestsCookieJar()
