"""What a vendor's settings mean for one URL."""

from __future__ import annotations

import pytest

from tests.net.made import vendor
from tradingagents.discovery.net import Vendor
from tradingagents.discovery.settings.vendors import RedditSettings, VendorsSettings

REDDIT = Vendor(
    "reddit", RedditSettings(base_url="https://oauth.example/api", token_url="https://www.example")
)


@pytest.mark.parametrize("name", list(VendorsSettings().by_name()))
def test_every_built_in_vendor_has_a_pace_retries_and_an_address(name: str) -> None:
    made = Vendor(name, VendorsSettings().by_name()[name])
    assert made.settings.rates
    assert made.settings.attempts >= 2
    assert made.base_urls[0] == made.settings.base_url
    assert not made.on_this_machine


def test_every_address_among_the_settings_is_the_vendors() -> None:
    assert REDDIT.base_urls == ("https://oauth.example/api", "https://www.example")
    assert REDDIT.owns("https://www.example/token")
    assert REDDIT.endpoint("https://www.example//token?a=1") == "/token?a=1"


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
    assert vendor("v", "https://v.example/api").owns(url) is owned


@pytest.mark.parametrize(
    ("url", "absolute"),
    [
        ("/quote?symbol=X", "https://v.example/api/quote?symbol=X"),
        ("?function=OVERVIEW", "https://v.example/api?function=OVERVIEW"),
        ("https://other.example/quote", "https://other.example/quote"),
        ("//other.example/quote", "//other.example/quote"),
        ("quote", "quote"),
    ],
)
def test_a_path_or_a_query_alone_is_below_the_base_url(url: str, absolute: str) -> None:
    assert vendor("v", "https://v.example/api/").absolute(url) == absolute


def test_the_first_glob_that_matches_sets_the_ttl() -> None:
    made = vendor("v", "https://v.example/api", ttl_seconds={"/quote*": 30, "*symbol=A*": 60})
    urls = ["/quote?symbol=A", "/news?symbol=A", "/news?symbol=B"]
    assert [made.ttl_of(made.absolute(url)) for url in urls] == [30, 60, 0]
    assert made.ttl_of("https://other.example/api/quote") == 0


def test_only_reads_and_the_configured_posts_may_be_sent_twice() -> None:
    assert REDDIT.may_repeat("GET", "https://oauth.example/api/anything")
    assert REDDIT.may_repeat("POST", "https://www.example/api/v1/access_token")
    assert not REDDIT.may_repeat("POST", "https://www.example/api/v1/comment")
    assert not REDDIT.may_repeat("DELETE", "https://www.example/api/v1/access_token")


@pytest.mark.parametrize(
    ("base", "token", "here"),
    [
        ("http://127.0.0.1:9/x", "http://127.0.0.1:9", True),
        ("http://localhost:9", "http://[::1]:9", True),
        ("http://127.0.0.1:9", "https://v.example", False),
    ],
)
def test_a_sandbox_is_recognised_by_its_addresses(base: str, token: str, here: bool) -> None:
    assert Vendor("v", RedditSettings(base_url=base, token_url=token)).on_this_machine is here


def test_the_files_of_a_sandbox_are_not_those_of_the_vendor() -> None:
    urls = ("https://v.example/api", "http://127.0.0.1:81/v", "http://[::1]:82/v")
    assert [vendor("v", url).file_stem for url in urls] == ["v", "v@127.0.0.1_81", "v@_1_82"]
