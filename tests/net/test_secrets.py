"""A key is on the wire to its vendor and nowhere else."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.net.vendor_server import Handler, VendorServer
from tradingagents.discovery.model.errors import FetchError
from tradingagents.discovery.net import Credentials, FetchSession, note_of
from tradingagents.discovery.net.log_filter import RedactSecrets

OpenSession = Callable[..., FetchSession]
KEY = "k3y-0f-a-us3r"
UNKNOWN = "0ther-k3y-n0body-registered"
IN_QUERY = Credentials(params={"apikey": KEY})
IN_HEADER = Credentials(headers={"X-Finnhub-Token": KEY})
HOUR = (("*", 3600.0),)


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


@pytest.mark.parametrize("credentials", [IN_QUERY, IN_HEADER])
def test_the_vendor_gets_the_key_and_nobody_else_does(
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


def test_a_key_that_a_client_puts_on_itself_is_not_kept_either(
    server: VendorServer, open_session: OpenSession, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A redirect too: its history, with the first URL, is not stored."""

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
    assert UNKNOWN not in caplog.text


def test_a_redirect_to_another_host_takes_no_key_along(
    server: VendorServer, other_host: VendorServer, open_session: OpenSession
) -> None:
    server.script = lambda handler: handler.answer(302, b"", Location=f"{other_host.url}/elsewhere")
    other_host.script = lambda handler: handler.answer(200, {"a": 1})
    both = Credentials(params={"apikey": KEY}, headers={"X-Finnhub-Token": KEY})
    open_session(credentials=both).fetch(f"{server.url}/quote")
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
    assert key not in caplog.text
    assert not files_hold(key, tmp_path)


def test_a_refused_connection_does_not_show_the_key(
    open_session: OpenSession, caplog: pytest.LogCaptureFixture
) -> None:
    session = open_session(base_urls=("http://127.0.0.1:9",), credentials=IN_QUERY)
    with pytest.raises(FetchError) as raised:
        session.get("http://127.0.0.1:9/query")
    assert KEY not in "".join(traceback.format_exception(raised.value))
    assert KEY not in caplog.text


def test_a_traceback_in_a_library_log_is_redacted(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("tests.net.library")
    guard = RedactSecrets()
    logger.addFilter(guard)
    try:
        raise ValueError(f"url=/query?apikey={UNKNOWN}")
    except ValueError:
        logger.warning("failed %s", f"apikey={UNKNOWN}", exc_info=True)
    finally:
        logger.removeFilter(guard)
    assert "ValueError" in caplog.text
    assert UNKNOWN not in caplog.text
