"""A ledger in Redis, for one quota shared by several machines. Needs the ``redis`` extra.

The server's clock is used, and a Lua script decides and writes in one step: with the clients' clocks a permit
of a client whose clock is ahead would lie in the future of the others and be miscounted.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import redis  # type: ignore[import-not-found, unused-ignore]  # optional

from tradingagents.discovery.model.errors import ConfigError
from tradingagents.discovery.net.limits.ledger import (
    JITTER_SECONDS,
    LONG_SECONDS,
    MAX_HOLD_SECONDS,
    SENDING_SECONDS,
    Delay,
    Ticket,
    without_reserve,
)
from tradingagents.discovery.settings.vendors import RateSettings
from tradingagents.discovery.state.table import StateUnavailable

__all__ = ["RedisLedger", "connect_ledger"]

_TIMEOUT_SECONDS = 0.5

_NOW = """
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
"""

# KEYS: tickets (a sorted set by the time each counts from), hold, serial number.
# ARGV: 1 to take a ticket or 0 to peek, milliseconds until a request counts as sent, then requests and window
# (milliseconds) of each rate. Returns {} if a permit is available, {time, serial number, ''} for a ticket,
# {milliseconds, reason of the hold} or {milliseconds, number of the rate} for a delay.
_TAKE = (
    _NOW
    + """
local held = redis.call('PTTL', KEYS[2])
if held > 0 then
    return {held, redis.call('GET', KEYS[2])}
end
local wait, which, longest = 0, 0, 0
for i = 3, #ARGV, 2 do
    local limit, window = tonumber(ARGV[i]), tonumber(ARGV[i + 1])
    local nth = redis.call('ZREVRANGE', KEYS[1], limit - 1, limit - 1, 'WITHSCORES')
    local left = nth[2] and math.min(tonumber(nth[2]), now) + window - now or 0
    if left > wait then
        wait, which = left, (i - 1) / 2
    end
    longest = math.max(longest, window)
end
if wait > 0 then
    return {wait, which}
end
if ARGV[1] == '0' or longest == 0 then
    return {}
end
local at, serial = now + tonumber(ARGV[2]), redis.call('INCR', KEYS[3])
redis.call('ZADD', KEYS[1], at, serial)
redis.call('ZREMRANGEBYSCORE', KEYS[1], 0, now - longest)
redis.call('PEXPIRE', KEYS[1], longest + tonumber(ARGV[2]))
redis.call('PEXPIRE', KEYS[3], longest + tonumber(ARGV[2]))
return {at, serial, ''}
"""
)

# KEYS: tickets. ARGV: serial number, milliseconds until the request has arrived at the latest.
_SENT = _NOW + "redis.call('ZADD', KEYS[1], 'XX', now + tonumber(ARGV[2]), ARGV[1])"

# KEYS: hold. ARGV: milliseconds, reason. A shorter hold does not replace a longer one.
_HOLD = """
if tonumber(ARGV[1]) > redis.call('PTTL', KEYS[1]) then
    redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[1])
end
"""


class RedisLedger:
    """Permits of every machine that shares ``client``'s database. Thread-safe, as the client is.

    Times are the server's, because machines' clocks differ. Set the client's ``socket_timeout``: it bounds
    every wait here. Raises ``StateUnavailable`` when the server cannot be reached.
    """

    def __init__(self, vendor: str, client: Any, rates: Iterable[RateSettings]) -> None:
        self._client, self._rates = client, tuple(rates)
        # The braces put a vendor's keys into one slot of a cluster.
        self._keys = [f"tradingagents:{{{vendor}}}:{part}" for part in ("tickets", "hold", "serial")]
        self._take, self._sent, self._hold = map(client.register_script, (_TAKE, _SENT, _HOLD))

    def peek(self, reserve: int = 0) -> Delay | None:
        """See ``QuotaLedger``."""
        reply = self._run(self._take, self._keys, [0, *self._arguments(reserve)])
        return self._delay(reply) if reply else None

    def take(self, reserve: int = 0) -> Ticket | Delay:
        """See ``QuotaLedger``."""
        reply = self._run(self._take, self._keys, [1, *self._arguments(reserve)])
        if not reply:
            return Ticket(0.0, 0)
        return Ticket(reply[0] / 1000, reply[1]) if len(reply) == 3 else self._delay(reply)

    def sent(self, ticket: Ticket, settling_seconds: float = 0.0) -> None:
        """See ``QuotaLedger``."""
        if ticket.number:
            self._run(self._sent, self._keys[:1], [ticket.number, _milliseconds(settling_seconds)])

    def hold(self, seconds: float, *, quota: bool = False) -> None:
        """See ``QuotaLedger``."""
        length = _milliseconds(min(seconds, MAX_HOLD_SECONDS))
        if length > 0:
            self._run(self._hold, self._keys[1:2], [length, "quota" if quota else "hold"])

    def close(self) -> None:
        """Close the client's connections; it opens new ones when used again."""
        self._client.close()

    def _arguments(self, reserve: int) -> list[int]:
        arguments = [_milliseconds(SENDING_SECONDS)]
        for rate in without_reserve(self._rates, reserve):
            arguments += [rate.requests, _milliseconds(rate.seconds + JITTER_SECONDS)]
        return arguments

    def _delay(self, reply: list[Any]) -> Delay:
        seconds, why = max(reply[0], 1) / 1000, reply[1]
        if not isinstance(why, int):
            return Delay(seconds, "quota" if why in (b"quota", "quota") else "hold")
        return Delay(seconds, "quota" if self._rates[why - 1].seconds >= LONG_SECONDS else "pace")

    def _run(self, script: Any, keys: list[str], arguments: list[Any]) -> Any:
        try:
            return script(keys=keys, args=arguments)
        except redis.RedisError as error:
            raise StateUnavailable(f"redis: {type(error).__name__}") from error


def connect_ledger(vendor: str, url: str, rates: Iterable[RateSettings]) -> RedisLedger:
    """Return a ledger with a client of its own, which connects on first use.

    Raises :class:`ConfigError` for an invalid URL.
    """
    try:
        client = redis.Redis.from_url(
            url, socket_timeout=_TIMEOUT_SECONDS, socket_connect_timeout=_TIMEOUT_SECONDS
        )
    except ValueError as error:
        raise ConfigError(f"{vendor}: invalid Redis URL for the shared quota: {error}") from None
    return RedisLedger(vendor, client, rates)


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
