"""A vendor's settings become a policy, and what cannot work is refused with its name."""

from __future__ import annotations

from typing import Any

import pytest

from tradingagents.default_config import DEFAULT_CONFIG
from tradingagents.discovery.model.errors import ConfigError
from tradingagents.discovery.net import BreakerPolicy, Rate, VendorPolicy

VENDORS: dict[str, Any] = DEFAULT_CONFIG["discovery"]["vendors"]


@pytest.mark.parametrize("name", list(VENDORS))
def test_the_defaults_of_every_vendor_are_a_policy(name: str) -> None:
    policy = VendorPolicy.from_settings(name, VENDORS[name])
    assert policy.rates
    assert policy.attempts >= 2
    assert policy.base_urls == tuple(url for key, url in VENDORS[name].items() if key.endswith("_url"))


def test_every_setting_arrives() -> None:
    policy = VendorPolicy.from_settings(
        "v",
        {
            "base_url": "https://v.example/api",
            "token_url": "https://t.example",
            "api_key_env": "IGNORED",
            "rates": [{"requests": 5, "seconds": 1}],
            "ttl_seconds": {"/quote*": 60},
            "breaker": {"fail_max": 2, "reset_after_seconds": 9},
            "attempts": 4,
            "connect_timeout_seconds": 1,
            "read_timeout_seconds": 2,
            "exchange_timeout_seconds": 3,
            "max_body_bytes": 4,
            "stale_if_error_seconds": 7,
            "repeatable_posts": ["/token"],
        },
    )
    assert policy == VendorPolicy(
        "v",
        ("https://v.example/api", "https://t.example"),
        (Rate(5, 1),),
        (("/quote*", 60),),
        4, 1, 2, 3, 4,
        BreakerPolicy(2, 9),
        7,
        ("/token",),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"base_urls": ()}, "v: base_url"),
        ({"base_urls": ("nonsense",)}, "v: base_url"),
        ({"attempts": 0}, "v.attempts"),
        ({"read_timeout_seconds": float("nan")}, "v.read_timeout_seconds"),
        ({"exchange_timeout_seconds": float("inf")}, "v.exchange_timeout_seconds"),
        ({"max_body_bytes": -1}, "v.max_body_bytes"),
        ({"breaker": BreakerPolicy(0, 1.0)}, "v.breaker.fail_max"),
        ({"rates": (Rate(0, 1.0),)}, "v.rates"),
        ({"rates": (Rate(1, 0.0),)}, "v.rates"),
    ],
)
def test_an_invalid_value_is_refused_by_name(wrong: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigError, match=f"^{named}"):
        VendorPolicy(**({"name": "v", "base_urls": ("https://v.example",)} | wrong))


@pytest.mark.parametrize(
    ("url", "owned"),
    [
        ("https://v.example/api", True),
        ("https://V.example/api/quote?x=1", True),
        ("https://v.example/apiary", False),
        ("https://v.example/", False),
        ("http://v.example/api", False),
        ("https://v.example.evil.example/api", False),
        ("https://v.example@evil.example/api", False),
        ("https://v.example:8443/api", False),
    ],
)
def test_only_the_vendors_own_address_is_its_own(url: str, owned: bool) -> None:
    assert VendorPolicy("v", ("https://v.example/api",)).owns(url) is owned


@pytest.mark.parametrize(
    ("urls", "here"),
    [
        (("http://127.0.0.1:9/x",), True),
        (("http://localhost:9", "http://[::1]:9"), True),
        (("http://127.0.0.1:9", "https://v.example"), False),
    ],
)
def test_a_sandbox_is_recognised_by_its_addresses(urls: tuple[str, ...], here: bool) -> None:
    assert VendorPolicy("v", urls).on_this_machine is here


def test_a_sandboxes_files_are_not_the_vendors() -> None:
    names = [
        VendorPolicy("v", (url,)).file_stem
        for url in ("https://v.example/api", "http://127.0.0.1:81/v", "http://[::1]:82/v")
    ]
    assert names == ["v", "v@127.0.0.1_81", "v@_1_82"]
