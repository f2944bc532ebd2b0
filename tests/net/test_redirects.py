"""A redirect stays with the vendor; netrc adds nothing; broken headers are errors of ours."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.net.made import vendor
from tests.net.vendor_server import VendorServer
from tradingagents.discovery.model.errors import BadPayload, DiscoveryError, Permanent
from tradingagents.discovery.net import FetchSession
from tradingagents.discovery.net.redirects import check_redirect

OpenSession = Callable[..., FetchSession]
SEC = vendor("sec", "https://www.sec.gov")


@pytest.mark.parametrize(
    ("url", "location"),
    [
        ("https://finnhub.io/api/v1/quote", "/api/v2/quote"),
        ("https://finnhub.io/api/v1/quote", "https://finnhub.io/other"),
        ("https://finnhub.io/api/v1/quote", "https://finnhub.io:443/other"),
        ("https://finnhub.io/api/v1/quote", "//FINNHUB.io/other"),
        ("https://finnhub.io/api/v1/quote", "?page=2"),
    ],
)
def test_a_redirect_within_the_host_is_allowed(url: str, location: str) -> None:
    check_redirect(vendor("finnhub", "https://finnhub.io/api/v1"), url, location)


@pytest.mark.parametrize(
    "location",
    [
        "https://evil.example/",
        "http://finnhub.io/api/v1/quote",
        "https://finnhub.io:8443/",
        "https://finnhub.io.evil.example/",
        "https://finnhub.io@evil.example/",
        "http://127.0.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "//10.0.0.1/admin",
        "ftp://finnhub.io/",
        "file:///etc/passwd",
    ],
)
def test_any_other_is_refused_with_both_ends_named(location: str) -> None:
    made = vendor("finnhub", "https://finnhub.io/api/v1")
    with pytest.raises(Permanent, match="redirects from"):
        check_redirect(made, "https://finnhub.io/api/v1/quote", location)


@pytest.mark.parametrize("location", ["http://[::1", "https://finnhub.io:99999999/", "https://[finnhub]/x"])
def test_no_address_is_a_bad_payload(location: str) -> None:
    made = vendor("finnhub", "https://finnhub.io/api/v1")
    with pytest.raises(BadPayload, match="not an address"):
        check_redirect(made, "https://finnhub.io/api/v1/quote", location)


@pytest.mark.parametrize("allowed", ["cdn.finnhub.io", "cdn.finnhub.io:443"])
def test_a_setting_allows_a_host(allowed: str) -> None:
    made = vendor("finnhub", "https://finnhub.io/api/v1", redirect_hosts=[allowed])
    check_redirect(made, "https://finnhub.io/api/v1/quote", "https://cdn.finnhub.io/file")
    with pytest.raises(Permanent):
        check_redirect(made, "https://finnhub.io/api/v1/quote", "https://cdn.example.com/file")


@pytest.mark.parametrize(
    "location", ["http://[::1", "http://127.0.0.2:1/x", "https://localhost/x", "http://:::/"]
)
def test_a_session_does_not_follow_it(location: str, server: VendorServer, open_session: OpenSession) -> None:
    server.script = lambda handler: handler.answer(302, b"", Location=location)
    with pytest.raises(DiscoveryError) as caught:
        open_session().get(f"{server.url}/quote")
    assert isinstance(caught.value, Permanent | BadPayload)
    assert len(server.hits) == 1


@pytest.mark.parametrize("digits", ["9" * 4_301, "1" + "0" * 5_000, "9" * 19, "0" * 4_400])
def test_a_length_of_any_number_of_digits_is_read(
    digits: str, server: VendorServer, open_session: OpenSession
) -> None:
    def script(handler: Any) -> None:
        handler.close_connection = True
        handler.head_only(Content_Length=digits)

    server.script = script
    with pytest.raises(DiscoveryError):
        open_session(attempts=1).fetch(f"{server.url}/quote")


@pytest.mark.parametrize("entry", ["machine 127.0.0.1", "default"])
def test_a_netrc_adds_no_credentials(
    entry: str,
    server: VendorServer,
    open_session: OpenSession,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text(f"{entry} login me password s3cret-of-netrc\n")
    monkeypatch.setenv("NETRC", str(netrc))
    session = open_session()
    session.trust_env = True  # as for a vendor that is not on this machine
    session.fetch(f"{server.url}/quote")
    session.get(f"{server.url}/quote", headers={"Authorization": "bearer of-the-vendor"})
    sent = [hit.headers.get("Authorization") for hit in server.hits]
    assert sent == [None, "bearer of-the-vendor"]


@pytest.mark.parametrize("own", [None, "bearer of-the-vendor"])
def test_a_netrc_adds_none_to_a_redirect_either(
    own: str | None,
    server: VendorServer,
    open_session: OpenSession,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login me password s3cret-of-netrc\n")
    monkeypatch.setenv("NETRC", str(netrc))

    def script(handler: Any) -> None:
        moved = handler.path.endswith("/quote")
        handler.answer(302 if moved else 200, b"{}", **({"Location": "/moved"} if moved else {}))

    server.script = script
    session = open_session()
    session.trust_env = True
    session.get(f"{server.url}/quote", headers={} if own is None else {"Authorization": own})
    assert [hit.headers.get("Authorization") for hit in server.hits] == [own, own]
