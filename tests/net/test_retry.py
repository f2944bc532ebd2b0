"""Retries only where it is safe, with jitter, within the deadline, and counted by reason."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict

from tests.net.made import circuit, rate
from tests.net.vendor_server import PATIENCE, Handler, VendorServer
from tests.timing import time_allowance
from tradingagents.discovery.model.clock import Deadline, deadline_scope
from tradingagents.discovery.model.errors import Cancelled, RateLimited, Transient
from tradingagents.discovery.net import FetchSession, check, counting
from tradingagents.discovery.net.classify.common import limit_reset_seconds, retry_after_seconds
from tradingagents.discovery.net.retry import full_jitter

OpenSession = Callable[..., FetchSession]
NOW = datetime(2026, 3, 2, 14, 30, tzinfo=UTC)


def failing(status: int, **headers: str) -> Callable[[Handler], None]:
    return lambda handler: handler.answer(status, {"error": "x"}, **headers)


def fine(handler: Handler) -> None:
    handler.answer(200, {"a": 1})


def reset(handler: Handler) -> None:
    handler.close_connection = True
    handler.connection.close()


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (failing(503), "http_503"),
        (failing(500), "http_500"),
        (failing(522), "http_522"),
        (failing(429, Retry_After="0.02"), "rate_limited"),
        (reset, "connection"),
        (lambda handler: handler.server.over.wait(0.4), "timeout"),
    ],
)
def test_a_temporary_failure_is_retried_and_counted_by_reason(
    trouble: Callable[[Handler], None], reason: str, server: VendorServer, open_session: OpenSession
) -> None:
    server.answers(trouble, trouble, fine)
    session = open_session("nasdaq", attempts=3, read_timeout_seconds=0.15)
    counts: Counter[str] = Counter()
    with counting(lambda vendor, what, amount: counts.update({f"{vendor}.{what}": amount})):
        assert session.fetch(f"{server.url}/quote").json() == {"a": 1}
    assert counts["nasdaq.sent"] == 3
    assert counts[f"nasdaq.retried.{reason}"] == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_a_permanent_failure_is_not_retried(
    status: int, server: VendorServer, open_session: OpenSession
) -> None:
    server.script = failing(status)
    assert open_session(attempts=3).get(f"{server.url}/quote").status_code == status
    assert len(server.hits) == 1


def test_attempts_include_the_first_and_the_last_answer_is_returned(
    server: VendorServer, open_session: OpenSession
) -> None:
    server.script = failing(503)
    response = open_session(attempts=3).get(f"{server.url}/quote")
    assert response.status_code == 503
    with pytest.raises(Transient) as raised:
        check(response)
    assert raised.value.status == 503
    assert len(server.hits) == 3


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_only_safe_methods_are_sent_twice(
    method: str, server: VendorServer, open_session: OpenSession
) -> None:
    server.script = failing(503)
    assert open_session(attempts=3).request(method, f"{server.url}/orders").status_code == 503
    assert len(server.hits) == 1


def test_a_head_and_a_post_configured_as_repeatable_are_retried(
    server: VendorServer, open_session: OpenSession
) -> None:
    session = open_session(attempts=2, repeatable_posts=("/api/v1/access_token",))
    server.script = failing(503)
    session.head(f"{server.url}/quote")
    session.post(f"{server.url}/api/v1/access_token", data={"grant_type": "client_credentials"})
    session.post(f"{server.url}/other")
    assert Counter((hit.method, hit.path) for hit in server.hits) == {
        ("HEAD", "/quote"): 2,
        ("POST", "/api/v1/access_token"): 2,
        ("POST", "/other"): 1,
    }


def test_a_backoff_that_does_not_fit_is_not_begun(server: VendorServer, open_session: OpenSession) -> None:
    server.script = failing(503, Retry_After="30")
    counts: Counter[str] = Counter()
    started = time.monotonic()
    with deadline_scope(Deadline(2.0)), counting(lambda _, what, amount: counts.update({what: int(amount)})):
        assert open_session(attempts=3).get(f"{server.url}/quote").status_code == 503
    assert time.monotonic() - started < time_allowance(1.0)
    assert counts == {"sent": 1}


def test_a_cancel_ends_a_backoff(server: VendorServer, open_session: OpenSession) -> None:
    deadline = Deadline(PATIENCE * 3)

    def trouble(handler: Handler) -> None:
        handler.answer(503, {"error": "x"}, Retry_After="25")
        handler.wfile.flush()
        handler.server.over.wait(0.1)
        deadline.cancel()

    server.script = trouble
    started = time.monotonic()
    with deadline_scope(deadline), pytest.raises(Cancelled):
        open_session("nasdaq", attempts=3).get(f"{server.url}/quote")
    assert time.monotonic() - started < time_allowance(2.0)
    assert len(server.hits) == 1


def test_a_refused_retry_returns_the_failure_before_it(
    server: VendorServer, open_session: OpenSession
) -> None:
    """The circuit opens between two attempts: the caller gets the outage, not the open circuit."""
    server.script = failing(503)
    session = open_session(attempts=3, breaker=circuit(1, 60.0))
    assert session.get(f"{server.url}/quote").status_code == 503
    session = open_session(attempts=3, rates=(rate(1, 30.0),))
    with deadline_scope(Deadline(2.0)), pytest.raises(Transient):
        session.fetch(f"{server.url}/quote")
    assert len(server.hits) == 2


def test_every_attempt_takes_a_permit(server: VendorServer, open_session: OpenSession) -> None:
    server.script = failing(503)
    session = open_session(attempts=3, rates=(rate(1, 0.2),))
    session.get(f"{server.url}/quote")
    times = [hit.at for hit in server.hits]
    assert len(times) == 3
    assert min(later - earlier for earlier, later in itertools.pairwise(times)) >= 0.2


@given(attempt=st.integers(1, 2_000), base=st.floats(0.001, 10), cap=st.floats(0.001, 100))
def test_the_backoff_is_drawn_between_zero_and_a_doubling_cap(attempt: int, base: float, cap: float) -> None:
    ranges: list[tuple[float, float]] = []

    def draw(low: float, high: float) -> float:
        ranges.append((low, high))
        return high

    waited = full_jitter(attempt, base, cap, draw)
    assert ranges == [(0.0, waited)]
    assert waited <= cap
    assert waited == cap or waited == base * 2 ** (attempt - 1)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "4"}, 4.0),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"Retry-After": "-3"}, 0.0),
        ({"Retry-After": "315360000"}, 315_360_000.0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": ""}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "inf"}, None),
        ({"Retry-After": "99 Foo 20266 99:99"}, None),
        ({}, None),
        ({"Retry-After": format_datetime(NOW + timedelta(seconds=90), usegmt=True)}, 90.0),
        ({"Retry-After": format_datetime(NOW - timedelta(seconds=90), usegmt=True)}, 0.0),
        # the vendor's clock is an hour ahead: what counts is its own difference
        (
            {
                "Retry-After": format_datetime(NOW + timedelta(hours=1, seconds=90), usegmt=True),
                "Date": format_datetime(NOW + timedelta(hours=1), usegmt=True),
            },
            90.0,
        ),
        ({"Retry-After": "Mon, 02 Mar 2026 14:31:00 -0000"}, 60.0),
    ],
)
def test_retry_after_is_read_in_all_its_forms(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_seconds(CaseInsensitiveDict(headers), NOW) == seconds


@given(text=st.text(max_size=40))
def test_no_header_can_break_the_parser(text: str) -> None:
    for name in ("Retry-After", "X-RateLimit-Reset", "Date"):
        headers = CaseInsensitiveDict({"Retry-After": "Mon, 02 Mar 2026 14:31:00 GMT", name: text})
        for value in (retry_after_seconds(headers, NOW), limit_reset_seconds(headers, NOW)):
            assert value is None or value >= 0


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"x-ratelimit-reset": "249"}, 249.0),
        ({"X-Ratelimit-Reset": str(int(NOW.timestamp()) + 12)}, 12.0),
        ({"X-Ratelimit-Reset": str(int(NOW.timestamp()) - 12)}, 0.0),
        ({"X-Ratelimit-Reset": "later"}, None),
        ({}, None),
    ],
)
def test_a_limit_reset_is_read_as_seconds_or_as_unix_time(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert limit_reset_seconds(CaseInsensitiveDict(headers), NOW) == seconds


def test_a_wait_in_a_vendors_own_header_is_kept_too(server: VendorServer, open_session: OpenSession) -> None:
    """Reddit reports in a successful answer that nothing is left for five minutes."""
    server.script = lambda handler: handler.answer(
        200, {"a": 1}, x_ratelimit_remaining="0.0", x_ratelimit_reset="300", x_ratelimit_used="1000"
    )
    session = open_session("reddit", attempts=3)
    session.fetch(f"{server.url}/r/stocks/hot")
    with deadline_scope(Deadline(5.0)), pytest.raises(RateLimited) as refused:
        session.fetch(f"{server.url}/r/options/hot")
    assert refused.value.retry_after_seconds == pytest.approx(300, abs=2)
    assert len(server.hits) == 1
