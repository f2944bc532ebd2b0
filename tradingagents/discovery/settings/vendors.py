"""The settings of each vendor: address, variables of its keys, rates, TTLs, attempts, circuit breaker."""

from __future__ import annotations

import re
from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator

from tradingagents.discovery.settings.base import EnvName, Settings, Url, is_loopback

__all__ = [
    "AlphaVantageSettings",
    "BreakerSettings",
    "CustomVendorSettings",
    "FinnhubSettings",
    "FinraSettings",
    "NasdaqSettings",
    "RateSettings",
    "RedditSettings",
    "SecSettings",
    "VendorSettings",
    "VendorsSettings",
    "YahooSettings",
]

_OperationSeconds = Annotated[float, Field(gt=0, le=600)]

Ttls = dict[str, Annotated[float, Field(ge=0)]]
"""Seconds by glob."""

_DAY = 86_400.0
_VENDOR_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


class RateSettings(Settings):
    """At most ``requests`` in any window of ``seconds``."""

    requests: int = Field(ge=1, description="Requests allowed in the window.")
    seconds: float = Field(gt=0, le=2_678_400, description="Length of the window.")


class BreakerSettings(Settings):
    """Open after ``fail_max`` consecutive failures; probe once ``reset_after_seconds`` later."""

    fail_max: int = Field(5, ge=1, description="Consecutive failures after which no request is sent.")
    reset_after_seconds: float = Field(
        60.0, gt=0, le=_DAY, description="Time after which one request may probe the vendor."
    )


class VendorSettings(Settings):
    """What every vendor takes."""

    base_url: Url = Field(description="Address of the vendor; the sandbox puts its own here.")
    rates: list[RateSettings] = Field(
        [],
        description="Quota: at most so many requests in any window of so many seconds, for every process "
        "on this machine that shares a `state_dir`.",
    )
    ttl_seconds: Ttls = Field(
        {},
        description="How long an answer is fresh, by a glob over what follows the base URL; the first "
        "match counts and what none matches is not cached. A dict given here replaces the default as a "
        "whole.",
    )
    redirect_hosts: list[str] = Field(
        [],
        description="Further hosts (`host` or `host:port`) that a redirect of the vendor may lead to. By "
        "default it may lead to the vendor's own hosts only, and never from https to http.",
    )
    attempts: int = Field(3, ge=1, le=10, description="Attempts of a request, the first included.")
    breaker: BreakerSettings = Field(BreakerSettings(), description="Circuit breaker of the vendor.")
    stale_if_error_seconds: float = Field(
        _DAY,
        ge=0,
        description="How long beyond its TTL an answer may be used when no newer one can be had; the "
        "outcome is then `degraded`.",
    )
    exchange_timeout_seconds: _OperationSeconds = Field(
        60.0, description="Timeout of one request with its whole body."
    )
    connect_timeout_seconds: _OperationSeconds = Field(5.0, description="Timeout of opening a connection.")
    read_timeout_seconds: _OperationSeconds = Field(10.0, description="Timeout of one receive operation.")
    max_body_bytes: int = Field(20_000_000, ge=1_000, description="Largest body, after decompression.")
    repeatable_posts: list[str] = Field(
        [], description="Globs of POST endpoints that are safe to send twice."
    )
    quota_redis_url_env: EnvName | None = Field(
        None,
        description="Environment variable with the address of a Redis (`redis://host:6379/0`; needs the "
        "extra `redis`) that holds the quota of several machines. None: the `state_dir`.",
    )


class AlphaVantageSettings(VendorSettings):
    """Alpha Vantage. The key goes into the query string, the vendor offers no other way.

    Rates of the free plan, from the vendor's support page: 25 a day, 1 a second. A premium plan has no daily
    limit: give its requests per minute instead, such as ``{"requests": 75, "seconds": 60}``.
    """

    base_url: Url = "https://www.alphavantage.co/query"
    api_key_env: EnvName = Field("ALPHA_VANTAGE_API_KEY", description="Environment variable of the key.")
    rates: list[RateSettings] = [RateSettings(requests=1, seconds=1), RateSettings(requests=25, seconds=_DAY)]
    ttl_seconds: Ttls = {
        "*function=TOP_GAINERS_LOSERS*": 600,
        "*function=NEWS_SENTIMENT*": 900,
        "*function=HISTORICAL_OPTIONS*": 21_600,
        "*function=EARNINGS_CALENDAR*": 21_600,
        "*function=LISTING_STATUS*": 43_200,
        "*function=OVERVIEW*": 86_400,
        "*function=TIME_SERIES_DAILY*": 3_600,
        "*function=SPLITS*": 86_400,
    }


