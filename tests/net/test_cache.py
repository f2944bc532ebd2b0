"""Answers are kept for their time, stand in when none newer can be had, and are never an error page."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from requests_cache.models.response import CachedResponse

from tests.net.clocks import JumpingClock
from tests.net.made import rate
from tests.net.vendor_server import PATIENCE, Handler, VendorServer
from tradingagents.discovery.model.clock import Deadline, deadline_scope
from tradingagents.discovery.model.errors import Auth, DeadlineExceeded, NoDataError, QuotaSpent, Transient
from tradingagents.discovery.net import FetchSession, Reason, check, counting, fetch_session, note_of
from tradingagents.discovery.net.cache import CACHE_SCHEMA, ResponseStore
from tradingagents.discovery.net.fetch_session import request_key
from tradingagents.discovery.state.table import Table

OpenSession = Callable[..., FetchSession]
HOUR = {"/quote*": 3600.0}

BURST = "Please consider spreading out your free API requests more sparingly (1 request per second)."
DAY = "We have detected your API key as SECRETKEY and our standard API rate limit is 25 requests per day."


def age(session: FetchSession) -> None:
    """Have everything in the cache expire a second ago."""
    for key in list(session.cache.responses):
        response = session.cache.responses[key]
        response.expires = datetime.now(UTC) - timedelta(seconds=1)
        session.cache.responses[key] = response


def numbered(server: VendorServer) -> None:
    """Answer each request with its number."""
    server.script = lambda handler: handler.answer(200, {"n": len(handler.server.hits)})


def test_a_fresh_answer_is_not_asked_again(server: VendorServer, open_session: OpenSession) -> None:
    numbered(server)
    session = open_session(ttl_seconds=HOUR)
    first, second = (session.fetch(f"{server.url}/quote?symbol=A") for _ in range(2))
    assert first.json() == second.json() == {"n": 1}
    assert not note_of(first).cached
    assert note_of(second).cached
    assert not note_of(second).stale
    assert 0 <= note_of(second).age_seconds < 5


def test_a_second_run_sends_nothing(server: VendorServer, open_session: OpenSession, tmp_path: Path) -> None:
    numbered(server)
    for _ in range(2):
        session = open_session(ttl_seconds=HOUR, state_dir=tmp_path)
        assert session.fetch(f"{server.url}/quote?symbol=A").json() == {"n": 1}
        session.close()


def test_each_endpoint_has_its_own_time_and_what_none_names_is_not_kept(
    server: VendorServer, open_session: OpenSession
) -> None:
    numbered(server)
    globs = {"/quote*": 0.0, "*function=OVERVIEW*": 60.0}
    session = open_session(base_url=f"{server.url}/api/v1", ttl_seconds=globs)
    for path in ("/quote?symbol=A", "/other", "/query?function=OVERVIEW&symbol=A"):
        for _ in range(2):
            session.fetch(f"{server.url}/api/v1{path}")
    paths = [hit.path.removeprefix("/api/v1") for hit in server.hits]
    assert paths == ["/quote?symbol=A"] * 2 + ["/other"] * 2 + ["/query?function=OVERVIEW&symbol=A"]


def test_a_slash_too_many_changes_neither_time_nor_question(
    server: VendorServer, open_session: OpenSession
) -> None:
    numbered(server)
    session = open_session(base_url=f"{server.url}/api/v1", ttl_seconds=HOUR)
    session.fetch(f"{server.url}/api/v1//quote?symbol=A")
    session.fetch(f"{server.url}/api/v1/quote?symbol=A")
    assert len(server.hits) == 1


def test_the_order_of_parameters_and_the_key_are_no_part_of_the_question(
    server: VendorServer, open_session: OpenSession
) -> None:
    numbered(server)
    session = open_session(ttl_seconds=HOUR)
    session.fetch(f"{server.url}/quote", params={"a": "1", "b": "2", "apikey": "one"})
    session.fetch(f"{server.url}/quote", params={"b": "2", "a": "1", "token": "two"})
    session.fetch(f"{server.url}/quote", params={"a": "2", "b": "1"})
    assert len(server.hits) == 2


@pytest.mark.parametrize("header", ["Authorization", "Cookie", "Accept-Encoding", "*"])
def test_a_vary_header_does_not_spoil_the_cache(
    header: str, server: VendorServer, open_session: OpenSession
) -> None:
    server.script = lambda handler: handler.answer(
        200, {"a": 1}, Vary=header, Set_Cookie=f"session={len(handler.server.hits)}"
    )
    session = open_session(ttl_seconds=HOUR)
    for number in range(3):
        # an empty parameter is what requests-cache drops before it compares
        session.fetch(f"{server.url}/quote?symbol=", headers={"Authorization": f"bearer {number}"})
    assert len(server.hits) == 1
    assert "Cookie" not in server.hits[0].headers


def test_an_unchanged_answer_is_confirmed_without_its_body(
    server: VendorServer, open_session: OpenSession
) -> None:
    def script(handler: Handler) -> None:
        if handler.headers.get("If-None-Match") == '"v1"':
            handler.head_only(304, ETag='"v1"')
        else:
            handler.answer(200, {"a": 1}, ETag='"v1"')

    server.script = script
    session = open_session(ttl_seconds=HOUR)
    session.fetch(f"{server.url}/quote")
    age(session)
    for _ in range(2):
        response = session.fetch(f"{server.url}/quote")
        assert response.json() == {"a": 1}
        assert not note_of(response).stale
    assert len(server.hits) == 2


def down(handler: Handler) -> None:
    handler.answer(503, "<html>down</html>")


def reset(handler: Handler) -> None:
    handler.close_connection = True
    handler.connection.close()


def html(handler: Handler) -> None:
    handler.answer(200, "<!DOCTYPE html><html>Will be right back</html>", Content_Type="text/html")


def cut_json(handler: Handler) -> None:
    handler.answer(200, '{"n": 1')


def empty(handler: Handler) -> None:
    handler.answer(200, b"")


def burst(handler: Handler) -> None:
    handler.answer(200, {"Information": BURST})


def day(handler: Handler) -> None:
    handler.answer(200, {"Information": DAY})


def spread(handler: Handler) -> None:
    handler.answer(200, "symbol,name,reportDate\r\nI,n,f,o\r\n", Content_Type="application/x-download")


OUTAGES = [down, reset, html, cut_json, empty, burst, day, spread]


@pytest.mark.parametrize("outage", OUTAGES)
def test_an_outage_is_never_kept_and_the_older_answer_serves_marked_as_stale(
    outage: Callable[[Handler], None], server: VendorServer, open_session: OpenSession
) -> None:
    session = open_session("alpha_vantage", ttl_seconds=HOUR)
    server.answers(lambda handler: handler.answer(200, {"n": 1}), outage)
    session.fetch(f"{server.url}/quote")
    age(session)
    counts: Counter[str] = Counter()
    with counting(lambda vendor, what, amount: counts.update({what: int(amount)})):
        response = session.fetch(f"{server.url}/quote")
    assert response.json() == {"n": 1}
    assert note_of(response).stale
    assert str(note_of(response).stale_because).startswith("alpha_vantage: ")
    assert counts["stale"] == 1
    assert counts["cached"] == 0
    assert [session.cache.responses[key].json() for key in session.cache.responses] == [{"n": 1}]


@pytest.mark.parametrize("outage", OUTAGES)
def test_an_outage_with_nothing_older_is_an_error_and_leaves_nothing_behind(
    outage: Callable[[Handler], None], server: VendorServer, open_session: OpenSession
) -> None:
    session = open_session("alpha_vantage", ttl_seconds=HOUR)
    server.script = outage
    with pytest.raises(Exception, match=r"^alpha_vantage: ") as raised:
        session.fetch(f"{server.url}/quote")
    assert type(raised.value).__module__ == "tradingagents.discovery.model.errors"
    assert len(session.cache.responses) == 0


def test_a_refused_key_is_shown_not_covered_up_by_an_older_answer(
    server: VendorServer, open_session: OpenSession
) -> None:
    session = open_session(ttl_seconds=HOUR)
    server.answers(
        lambda handler: handler.answer(200, {"n": 1}),
        lambda handler: handler.answer(401, {"error": "Invalid API key"}),
    )
    session.fetch(f"{server.url}/quote")
    age(session)
    with pytest.raises(Auth):
        session.fetch(f"{server.url}/quote")


def test_a_spent_quota_is_covered_by_an_older_answer_without_a_request(
    server: VendorServer, open_session: OpenSession
) -> None:
    numbered(server)
    session = open_session(ttl_seconds=HOUR, rates=(rate(1, 86_400.0),))
    session.fetch(f"{server.url}/quote")
    age(session)
    assert note_of(session.fetch(f"{server.url}/quote")).stale
    with pytest.raises(QuotaSpent):
        session.fetch(f"{server.url}/quote?other")
    assert len(server.hits) == 1


def test_a_wait_that_cannot_fit_is_covered_but_a_passed_deadline_is_not(
    server: VendorServer, open_session: OpenSession
) -> None:
    numbered(server)
    session = open_session(ttl_seconds=HOUR, rates=(rate(1, 30.0),))
    session.fetch(f"{server.url}/quote")
    age(session)
    with deadline_scope(Deadline(2.0)):
        assert note_of(session.fetch(f"{server.url}/quote")).stale
    with deadline_scope(Deadline(0.0)), pytest.raises(DeadlineExceeded):
        session.fetch(f"{server.url}/quote")


def test_an_answer_that_is_too_old_does_not_serve(server: VendorServer, open_session: OpenSession) -> None:
    session = open_session(ttl_seconds=HOUR, stale_if_error_seconds=0.5)
    server.answers(lambda handler: handler.answer(200, {"n": 1}), down)
    session.fetch(f"{server.url}/quote")
    age(session)
    with pytest.raises(Transient):
        session.fetch(f"{server.url}/quote")


def test_followers_of_a_stale_answer_count_it_too(server: VendorServer, open_session: OpenSession) -> None:
    session = open_session(ttl_seconds=HOUR)
    numbered(server)
    session.fetch(f"{server.url}/quote")
    age(session)
    go, arrived = threading.Event(), threading.Event()
    server.script = lambda handler: (arrived.set(), go.wait(PATIENCE), down(handler))[2]
    counts: Counter[str] = Counter()
    deadline = Deadline(PATIENCE)

    def follow() -> None:
        with deadline_scope(deadline), counting(lambda _, what, amount: counts.update({what: int(amount)})):
            session.fetch(f"{server.url}/quote")

    leader = threading.Thread(target=session.fetch, args=(f"{server.url}/quote",))
    leader.start()
    assert arrived.wait(PATIENCE)
    follower = threading.Thread(target=follow)
    follower.start()
    while not deadline._hooks:
        arrived.wait(0.001)
    go.set()
    leader.join(PATIENCE)
    follower.join(PATIENCE)
    assert counts == {"coalesced": 1, "stale": 1}


def test_expired_rows_are_dropped_when_they_can_serve_no_more(
    server: VendorServer, open_session: OpenSession, tmp_path: Path
) -> None:
    numbered(server)
    session = open_session(ttl_seconds=HOUR, state_dir=tmp_path, stale_if_error_seconds=60.0)
    session.fetch(f"{server.url}/quote")
    age(session)
    session.close()
    clock = JumpingClock()
    clock.advance(10 * 365 * 86_400.0)
    assert len(open_session(state_dir=tmp_path, clock=clock).cache.responses) == 0


# A file that cannot be used


def warnings_in(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]


def works_in_memory(session: FetchSession, server: VendorServer, caplog: pytest.LogCaptureFixture) -> None:
    numbered(server)
    before = len(server.hits)
    for _ in range(3):
        session.fetch(f"{server.url}/quote?symbol=M")
    assert len(server.hits) == before + 1
    assert any("memory only" in text for text in warnings_in(caplog))


def corrupt(path: Path) -> None:
    path.write_bytes(b"this is not a database, and longer than a header" * 40)


def folder_instead(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize("kind", ["cache", "state"])
@pytest.mark.parametrize("spoil", [corrupt, folder_instead])
def test_a_file_that_is_unusable_from_the_start_is_logged_and_done_without(
    kind: str,
    spoil: Callable[[Path], None],
    server: VendorServer,
    open_session: OpenSession,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    name = open_session().vendor.file_stem
    spoil(tmp_path / f"{name}.{kind}.sqlite")
    session = open_session(ttl_seconds=HOUR, state_dir=tmp_path, rates=(rate(100, 1.0),))
    works_in_memory(session, server, caplog)
    assert any(f"{name}.{kind}.sqlite" in text for text in warnings_in(caplog))


def test_a_folder_that_cannot_be_made_is_logged_and_done_without(
    server: VendorServer, open_session: OpenSession, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    works_in_memory(open_session(ttl_seconds=HOUR, state_dir=tmp_path / "file"), server, caplog)


@pytest.mark.parametrize("kind", ["cache", "state"])
def test_a_file_locked_in_mid_run_costs_a_moment_not_the_run(
    kind: str,
    server: VendorServer,
    open_session: OpenSession,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    session = open_session(ttl_seconds=HOUR, state_dir=tmp_path, rates=(rate(100, 1.0),))
    other = sqlite3.connect(tmp_path / f"{session.vendor.file_stem}.{kind}.sqlite", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        with deadline_scope(Deadline(3.0)):
            works_in_memory(session, server, caplog)
    finally:
        other.close()
    assert sum("memory only" in text for text in warnings_in(caplog)) == 1


def full_disk(connection: sqlite3.Connection) -> None:
    """Have SQLite answer as it does on a full disk: no page beyond those it has, and none of them free."""
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")


def read_only(connection: sqlite3.Connection) -> None:
    """Have SQLite answer as it does on a file that cannot be written."""
    connection.execute("PRAGMA query_only = ON")


@pytest.mark.parametrize("trouble", [full_disk, read_only])
def test_a_cache_that_can_no_longer_be_written_goes_on_in_memory(
    trouble: Callable[[sqlite3.Connection], None],
    server: VendorServer,
    open_session: OpenSession,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    session = open_session(ttl_seconds=HOUR, state_dir=tmp_path)
    trouble(session.cache.responses._table._file._connection)
    server.script = lambda handler: handler.answer(200, {"much": "x" * 50_000})
    session.fetch(f"{server.url}/quote?first")
    works_in_memory(session, server, caplog)


def test_a_quota_that_can_no_longer_be_written_goes_on_in_memory(
    server: VendorServer, open_session: OpenSession, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    session = open_session(ttl_seconds=HOUR, state_dir=tmp_path, rates=(rate(2, 86_400.0),))
    read_only(session.get_adapter(server.url)._pacer._ledger._table._file._connection)
    works_in_memory(session, server, caplog)
    session.fetch(f"{server.url}/other")
    with pytest.raises(QuotaSpent):
        session.fetch(f"{server.url}/third")


def test_a_thread_that_outlives_its_session_logs_nothing_about_closed_files(
    server: VendorServer, open_session: OpenSession, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    session = open_session(ttl_seconds=HOUR, state_dir=tmp_path, rates=(rate(100, 1.0),))
    session.close()
    session.get(f"{server.url}/quote")
    assert warnings_in(caplog) == []


def test_a_file_that_becomes_corrupt_in_mid_run_is_done_without(
    server: VendorServer, open_session: OpenSession, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    session = open_session(ttl_seconds=HOUR, state_dir=tmp_path)
    numbered(server)
    session.fetch(f"{server.url}/quote?symbol=A")
    session.cache.responses._table._file._connection.execute("DROP TABLE responses")
    works_in_memory(session, server, caplog)


@pytest.mark.parametrize(
    "text", ["{}", "[]", "null", "5", "{broken", '{"status_code": "x"}', '{"_content": 5}']
)
def test_a_row_written_by_another_program_is_not_an_answer(
    text: str, server: VendorServer, open_session: OpenSession, tmp_path: Path
) -> None:
    session = open_session(ttl_seconds=HOUR, state_dir=tmp_path)
    numbered(server)
    session.fetch(f"{server.url}/quote")
    session.cache.responses._table.run(lambda rows: rows.execute("UPDATE responses SET value = ?", (text,)))
    assert session.fetch(f"{server.url}/quote").json() == {"n": 2}


def test_answers_in_memory_make_room_for_newer_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tradingagents.discovery.net.cache._MEMORY_CHARACTERS", 20_000)
    store = ResponseStore(Table(None, CACHE_SCHEMA))
    for number in range(10):
        store[str(number)] = CachedResponse(content=b"x" * 4_000, status_code=200, url="http://x/")
    assert list(store) == [str(number) for number in range(10)][-len(store) :]
    assert 1 < len(store) < 5
    assert "0" not in store


def test_the_key_of_a_question_ignores_what_cannot_change_its_answer() -> None:
    class Request:
        def __init__(self, url: str, method: str = "GET") -> None:
            self.url, self.method, self.body = url, method, None

    def same(one: str, other: str) -> bool:
        return request_key(Request(one)) == request_key(Request(other))

    assert same("http://v/q?a=1&b=&apikey=K", "http://v//q?b=&a=1&TOKEN=L")
    assert not same("http://v/q?a=1", "http://v/q?a=2")
    assert not same("http://v/q?a=1", "http://w/q?a=1")
    assert not same("http://v/q?a=", "http://v/q")
    assert request_key(Request("http://v/q", "HEAD")) != request_key(Request("http://v/q"))


def test_an_empty_answer_is_an_answer_fresh_and_from_the_cache(
    server: VendorServer, open_session: OpenSession
) -> None:
    server.script = lambda handler: handler.answer(200, [])
    session = open_session(ttl_seconds=HOUR)
    notes: list[Any] = [note_of(session.fetch(f"{server.url}/quote")) for _ in range(2)]
    assert [note.finding.reason for note in notes] == [Reason.EMPTY, Reason.EMPTY]
    assert [note.cached for note in notes] == [False, True]
    assert len(server.hits) == 1
    assert check(session.get(f"{server.url}/quote")).json() == []


DENIED = "<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>"
FILE = "/equity/regsho/daily/CNMSshvol20260101.txt"
FILES = {"/equity/*": 3600.0}
NAMED = {"User-Agent": "Company tests@example.com"}


def ask_for_a_holiday(session: FetchSession, server: VendorServer) -> None:
    with pytest.raises(NoDataError, match="no file for that day"):
        session.fetch(f"{server.url}{FILE}", headers=NAMED)


def test_that_there_is_no_such_thing_is_remembered_for_the_next_run(
    server: VendorServer, open_session: OpenSession, tmp_path: Path
) -> None:
    server.script = lambda handler: handler.answer(403, DENIED)
    for _ in range(2):
        session = open_session("finra", ttl_seconds=FILES, state_dir=tmp_path)
        ask_for_a_holiday(session, server)
        ask_for_a_holiday(session, server)
        session.close()
    assert len(server.hits) == 1


def test_a_missing_file_is_requested_again_after_the_short_absent_ttl(
    server: VendorServer, open_session: OpenSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may only have been late: the endpoint's own TTL would be too long."""
    monkeypatch.setattr(fetch_session, "_ABSENT_TTL_SECONDS", 60.0)
    server.answers(
        lambda handler: handler.answer(403, DENIED),
        lambda handler: handler.answer(200, "Date|", Content_Type="text/plain"),
    )
    session = open_session("finra", ttl_seconds=FILES)
    ask_for_a_holiday(session, server)
    (key,) = session.cache.responses
    kept = session.cache.responses[key]
    assert kept.expires - datetime.now(UTC) < timedelta(seconds=61)
    age(session)
    assert session.fetch(f"{server.url}{FILE}", headers=NAMED).text == "Date|"


