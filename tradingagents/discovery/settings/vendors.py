"""Where each vendor is reached and under which environment variables its secrets lie."""

from __future__ import annotations

import ipaddress
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

__all__ = [
    "AlphaVantageSettings",
    "FinnhubSettings",
    "FinraSettings",
    "NasdaqSettings",
    "RedditSettings",
    "SecSettings",
    "VendorSettings",
    "VendorsSettings",
    "YahooSettings",
    "is_loopback",
]


def is_loopback(url: str) -> bool:
    """Whether a URL leads to this machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _web_address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return url
    if parts.scheme == "http" and is_loopback(url):
        return url
    raise ValueError("must be an https:// address, or http:// on this machine")


Url = Annotated[str, AfterValidator(_web_address)]
EnvName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
Seconds = Annotated[float, Field(gt=0, le=600)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class RateSettings(_Strict):
    """At most ``requests`` in any window of ``seconds``."""

    requests: int = Field(ge=1)
    seconds: float = Field(gt=0, le=2_678_400)


class BreakerSettings(_Strict):
    """Open after ``fail_max`` failures in a row; probe once ``reset_after_seconds`` later."""

    fail_max: int = Field(5, ge=1)
    reset_after_seconds: float = Field(60.0, gt=0, le=86_400)


class VendorSettings(_Strict):
    """What every vendor takes. Timeouts are seconds for one socket operation.

    ``exchange_timeout_seconds`` is for a request with its whole body. ``ttl_seconds`` maps globs over what
    follows the base URL to the seconds an answer is fresh. ``quota_redis_url_env`` names the environment
    variable with the address of a Redis in which the spent quota is written down for several machines.
    """

    base_url: Url
    quota_redis_url_env: EnvName | None = None
    rates: list[RateSettings] = Field(default_factory=list)
    ttl_seconds: dict[str, Annotated[float, Field(ge=0)]] = Field(default_factory=dict)
    attempts: int = Field(3, ge=1, le=10)
    breaker: BreakerSettings = BreakerSettings()
    stale_if_error_seconds: float = Field(86_400.0, ge=0)
    exchange_timeout_seconds: Seconds = 120.0
    connect_timeout_seconds: Seconds = 5.0
    read_timeout_seconds: Seconds = 10.0
    max_body_bytes: int = Field(20_000_000, ge=1_000)


class AlphaVantageSettings(VendorSettings):
    """Alpha Vantage: the key goes into the query string, the vendor offers no other way."""

    api_key_env: EnvName = "ALPHA_VANTAGE_API_KEY"


class FinnhubSettings(VendorSettings):
    """Finnhub: the key goes into a header."""

    api_key_env: EnvName = "FINNHUB_API_KEY"


class RedditSettings(VendorSettings):
    """Reddit: an OAuth client of the user's own, and a user agent that names it.

    ``repeatable_posts`` are globs of POST endpoints that are safe to send twice.
    """

    token_url: Url
    repeatable_posts: list[str] = Field(default_factory=list)
    client_id_env: EnvName = "REDDIT_CLIENT_ID"
    client_secret_env: EnvName = "REDDIT_CLIENT_SECRET"
    user_agent_env: EnvName = "REDDIT_USER_AGENT"


class SecSettings(VendorSettings):
    """SEC EDGAR: no key, but the caller must name itself and an e-mail address."""

    user_agent_env: EnvName = "SEC_EDGAR_USER_AGENT"


class FinraSettings(VendorSettings):
    """FINRA's public files: no key."""


class NasdaqSettings(VendorSettings):
    """Nasdaq Trader's symbol directory: no key."""


class YahooSettings(VendorSettings):
    """Yahoo's chart endpoint: no key, no documentation, no promise."""


class VendorsSettings(BaseModel):
    """``vendors``: one object for each vendor."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    alpha_vantage: AlphaVantageSettings
    finnhub: FinnhubSettings
    reddit: RedditSettings
    sec: SecSettings
    finra: FinraSettings
    nasdaq: NasdaqSettings
    yahoo: YahooSettings

    def beyond_loopback(self) -> list[str]:
        """Return ``vendor.key`` of each address that is not on this machine."""
        return [
            f"{vendor}.{key}"
            for vendor in type(self).model_fields
            for key, value in getattr(self, vendor)
            if key.endswith("_url") and not is_loopback(value)
        ]