class FinnhubSettings(VendorSettings):
    """Finnhub. The key goes into a header.

    Rates from finnhub.io/docs/api/rate-limit: 30 a second on every plan, 60 a minute on the free one.
    """

    base_url: Url = "https://finnhub.io/api/v1"
    api_key_env: EnvName = Field("FINNHUB_API_KEY", description="Environment variable of the key.")
    rates: list[RateSettings] = [RateSettings(requests=30, seconds=1), RateSettings(requests=60, seconds=60)]
    ttl_seconds: Ttls = {
        "/calendar/earnings*": 3_600,
        "/stock/recommendation*": 43_200,  # monthly snapshots
        "/stock/insider-transactions*": 3_600,
        "/stock/metric*": 21_600,
        "/stock/symbol*": 86_400,
        "/stock/profile2*": 86_400,
        "/company-news*": 600,
        "/news*": 300,
        "/quote*": 30,
    }


class RedditSettings(VendorSettings):
    """Reddit, through an OAuth client of the user's own.

    Rate from the Reddit Data API Wiki: 100 a minute for each OAuth client, averaged over ten minutes.
    """

    base_url: Url = "https://oauth.reddit.com"
    token_url: Url = Field("https://www.reddit.com", description="Address that grants OAuth tokens.")
    client_id_env: EnvName = Field("REDDIT_CLIENT_ID", description="Environment variable of the client's id.")
    client_secret_env: EnvName = Field(
        "REDDIT_CLIENT_SECRET", description="Environment variable of the client's secret."
    )
    user_agent_env: EnvName = Field(
        "REDDIT_USER_AGENT",
        description="Environment variable of the user agent: `<platform>:<app id>:<version> (by /u/<user>)`.",
    )
    rates: list[RateSettings] = [RateSettings(requests=100, seconds=60)]
    ttl_seconds: Ttls = {"/r/*": 300, "/comments/*": 300}
    stale_if_error_seconds: float = Field(21_600.0, ge=0)
    repeatable_posts: list[str] = ["/api/v1/access_token"]  # a second grant is only another token


class SecSettings(VendorSettings):
    """SEC EDGAR: no key, but requests must name the caller and an e-mail address.

    Rate from sec.gov, "Accessing EDGAR data": 10 a second over all machines of a user.
    """

    base_url: Url = "https://www.sec.gov"
    user_agent_env: EnvName = Field(
        "SEC_EDGAR_USER_AGENT",
        description="Environment variable of the user agent: `Company Name admin@company.com`.",
    )
    rates: list[RateSettings] = [RateSettings(requests=10, seconds=1)]
    ttl_seconds: Ttls = {
        "/Archives/edgar/data/*": 2_592_000,  # a filing never changes
        "/Archives/edgar/daily-index/*": 21_600,
        "/Archives/edgar/full-index/*": 21_600,
        "/cgi-bin/browse-edgar*": 60,
        "/files/*": 86_400,
    }
    exchange_timeout_seconds: _OperationSeconds = 120.0
    max_body_bytes: int = Field(50_000_000, ge=1_000)


class FinraSettings(VendorSettings):
    """FINRA's public files: no key, no published limit; gentler than what the SEC requests."""

    base_url: Url = "https://cdn.finra.org"
    rates: list[RateSettings] = [RateSettings(requests=8, seconds=1)]
    ttl_seconds: Ttls = {
        "/equity/regsho/daily/*": 21_600,  # a file may be replaced later that day
        "/equity/otcmarket/biweekly/*": 21_600,
    }


