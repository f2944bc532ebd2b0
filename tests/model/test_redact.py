"""Redaction: no secret survives, registered or recognised, and ordinary words do."""

from __future__ import annotations

import base64
import contextlib
import json
import string
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.execution.helpers import in_background
from tradingagents.discovery.model import redact as net
from tradingagents.discovery.model.redact import REDACTED, redact, redact_plain, register_secret

SECRET = "Zk7QmX41vT9bWq"


@contextlib.contextmanager
def a_net_of_its_own() -> Iterator[None]:
    """Registrations are for the whole process; a test's own must not outlive it."""
    before = net._known, net._known_pattern
    net._known, net._known_pattern = frozenset(), None
    try:
        yield
    finally:
        net._known, net._known_pattern = before


@pytest.fixture(autouse=True)
def _own_net() -> Iterator[None]:
    with a_net_of_its_own():
        yield


# -- registered secrets -----------------------------------------------------------------------------

secrets = st.text(string.ascii_letters + string.digits + "-_.~+/=!$&*%@", min_size=5, max_size=40).filter(
    lambda secret: secret != "sandbox" and secret not in REDACTED  # neither is taken for a secret
)
# JSON writes control characters as digits, which could complete a secret of digits that is not there.
surroundings = st.text(st.characters(exclude_characters="<>", exclude_categories=["Cs", "Cc"]), max_size=30)


def forms(secret: str) -> list[str]:
    """The ways in which a secret gets into a URL, a header, a body or a message."""
    return [
        secret,
        quote(secret, safe=""),
        quote_plus(secret),
        base64.b64encode(secret.encode()).decode(),
        json.dumps(secret),
        repr({"key": secret}),
    ]


@given(secrets, surroundings, surroundings)
def test_a_registered_secret_never_survives_whatever_surrounds_it(
    secret: str, before: str, after: str
) -> None:
    with a_net_of_its_own():
        register_secret(secret)
        for form in forms(secret):
            text = f"{before}{form}{after}"
            nested = {"a": [text, {"b": text}], "c": 1}
            for made in (redact(text), json.dumps(redact_plain(nested), ensure_ascii=False)):
                assert form not in made
                assert secret not in made


@given(secrets)
def test_a_registered_secret_does_not_survive_as_the_name_of_a_key(secret: str) -> None:
    """A table of answers by URL has the secret in its keys."""
    with a_net_of_its_own():
        register_secret(secret)
        made = redact_plain({f"https://vendor.example/q?key={secret}": 200, "inner": [{secret: None}]})
        assert secret not in json.dumps(made)


def test_a_secret_inside_another_leaves_nothing_of_the_longer_one() -> None:
    register_secret("abcde12345")
    register_secret("abcde12345fghij")
    assert redact("x abcde12345fghij y") == f"x {REDACTED} y"


def test_a_value_too_short_to_be_a_secret_tears_no_holes_into_text() -> None:
    register_secret("a")
    register_secret("")
    register_secret("sandbox")
    assert redact("a sandbox has sand") == "a sandbox has sand"


def test_registering_is_safe_from_many_threads() -> None:
    values = [f"value{number:05}" for number in range(200)]
    workers = [in_background(lambda part=values[i::4]: [register_secret(v) for v in part]) for i in range(4)]
    for worker in workers:
        worker.result(5.0)
    assert redact(" ".join(values)) == " ".join([REDACTED] * 200)


