"""A key is sent to its vendor and appears nowhere else: not in logs, errors, responses or files."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import urllib3

from tests.net.vendor_server import Handler, VendorServer
from tradingagents.discovery.model.errors import FetchError
from tradingagents.discovery.net import Credentials, FetchSession, note_of

OpenSession = Callable[..., FetchSession]
KEY = "k3y-0f-a-us3r"
UNKNOWN = "0ther-k3y-n0body-registered"
IN_QUERY = Credentials(params={"apikey": KEY})
IN_HEADER = Credentials(headers={"X-Finnhub-Token": KEY})
HOUR = {"*": 3600.0}


@pytest.fixture(autouse=True)
def everything_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)


@pytest.fixture
def other_host() -> Iterator[VendorServer]:
    running = VendorServer()
    yield running
    running.stop()


def files_hold(key: str, folder: Path) -> bool:
    return any(key.encode() in path.read_bytes() for path in folder.rglob("*") if path.is_file())


def our_logs(caplog: pytest.LogCaptureFixture) -> str:
    return "\n".join(
        record.getMessage() for record in caplog.records if record.name.startswith("tradingagents")
    )


@pytest.mark.parametrize("credentials", [IN_QUERY, IN_HEADER])
def test_only_the_vendor_receives_the_key(
    credentials: Credentials,
    server: VendorServer,
    open_session: OpenSession,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    server.script = lambda handler: handler.answer(200, {"a": 1})
    session = open_session("alpha_vantage", credentials=credentials, state_dir=tmp_path, ttl_seconds=HOUR)
    responses = [session.fetch(f"{server.url}/query?function=OVERVIEW") for _ in range(2)]
    hit = server.hits[0]
    assert KEY in hit.path + str(hit.headers)
    for response in responses:
        assert KEY not in response.url
        assert KEY not in str(response.request.url)
        assert KEY not in str(response.request.headers)
        assert KEY not in repr(note_of(response))
    session.close()
    assert not files_hold(KEY, tmp_path)
    assert KEY not in caplog.text
    assert KEY not in repr(credentials)


def test_a_key_in_a_clients_own_url_is_not_kept_in_files_or_in_our_logs(
    server: VendorServer, open_session: OpenSession, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Nor one in a redirect: the history, with the first URL, is not stored."""

    def script(handler: Handler) -> None:
        if handler.path.startswith("/old"):
            handler.answer(302, b"", Location=f"/new?apikey={UNKNOWN}", Set_Cookie="session=c00kie")
        else:
            handler.answer(200, {"a": 1}, Set_Cookie="session=c00kie")

    server.script = script
    session = open_session(state_dir=tmp_path, ttl_seconds=HOUR)
    for _ in range(2):
        session.fetch(f"{server.url}/old?token={UNKNOWN}", headers={"Authorization": f"bearer {UNKNOWN}"})
    session.close()
    assert len(server.hits) == 2
    assert not files_hold(UNKNOWN, tmp_path)
    assert b"c00kie" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert UNKNOWN not in our_logs(caplog)


@pytest.mark.parametrize("credentials", [IN_QUERY, Credentials(headers={"Authorization": f"Bearer {KEY}"})])
@pytest.mark.parametrize("where", ["body", "header"])
def test_an_answer_that_repeats_the_key_is_not_kept(
    where: str, credentials: Credentials, server: VendorServer, open_session: OpenSession, tmp_path: Path
) -> None:
    """As a link to the next page may, with HTTP 200."""
    link = f"{server.url}/quote?page=2&apikey={KEY}"

    def script(handler: Handler) -> None:
        if where == "body":
            handler.answer(200, {"next": link})
        else:
            handler.answer(200, {"a": 1}, Link=f'<{link}>; rel="next"')

    server.script = script
    session = open_session(credentials=credentials, state_dir=tmp_path, ttl_seconds=HOUR)
    for _ in range(2):
        assert session.fetch(f"{server.url}/quote").ok
    session.close()
    assert len(server.hits) == 2
    assert not files_hold(KEY, tmp_path)


def test_a_redirect_to_another_host_carries_no_key(
    server: VendorServer, other_host: VendorServer, open_session: OpenSession
) -> None:
    server.script = lambda handler: handler.answer(302, b"", Location=f"{other_host.url}/elsewhere")
    other_host.script = lambda handler: handler.answer(200, {"a": 1})
    both = Credentials(params={"apikey": KEY}, headers={"X-Finnhub-Token": KEY})
    allowed = [other_host.url.rpartition("/")[2]]
    open_session(credentials=both, redirect_hosts=allowed).fetch(f"{server.url}/quote")
    assert KEY in server.hits[0].path
    assert KEY not in other_host.hits[0].path + str(other_host.hits[0].headers)