class NasdaqSettings(VendorSettings):
    """Nasdaq Trader's symbol directory: no key, no published limit; two files a day."""

    base_url: Url = "https://www.nasdaqtrader.com"
    rates: list[RateSettings] = [RateSettings(requests=2, seconds=1)]
    ttl_seconds: Ttls = {"/dynamic/SymDir/*": 43_200}
    stale_if_error_seconds: float = Field(604_800.0, ge=0)


class YahooSettings(VendorSettings):
    """Yahoo's chart endpoint: no key, no documentation, for personal use; read by ``bars update`` alone.

    No published limit; faster callers are blocked for minutes to hours.
    """

    base_url: Url = "https://query2.finance.yahoo.com"
    rates: list[RateSettings] = [RateSettings(requests=1, seconds=2)]
    ttl_seconds: Ttls = {"/v8/finance/chart/*": 900}
    attempts: int = Field(2, ge=1, le=10)
    breaker: BreakerSettings = BreakerSettings(reset_after_seconds=300)
    stale_if_error_seconds: float = Field(0.0, ge=0)  # yesterday's bars are in the store already
    read_timeout_seconds: _OperationSeconds = 15.0


class CustomVendorSettings(VendorSettings):
    """A vendor of your own, under any other name; scanners use it by ``self.vendors.session(name)``.

    With ``api_key_env``, either ``api_key_header`` or ``api_key_parameter`` names the place of the key.
    """

    api_key_env: EnvName | None = Field(None, description="Environment variable of the key. None: no key.")
    api_key_header: str | None = Field(
        None,
        pattern=r"^[0-9A-Za-z!#$%&'*+.^_`|~-]+$",
        description="Request header that takes the key, such as `Authorization`.",
    )
    api_key_prefix: str = Field(
        "",
        pattern=r"^[ -~]*$",
        description="Text before the key in that header, such as `Bearer ` with its space.",
    )
    api_key_parameter: str | None = Field(
        None,
        min_length=1,
        description="Query parameter that takes the key, where the vendor takes no header.",
    )

    @model_validator(mode="after")
    def _key_has_one_place(self) -> Self:
        places = [self.api_key_header, self.api_key_parameter]
        if len(places) - places.count(None) != (self.api_key_env is not None):
            raise ValueError(
                "api_key_env takes either api_key_header or api_key_parameter, and neither without it"
            )
        if self.api_key_prefix and self.api_key_header is None:
            raise ValueError("api_key_prefix is for api_key_header")
        return self


class VendorsSettings(Settings):
    """``vendors``: one section for each vendor; other names are vendors of your own, with a ``base_url``.

    A name of your own has at most 40 lower-case letters, digits, ``_`` and ``-``: files are named after it.
    """

    __pydantic_extra__: dict[str, CustomVendorSettings]
    model_config = ConfigDict(extra="allow")

    alpha_vantage: AlphaVantageSettings = AlphaVantageSettings()
    finnhub: FinnhubSettings = FinnhubSettings()
    reddit: RedditSettings = RedditSettings()
    sec: SecSettings = SecSettings()
    finra: FinraSettings = FinraSettings()
    nasdaq: NasdaqSettings = NasdaqSettings()
    yahoo: YahooSettings = YahooSettings()

    @model_validator(mode="after")
    def _names_fit_files(self) -> Self:
        for name in self.__pydantic_extra__ or {}:
            if not _VENDOR_NAME.fullmatch(name):
                raise ValueError(
                    f"the vendor name {name!r} has other characters than a-z, 0-9, _ and -, or is too long"
                )
        return self

    def by_name(self) -> dict[str, VendorSettings]:
        """Return the section of each vendor, those of your own last."""
        built_in = {name: getattr(self, name) for name in type(self).model_fields}
        return {**built_in, **(self.__pydantic_extra__ or {})}

    def beyond_loopback(self) -> list[str]:
        """Return ``vendor.key`` of each address that is not on this machine."""
        return [
            f"{vendor}.{key}"
            for vendor, settings in self.by_name().items()
            for key, value in settings
            if key.endswith("_url") and not is_loopback(value)
        ]
