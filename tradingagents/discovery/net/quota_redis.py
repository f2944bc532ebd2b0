"""A ledger in Redis, for one quota over several machines. Needs the ``redis`` extra.

The windows are counted by a script of our own: with pyrate-limiter's RedisBucket, which takes the time
before it asks, eight threads got 41 of 40 permits, because a permit written by a faster one lay in its
future and was not counted. Here the server takes the time, decides and writes in one step.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import redis  # type: ignore[import-not-found, unused-ignore]  # optional

from tradingagents.discovery.net.policy import Rate
from tradingagents.discovery.net.quota import LONG_SECONDS, MAX_HOLD_SECONDS, Delay, bucket_rates
from tradingagents.discovery.net.state import StateUnavailable

__all__ = ["RedisLedger"]

# KEYS: permits (a sorted set by time), hold, serial number. ARGV: limit and window of each rate.
# Returns {} for a permit, {milliseconds, hold's text} or {milliseconds, number of the rate}.
_TAKE = """
local held = redis.call('PTTL', KEYS[2])
if held > 0 then
    return {held, redis.call('GET', KEYS[2])}
end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local longest = 0
for i = 1, #ARGV, 2 do
    local limit, window = tonumber(ARGV[i]), tonumber(ARGV[i + 1])
    local nth = redis.call('ZREVRANGE', KEYS[1], limit - 1, limit - 1, 'WITHSCORES')
    if nth[2] and tonumber(nth[2]) > now - window then
        return {tonumber(nth[2]) + window - now, (i + 1) / 2}
    end
    longest = math.max(longest, window)
end
if longest > 0 then
    redis.call('ZADD', KEYS[1], now, redis.call('INCR', KEYS[3]))
    redis.call('ZREMRANGEBYSCORE', KEYS[1], 0, now - longest)
    redis.call('PEXPIRE', KEYS[1], longest)
    redis.call('PEXPIRE', KEYS[3], longest)
end
return {}
"""

# KEYS: hold. ARGV: milliseconds, text. A shorter wish does not replace a longer one.
_HOLD = """
if tonumber(ARGV[1]) > redis.call('PTTL', KEYS[1]) then
    redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[1])
end
"""


class RedisLedger:
    """Permits of every machine that shares ``client``'s database. Thread-safe, as the client is.

    Times are the server's, because machines' clocks differ. Give the client a ``socket_timeout``: it
    bounds every wait here. Raises ``StateUnavailable`` when the server cannot be asked.
    """

    def __init__(self, vendor: str, client: Any, rates: Iterable[Rate]) -> None:
        self._rates = bucket_rates(rates)
        self._arguments = [number for rate in self._rates for number in (rate.limit, rate.interval)]
        # The braces keep a vendor's keys together on a cluster.
        self._keys = [f"tradingagents:{{{vendor}}}:{part}" for part in ("permits", "hold", "serial")]
        self._take, self._hold = client.register_script(_TAKE), client.register_script(_HOLD)

    def take(self) -> Delay | None:
        """See ``QuotaLedger``."""
        reply = self._run(self._take, self._keys, self._arguments)
        if not reply:
            return None
        seconds, why = max(reply[0], 1) / 1000, reply[1]
        if not isinstance(why, int):
            return Delay(seconds, "quota" if why in (b"quota", "quota") else "hold")
        return Delay(seconds, "quota" if self._rates[why - 1].interval >= LONG_SECONDS * 1000 else "pace")

    def hold(self, seconds: float, *, quota: bool = False) -> None:
        """See ``QuotaLedger``."""
        length_ms = round(min(seconds, MAX_HOLD_SECONDS) * 1000)
        if length_ms > 0:
            self._run(self._hold, self._keys[1:2], [length_ms, "quota" if quota else "hold"])

    def close(self) -> None:
        """See ``QuotaLedger``. The client belongs to whoever made it."""

    def _run(self, script: Any, keys: list[str], arguments: list[Any]) -> Any:
        try:
            return script(keys=keys, args=arguments)
        except redis.RedisError as error:
            raise StateUnavailable(f"redis: {type(error).__name__}") from error