def echo(handler: Handler) -> None:
    key = handler.path.rpartition("=")[2]
    text = f"We have detected your API key as {key} and our standard API rate limit is 25 requests per day."
    handler.answer(200, {"Information": text})


def refuse(handler: Handler) -> None:
    handler.answer(401, {"error": f"Invalid API key {handler.path.rpartition('=')[2]}"})


def cut(handler: Handler) -> None:
    handler.close_connection = True
    handler.head_only(Content_Length="100")


def hang(handler: Handler) -> None:
    handler.server.over.wait(0.5)


def circle(handler: Handler) -> None:
    handler.answer(302, b"", Location=handler.path)


@pytest.mark.parametrize("script", [echo, refuse, cut, hang, circle])
@pytest.mark.parametrize(
    ("credentials", "query", "key"), [(IN_QUERY, "", KEY), (None, f"?apikey={UNKNOWN}", UNKNOWN)]
)
def test_no_error_shows_the_key(
    script: Callable[[Handler], None],
    credentials: Credentials | None,
    query: str,
    key: str,
    server: VendorServer,
    open_session: OpenSession,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    server.script = script
    session = open_session(
        "alpha_vantage",
        credentials=credentials,
        state_dir=tmp_path,
        ttl_seconds=HOUR,
        read_timeout_seconds=0.1,
    )
    with pytest.raises(FetchError) as raised:
        session.fetch(f"{server.url}/query{query}")
    session.close()
    shown = "".join(traceback.format_exception(raised.value))
    assert server.hits[0].path.endswith(key)
    assert key not in shown + repr(raised.value) + str(raised.value.__dict__)
    assert key not in (our_logs(caplog) if credentials is None else caplog.text)
    assert not files_hold(key, tmp_path)


def test_a_refused_connection_does_not_show_the_key(
    open_session: OpenSession, caplog: pytest.LogCaptureFixture
) -> None:
    session = open_session(base_url="http://127.0.0.1:9", credentials=IN_QUERY)
    with pytest.raises(FetchError) as raised:
        session.get("http://127.0.0.1:9/query")
    assert KEY not in "".join(traceback.format_exception(raised.value))
    assert KEY not in caplog.text


def repeat_the_key(handler: Handler) -> None:
    """Redirect to the requested URL under another path, key included, and answer there."""
    if handler.path.startswith("/new"):
        handler.answer(200, {"a": 1})
    else:
        handler.answer(302, b"", Location=f"/new{handler.path}")


def test_a_key_that_the_vendor_repeats_in_a_redirect_is_sent_once_and_not_logged(
    server: VendorServer, open_session: OpenSession, caplog: pytest.LogCaptureFixture
) -> None:
    server.script = repeat_the_key
    response = open_session(credentials=IN_QUERY).fetch(f"{server.url}/query?function=A&symbol=B%26C")
    assert [hit.path for hit in server.hits] == [
        f"/query?function=A&symbol=B%26C&apikey={KEY}",
        f"/new/query?function=A&symbol=B%26C&apikey={KEY}",
    ]
    assert response.url == f"{server.url}/new/query?function=A&symbol=B%26C"
    assert KEY not in caplog.text


def test_a_header_of_the_same_name_is_replaced_whatever_its_case() -> None:
    """As requests adds one from a ``.netrc`` file."""
    key = Credentials(headers={"authorization": f"Bearer {KEY}"})
    _, headers = key.sign("/quote", {"Authorization": "Basic b3RoZXI=", "Accept": "*/*"})
    assert headers == {"Accept": "*/*", "authorization": f"Bearer {KEY}"}


def test_the_logs_of_the_hosts_own_urllib3_are_not_changed(
    server: VendorServer, open_session: OpenSession, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Our calls are logged by urllib3 and requests-cache too, without the key."""
    session = open_session(credentials=IN_QUERY, state_dir=tmp_path, ttl_seconds=HOUR)
    session.fetch(f"{server.url}/query?function=A")
    logged = {record.name for record in caplog.records if "/query?function=A" in record.getMessage()}
    assert "urllib3.connectionpool" in logged
    assert KEY not in caplog.text
    caplog.clear()
    with urllib3.PoolManager() as host:
        host.request("GET", f"{server.url}/host?apikey={KEY}")
    (record,) = [record for record in caplog.records if "/host" in record.getMessage()]
    assert f"/host?apikey={KEY}" in record.getMessage()
    assert record.args
    assert record.msg == '%s://%s:%s "%s %s %s" %s %s'
    for name in ("urllib3.connectionpool", "urllib3.util.retry", "requests_cache.policy.expiration"):
        assert not logging.getLogger(name).filters