# -- recognised secrets -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "https://www.alphavantage.co/query?function=NEWS_SENTIMENT&apikey={}&limit=50",
        "https://finnhub.io/api/v1/quote?symbol=ABC&token={}",
        "Max retries exceeded with url: /query?apikey={} (Caused by ConnectTimeoutError)",
        "/login?next=%2Fquery%3Fsymbol%3DABC%26apikey%3D{}%26limit%3D50",
        "/login?next=%2Fquery%3fapikey%3d{}",
        "/a?b=%252Fquery%253Fapikey%253D{}%2526limit%253D50",
        "/log?entry=%7B%22access_token%22%3A%20%22{}%22%7D",
        "{{'X-Finnhub-Token': '{}', 'Accept': '*/*'}}",
        "X-Finnhub-Token: {}",
        "x-api-key: {}",
        "Authorization: Bearer {}",
        "{{'Authorization': 'bearer {}'}}",
        "Authorization: Token {}",
        "We have detected your API key as {} and our standard API rate limit is 25 requests per day.",
        '{{"access_token": "{}", "expires_in": 86400}}',
        '{{"refresh_token":"{}"}}',
        '{{\\"access_token\\": \\"{}\\"}}',
        'b\'{{"token": "{}"}}\'',
        "client_id=abc&client_secret={}",
        "grant_type=password&username=me&password={}",
        "FINNHUB_API_KEY={}",
        "environ({{'REDDIT_CLIENT_SECRET': '{}'}})",
        "api_key='{}'",
        "apiKey={}",
        "https://user:{}@vendor.example/path",
    ],
)
def test_an_unregistered_secret_is_redacted_by_pattern(text: str) -> None:
    written = text.format(SECRET)
    assert SECRET in written
    made = redact(written)
    assert SECRET not in made
    assert REDACTED in made


def test_the_pair_in_a_basic_header_is_recognised() -> None:
    pair = base64.b64encode(b"AbC-d3f_Gh1jKl:Zk7QmX41vT9bWq-pair-27").decode()
    for text in (
        f"Authorization: Basic {pair}",
        f"{{'Authorization': 'Basic {pair}'}}",
        f"sent Basic {pair} to",
    ):
        assert pair not in redact(text)


def test_what_follows_a_secret_in_a_quoted_address_stays() -> None:
    text = redact(f"/login?next=%2Fquery%3Fapikey%3D{SECRET}%26symbol%3DABC")
    assert text == f"/login?next=%2Fquery%3Fapikey%3D{REDACTED}%26symbol%3DABC"


def test_a_quoted_password_goes_whole_spaces_included() -> None:
    for text in ('{"password": "correct horse battery"}', "{'password': 'correct horse battery'}"):
        made = redact(text)
        assert not any(word in made for word in ("correct", "horse", "battery")), made


@pytest.mark.parametrize(
    "key",
    ["token", "apikey", "api_key", "X-Finnhub-Token", "Authorization", "client_secret", "FINNHUB_API_KEY"],
)
def test_what_stands_under_a_key_that_names_a_secret_is_gone(key: str) -> None:
    made = redact_plain({"outer": [{key: SECRET}, {key: [SECRET]}], "kept": "text"})
    assert SECRET not in json.dumps(made)
    assert made["kept"] == "text"


@pytest.mark.parametrize(
    "text",
    [
        "a-" * 4_000,
        "a" * 8_000,
        "token " * 2_000,
        "basic " * 2_000,
        "://a:" * 2_000,
        "token" + " " * 8_000,
        "'\\" * 4_000,
        "%25" * 4_000,
        "%" + "25" * 6_000,
        "token%3D" * 1_500,
        "token=" + "%25" * 4_000,
    ],
    ids=lambda text: repr(text[:8]),
)
def test_the_time_it_takes_grows_with_the_text_and_not_with_its_square(text: str) -> None:
    """A vendor's answer may be megabytes, and a regular expression never gives up the interpreter lock.

    A few milliseconds where it is linear, two seconds where it is not.
    """
    began = time.process_time()
    redact(text)
    assert time.process_time() - began < 0.5


# -- ordinary words ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "token economy",
        "the basic materials sector",
        "Basic Materials",
        "Basic infrastructure spending rose",
        "Bearer certificates were cancelled",
        "bearer shareholders",
        "the secret of its success",
        "passwords were leaked in a breach",
        "tokenization of assets",
        "basic and diluted EPS of 1.20",
        "a password manager, a token sale, an API key rotation",
        "see https://www.sec.gov/Archives/edgar/data/1/0000000001-26-000001.txt",
        "10:30 open, ratio 3:1, user@example.com",
    ],
)
def test_ordinary_sentences_stay_as_they_are(text: str) -> None:
    assert redact(text) == text
    assert redact_plain({"text": [text]}) == {"text": [text]}


@given(
    st.recursive(
        st.none() | st.integers() | st.text(string.ascii_lowercase + " ,.", max_size=20),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
        ),
    )
)
def test_data_without_secrets_stays_equal_and_the_original_untouched(value: Any) -> None:
    before = json.dumps(value)
    assert redact_plain(value) == value
    assert json.dumps(value) == before