@pytest.mark.parametrize("ttl", [{}, {"/equity/*": 0.0}], ids=str)
def test_an_absence_is_not_cached_where_the_endpoint_is_not(
    ttl: dict[str, float], server: VendorServer, open_session: OpenSession
) -> None:
    server.script = lambda handler: handler.answer(403, DENIED)
    session = open_session("finra", ttl_seconds=ttl)
    ask_for_a_holiday(session, server)
    ask_for_a_holiday(session, server)
    assert len(server.hits) == 2


@pytest.mark.parametrize(
    ("status", "body"),
    [(403, "<html>Request blocked.</html>"), (401, "{}"), (429, ""), (400, "{}"), (500, ""), (503, DENIED)],
)
def test_no_refusal_is_taken_for_something_that_is_not_there(
    status: int, body: str, server: VendorServer, open_session: OpenSession
) -> None:
    server.script = lambda handler: handler.answer(status, body)
    session = open_session("finra", ttl_seconds=FILES)
    session.get(f"{server.url}{FILE}", headers=NAMED)
    assert list(session.cache.responses) == []


def test_what_is_gone_neither_replaces_an_older_answer_nor_stands_in_for_an_outage(
    server: VendorServer, open_session: OpenSession
) -> None:
    gone, down = (lambda handler: handler.answer(403, DENIED)), (lambda handler: handler.answer(503))
    server.answers(lambda handler: handler.answer(200, "Date|", Content_Type="text/plain"), gone, down)
    session = open_session("finra", ttl_seconds=FILES)
    session.fetch(f"{server.url}{FILE}", headers=NAMED)
    age(session)
    ask_for_a_holiday(session, server)
    assert note_of(session.fetch(f"{server.url}{FILE}", headers=NAMED)).stale
    server.answers(gone, down)
    session = open_session("finra", ttl_seconds=FILES)
    ask_for_a_holiday(session, server)
    age(session)
    with pytest.raises(Transient):
        session.fetch(f"{server.url}{FILE}", headers=NAMED)
