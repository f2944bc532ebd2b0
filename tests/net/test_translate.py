"""Foreign exceptions are translated, and ours are none that a client library retries."""

from __future__ import annotations

import errno
import pickle
from collections.abc import Callable

import prawcore
import pytest
import requests
import tenacity
import urllib3.exceptions
from urllib3.connection import HTTPConnection

from tests.net.vendor_server import Handler, VendorServer
from tradingagents.discovery.model import errors
from tradingagents.discovery.model.errors import BadPayload, FetchError, Permanent, Transient
from tradingagents.discovery.net import FetchSession
from tradingagents.discovery.net.translate import TRANSPORT_ERRORS, translate
from tradingagents.discovery.net.transport.wire import BodyTooLarge, ExchangeTooLong

OpenSession = Callable[..., FetchSession]


def family(root: type[BaseException]) -> list[type[BaseException]]:
    found = {root}
    for child in root.__subclasses__():
        found |= set(family(child))
    return sorted(
        (kind for kind in found if not issubclass(kind, Warning)), key=lambda kind: kind.__qualname__
    )


WORTH_ANOTHER_ATTEMPT = {
    "ChunkedEncodingError", "ConnectTimeout", "ConnectionError", "HTTPError", "ProxyError", "ReadTimeout",
    "RequestException", "RetryError", "SSLError", "Timeout",
}  # fmt: skip
WRONG_ANSWER = {"ContentDecodingError", "TooManyRedirects", "JSONDecodeError", "InvalidJSONError"}


@pytest.mark.parametrize(
    "kind", [kind for kind in family(requests.RequestException) if kind.__module__ == "requests.exceptions"]
)
def test_every_exception_of_requests_is_one_of_ours(kind: type[requests.RequestException]) -> None:
    given = kind("why", "doc", 0) if kind is requests.exceptions.JSONDecodeError else kind("why")
    ours = translate("finnhub", given)
    name = kind.__name__
    assert type(ours) is (
        Transient if name in WORTH_ANOTHER_ATTEMPT else BadPayload if name in WRONG_ANSWER else Permanent
    )


@pytest.mark.parametrize(
    "kind", [kind for kind in family(urllib3.exceptions.HTTPError) if kind.__module__ == "urllib3.exceptions"]
)
def test_every_exception_of_urllib3_is_caught_and_is_one_of_ours(
    kind: type[urllib3.exceptions.HTTPError],
) -> None:
    error = kind.__new__(kind)
    assert isinstance(error, TRANSPORT_ERRORS)
    assert isinstance(translate("finnhub", error), FetchError)


@pytest.mark.parametrize("number", [errno.ECONNRESET, errno.ECONNREFUSED, errno.EPIPE, errno.EHOSTUNREACH])
def test_a_socket_error_is_transient(number: int) -> None:
    import os

    ours = translate("finnhub", OSError(number, os.strerror(number)))
    assert isinstance(ours, Transient)
    assert os.strerror(number).lower() in ours.message


@pytest.mark.parametrize(
    ("own", "kind"), [(BodyTooLarge("too long"), BadPayload), (ExchangeTooLong("too slow"), Transient)]
)
def test_internal_errors_are_translated(own: Exception, kind: type[FetchError]) -> None:
    assert type(translate("finnhub", own)) is kind


def test_the_url_in_a_foreign_message_is_not_copied() -> None:
    pool = urllib3.HTTPConnectionPool("finnhub.io")
    cause = urllib3.exceptions.NewConnectionError(HTTPConnection("finnhub.io"), "Failed to establish")
    cause.__cause__ = ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")
    foreign = requests.ConnectionError(
        urllib3.exceptions.MaxRetryError(pool, "/quote?token=SECRETKEY", cause), request=None
    )
    assert "SECRETKEY" in str(foreign)
    assert str(translate("finnhub", foreign)) == "finnhub: connection trouble (connection refused)"


@pytest.mark.parametrize(
    "kind", [kind for kind in family(errors.DiscoveryError) if kind.__module__.startswith("tradingagents.")]
)
def test_no_error_of_ours_is_retried_by_a_client_library(kind: type[Exception]) -> None:
    assert not issubclass(kind, OSError | prawcore.Session.RETRY_EXCEPTIONS[0] | requests.RequestException)
    assert not issubclass(kind, prawcore.Session.RETRY_EXCEPTIONS)
    assert not issubclass(kind, tenacity.TryAgain)


def test_our_errors_can_be_pickled() -> None:
    error = translate("finnhub", requests.ReadTimeout("slow"))
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.vendor) == (Transient, str(error), "finnhub")


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("ftp://127.0.0.1/x", Permanent),
        ("http://", Permanent),
        ("nonsense", Permanent),
        ("http://[::bad/x", Permanent),
    ],
)
def test_an_invalid_url_is_one_of_our_errors(
    url: str, kind: type[FetchError], open_session: OpenSession
) -> None:
    with pytest.raises(kind, match="cannot be sent"):
        open_session().get(url)


def test_a_redirect_loop_ends_in_one_of_our_errors(server: VendorServer, open_session: OpenSession) -> None:
    server.script = lambda handler: handler.answer(302, b"", Location="/again")
    with pytest.raises(BadPayload, match="too many redirects"):
        open_session().get(f"{server.url}/quote")
    assert len(server.hits) == 6


def test_a_redirect_to_an_unknown_scheme_is_one_of_our_errors(
    server: VendorServer, open_session: OpenSession
) -> None:
    server.script = lambda handler: handler.answer(302, b"", Location="gopher://127.0.0.1/")
    with pytest.raises(Permanent):
        open_session().get(f"{server.url}/quote")


def garbage(handler: Handler) -> None:
    handler.close_connection = True
    handler.wfile.write(b"\x00\x01\x02 nothing like HTTP\r\n\r\n")


def endless_header(handler: Handler) -> None:
    handler.close_connection = True
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000 + b"\r\n\r\n")


def many_headers(handler: Handler) -> None:
    handler.close_connection = True
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500 + b"\r\n")


def bad_chunk(handler: Handler) -> None:
    handler.close_connection = True
    handler.head_only(Transfer_Encoding="chunked")
    handler.wfile.write(b"zz\r\nhello\r\n0\r\n\r\n")


def bad_length(handler: Handler) -> None:
    handler.close_connection = True
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: minus seven\r\nConnection: close\r\n\r\nhello")


def close_at_once(handler: Handler) -> None:
    handler.close_connection = True
    handler.connection.close()


@pytest.mark.parametrize("script", [garbage, endless_header, many_headers, bad_chunk, close_at_once])
def test_broken_http_is_transient(
    script: Callable[[Handler], None], server: VendorServer, open_session: OpenSession
) -> None:
    server.script = script
    with pytest.raises(Transient):
        open_session("nasdaq").get(f"{server.url}/quote")


def test_an_invalid_length_is_ignored(server: VendorServer, open_session: OpenSession) -> None:
    server.script = bad_length
    assert open_session("nasdaq").fetch(f"{server.url}/quote").text == "hello"
