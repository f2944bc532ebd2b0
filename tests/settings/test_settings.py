"""Settings: what is refused, in which words, and what a partial dict laid over the defaults gives."""

from __future__ import annotations

import copy
import math
from typing import Any

import pytest
from pydantic import ValidationError

from tradingagents.default_config import DEFAULT_CONFIG
from tradingagents.discovery import BaseScanner, DiscoveryGraph, ScannerRegistry
from tradingagents.discovery.model.errors import ConfigError
from tradingagents.discovery.settings.base import is_loopback
from tradingagents.discovery.settings.config import DiscoveryConfig
from tradingagents.discovery.settings.parse import parse_config
from tradingagents.discovery.settings.sections import ScannerSettings

DEFAULTS: dict[str, Any] = DEFAULT_CONFIG["discovery"]


BUILT_IN = list(ScannerRegistry.built_in())


class BigGap(BaseScanner):
    name, pipeline, strategy = "big_gap", "gaps", "gap"

    class Settings(ScannerSettings):
        min_gap_percent: float = 4.0

    def scan(self, state: Any) -> list[Any]:
        return []


def parsed(discovery: dict[str, Any] | None = None, *scanners: type[BaseScanner]) -> DiscoveryConfig:
    return parse_config({"discovery": discovery or {}}, scanners, known=BUILT_IN)


def execution(**keys: Any) -> dict[str, Any]:
    return {"scanner_execution": keys}


# -- what is laid over what -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "given", [None, {}, {"discovery": {}}, DEFAULT_CONFIG, copy.deepcopy(DEFAULT_CONFIG)]
)
def test_no_settings_give_the_defaults(given: Any) -> None:
    made = parse_config(given, [], known=BUILT_IN)
    assert made.scanner_execution.model_dump() == DEFAULTS["scanner_execution"]
    assert made.data_source == "live"
    assert {name: settings.model_dump() for name, settings in made.scanners.items()} == DEFAULTS["scanners"]
    assert made.vendors.model_dump() == DEFAULTS["vendors"]


def test_the_defaults_are_those_the_issue_names() -> None:
    wanted = {"concurrent": True, "max_workers": 8, "timeout_seconds": 30}
    assert DEFAULTS["scanner_execution"].items() >= wanted.items()


def test_a_partial_dict_changes_what_it_names_and_nothing_beside_it() -> None:
    made = parsed(
        {
            "scanner_execution": {"max_workers": 3},
            "scanners": {"market_movers": {"min_price_usd": 7.0}, "reddit_dd": {"subreddits": ["stocks"]}},
            "pipelines": {"social": {"enabled": False}},
            "vendors": {"sec": {"read_timeout_seconds": 2}},
        }
    )
    assert made.scanner_execution.max_workers == 3
    assert made.scanner_execution.timeout_seconds == 30
    movers = {**DEFAULTS["scanners"]["market_movers"], "min_price_usd": 7.0}
    assert made.scanners["market_movers"].model_dump() == movers
    assert made.scanners["reddit_dd"].model_dump()["subreddits"] == ["stocks"]
    assert made.pipelines["social"].priority == DEFAULTS["pipelines"]["social"]["priority"]
    assert made.vendors.sec.read_timeout_seconds == 2
    assert made.vendors.sec.base_url == DEFAULTS["vendors"]["sec"]["base_url"]


def test_neither_the_defaults_nor_what_was_given_is_changed() -> None:
    before = copy.deepcopy(DEFAULT_CONFIG)
    given = {"discovery": {"filter": {"exclude_tickers": ["abc"]}, "scanners": {"big_gap": {"limit": 3}}}}
    given_before = copy.deepcopy(given)
    made = parse_config(given, [BigGap], known=BUILT_IN)
    made.filter.exclude_tickers[:] = ["X"] if isinstance(made.filter.exclude_tickers, list) else []
    assert before == DEFAULT_CONFIG
    assert given == given_before


def test_a_scanner_of_ones_own_gets_its_settings_and_its_pipeline() -> None:
    made = parsed({"scanners": {"big_gap": {"min_gap_percent": 5.5, "timeout_seconds": 2}}}, BigGap)
    assert made.scanners["big_gap"].model_dump()["min_gap_percent"] == 5.5
    assert made.timeout_of("big_gap") == 2
    assert made.timeout_of("market_movers") == 30
    assert made.is_enabled("big_gap", "gaps")
    assert not parsed({"pipelines": {"gaps": {"enabled": False}}}, BigGap).is_enabled("big_gap", "gaps")
    assert not parsed({"scanners": {"big_gap": {"enabled": False}}}, BigGap).is_enabled("big_gap", "gaps")


def test_a_scanner_may_take_a_built_in_ones_name_without_its_settings() -> None:
    """Replacing ``market_movers`` by a class of one's own must not fail over defaults nobody wrote."""

    class Mine(BaseScanner):
        name, pipeline = "market_movers", "momentum"

        def scan(self, state: Any) -> list[Any]:
            return []

    for given in ({}, copy.deepcopy(DEFAULT_CONFIG)):
        made = parse_config(given, [Mine], known=BUILT_IN)
        assert type(made.scanners["market_movers"]) is ScannerSettings
    with pytest.raises(ConfigError, match="min_price_usd"):
        parse_config(
            {"discovery": {"scanners": {"market_movers": {"min_price_usd": 2.0}}}}, [Mine], known=BUILT_IN
        )


# -- what is refused --------------------------------------------------------------------------------


def refusal(given: Any, *scanners: type[BaseScanner]) -> str:
    with pytest.raises(ConfigError) as caught:
        parse_config(given, scanners, known=BUILT_IN)
    assert isinstance(caught.value, ValueError)
    return str(caught.value)


@pytest.mark.parametrize(
    ("discovery", "key", "suggested"),
    [
        ({"scaners": {}}, "discovery.scaners", "scanners"),
        ({"scanner_execution": {"max_worker": 3}}, "discovery.scanner_execution.max_worker", "max_workers"),
        ({"scanner_execution": {"timeout": 3}}, "discovery.scanner_execution.timeout", "timeout_seconds"),
        ({"scanners": {"market_mover": {}}}, "discovery.scanners.market_mover", "market_movers"),
        (
            {"scanners": {"reddit_dd": {"min_scores": 3}}},
            "discovery.scanners.reddit_dd.min_scores",
            "min_score",
        ),
        ({"scanners": {"big_gaps": {}}}, "discovery.scanners.big_gaps", "big_gap"),
        ({"scanners": {"big_gap": {"min_gap": 3}}}, "discovery.scanners.big_gap.min_gap", "min_gap_percent"),
        ({"pipelines": {"edg": {}}}, "discovery.pipelines.edg", "edge"),
        ({"pipelines": {"edge": {"priorty": 1}}}, "discovery.pipelines.edge.priorty", "priority"),
        ({"vendors": {"alphavantage": {}}}, "discovery.vendors.alphavantage", "alpha_vantage"),
        ({"vendors": {"sec": {"url": "x"}}}, "discovery.vendors.sec.url", "base_url"),
        ({"filter": {"min_prio": "low"}}, "discovery.filter.min_prio", "min_priority"),
        ({"ranker": {"limits": 3}}, "discovery.ranker.limits", "limit"),
    ],
)
def test_an_unknown_key_is_refused_at_every_level_with_the_way_out(
    discovery: dict[str, Any], key: str, suggested: str
) -> None:
    message = refusal({"discovery": discovery}, BigGap)
    assert f"{key}: unknown" in message
    assert suggested in message.removeprefix(key)


def test_a_name_like_no_other_is_refused_with_all_that_are_valid() -> None:
    message = refusal({"discovery": {"scanners": {"zzz": {}}}}, BigGap)
    assert all(name in message for name in [*DEFAULTS["scanners"], "big_gap"])


@pytest.mark.parametrize(
    ("discovery", "key", "value"),
    [
        (execution(max_workers=True), "scanner_execution.max_workers", "True"),
        (execution(max_workers="8"), "scanner_execution.max_workers", "'8'"),
        (execution(max_workers=8.0), "scanner_execution.max_workers", "8.0"),
        (execution(max_workers=0), "scanner_execution.max_workers", "0"),
        (execution(max_workers=-1), "scanner_execution.max_workers", "-1"),
        (execution(max_workers=None), "scanner_execution.max_workers", "None"),
        (execution(request_workers=0), "scanner_execution.request_workers", "0"),
        (execution(timeout_seconds="30"), "scanner_execution.timeout_seconds", "'30'"),
        (execution(timeout_seconds=True), "scanner_execution.timeout_seconds", "True"),
        (execution(timeout_seconds=0), "scanner_execution.timeout_seconds", "0"),
        (execution(timeout_seconds=-5), "scanner_execution.timeout_seconds", "-5"),
        (execution(timeout_seconds=None), "scanner_execution.timeout_seconds", "None"),
        (execution(timeout_seconds=math.nan), "scanner_execution.timeout_seconds", "nan"),
        (execution(timeout_seconds=math.inf), "scanner_execution.timeout_seconds", "inf"),
        (execution(concurrent=1), "scanner_execution.concurrent", "1"),
        (execution(concurrent="yes"), "scanner_execution.concurrent", "'yes'"),
        ({"scanner_execution": None}, "scanner_execution", "None"),
        ({"scanner_execution": [8]}, "scanner_execution", "[8]"),
        ({"scanners": None}, "scanners", "None"),
        ({"scanners": {"reddit_dd": None}}, "scanners.reddit_dd", "None"),
        ({"scanners": {"reddit_dd": {"enabled": "no"}}}, "scanners.reddit_dd.enabled", "'no'"),
        ({"scanners": {"reddit_dd": {"limit": 0}}}, "scanners.reddit_dd.limit", "0"),
        ({"scanners": {"reddit_dd": {"limit": True}}}, "scanners.reddit_dd.limit", "True"),
        ({"scanners": {"reddit_dd": {"limit": 2.5}}}, "scanners.reddit_dd.limit", "2.5"),
        ({"scanners": {"reddit_dd": {"timeout_seconds": 0}}}, "scanners.reddit_dd.timeout_seconds", "0"),
        ({"scanners": {"reddit_dd": {"isolation": "fork"}}}, "scanners.reddit_dd.isolation", "'fork'"),
        ({"scanners": {"reddit_dd": {"subreddits": "stocks"}}}, "scanners.reddit_dd.subreddits", "'stocks'"),
        ({"pipelines": {"edge": {"priority": -1}}}, "pipelines.edge.priority", "-1"),
        ({"pipelines": {"edge": True}}, "pipelines.edge", "True"),
        ({"vendors": {"sec": {"base_url": 5}}}, "vendors.sec.base_url", "5"),
        ({"vendors": {"sec": {"base_url": "www.sec.gov"}}}, "vendors.sec.base_url", "'www.sec.gov'"),
        (
            {"vendors": {"sec": {"base_url": "http://www.sec.gov"}}},
            "vendors.sec.base_url",
            "'http://www.sec.gov'",
        ),
        ({"vendors": {"sec": {"base_url": "file:///etc"}}}, "vendors.sec.base_url", "'file:///etc'"),
        ({"vendors": {"sec": {"read_timeout_seconds": 0}}}, "vendors.sec.read_timeout_seconds", "0"),
        ({"vendors": {"sec": {"max_body_bytes": 0}}}, "vendors.sec.max_body_bytes", "0"),
        ({"vendors": {"sec": {"attempts": 0}}}, "vendors.sec.attempts", "0"),
        (
            {"vendors": {"sec": {"connect_timeout_seconds": math.nan}}},
            "vendors.sec.connect_timeout_seconds",
            "nan",
        ),
        (
            {"vendors": {"sec": {"exchange_timeout_seconds": math.inf}}},
            "vendors.sec.exchange_timeout_seconds",
            "inf",
        ),
        ({"vendors": {"sec": {"breaker": {"fail_max": 0}}}}, "vendors.sec.breaker.fail_max", "0"),
        (
            {"vendors": {"sec": {"breaker": {"reset_after_seconds": 0}}}},
            "vendors.sec.breaker.reset_after_seconds",
            "0",
        ),
        (
            {"vendors": {"sec": {"rates": [{"requests": 0, "seconds": 1}]}}},
            "vendors.sec.rates.0.requests",
            "0",
        ),
        (
            {"vendors": {"sec": {"rates": [{"requests": 1, "seconds": 0}]}}},
            "vendors.sec.rates.0.seconds",
            "0",
        ),
        ({"filter": {"min_priority": "urgent"}}, "filter.min_priority", "'urgent'"),
        ({"filter": {"exclude_tickers": "ABC"}}, "filter.exclude_tickers", "'ABC'"),
        ({"filter": {"exclude_tickers": ["not one"]}}, "filter.exclude_tickers", "'not one'"),
        ({"ranker": {"limit": 0}}, "ranker.limit", "0"),
        ({"data_source": "sandbx"}, "data_source", "'sandbx'"),
        ({"data_source": None}, "data_source", "None"),
    ],
)
def test_a_wrong_type_or_value_is_refused_naming_key_and_value(discovery: Any, key: str, value: str) -> None:
    message = refusal({"discovery": discovery})
    assert f"discovery.{key}" in message
    assert value in message


def test_every_mistake_of_a_section_is_reported_at_once() -> None:
    message = refusal({"discovery": execution(max_workers=0, timeout_seconds="30", concurent=True)})
    assert all(key in message for key in ("max_workers", "timeout_seconds", "concurent"))


@pytest.mark.parametrize("key", ["scanner_execution", "scanners", "pipelines"])
def test_a_key_that_stands_one_level_too_high_is_refused(key: str) -> None:
    """Left alone, it would be ignored: the host would wait in vain for its effect."""
    message = refusal({key: {}, "discovery": {}})
    assert f"config['discovery']['{key}']" in message


@pytest.mark.parametrize("key", ["Discovery", "discover", "discovry", "DISCOVERY"])
def test_a_misspelt_discovery_is_refused(key: str) -> None:
    assert "'discovery'" in refusal({key: {"scanner_execution": {"max_workers": 2}}})


@pytest.mark.parametrize(
    "given", [[], "x", 5, {"discovery": None}, {"discovery": []}, {"discovery": "live"}], ids=repr
)
def test_what_is_no_dict_is_refused(given: Any) -> None:
    assert "instead of a dict" in refusal(given)


@pytest.mark.parametrize(
    "given", [{1: 2}, execution(), {"scanners": {1: {}}}, {"scanner_execution": {1: 2}}], ids=repr
)
def test_a_key_that_is_no_text_never_breaks_the_parser(given: Any) -> None:
    try:
        parsed(given)
    except ConfigError as error:
        assert "1" in str(error)  # noqa: PT017 - either outcome is fine, another error is not


def test_other_keys_of_the_host_are_none_of_our_business() -> None:
    host = {"llm_provider": "x", "filter": "theirs", "vendors": 5, "data_source": "theirs", 7: 8}
    assert parse_config(host, [], known=BUILT_IN).data_source == "live"


# -- where the data comes from ----------------------------------------------------------------------

LOCAL = {
    name: {key: "http://127.0.0.1:9" for key in own if key.endswith("_url")}
    for name, own in DEFAULTS["vendors"].items()
}


def test_the_environment_decides_over_the_dict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADINGAGENTS_DATA_SOURCE", "sandbox")
    assert parsed({"data_source": "live", "vendors": LOCAL}).data_source == "sandbox"
    monkeypatch.setenv("TRADINGAGENTS_DATA_SOURCE", "")
    assert parsed({"data_source": "live"}).data_source == "live"


def test_a_wrong_value_in_the_environment_names_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who set a variable and reads about a key of the dict would look in the wrong place."""
    monkeypatch.setenv("TRADINGAGENTS_DATA_SOURCE", "sandbx")
    message = refusal({})
    assert "sandbx" in message
    assert "TRADINGAGENTS_DATA_SOURCE" in message


def test_the_sandbox_is_refused_while_any_vendor_is_beyond_this_machine() -> None:
    assert parsed({"data_source": "sandbox", "vendors": LOCAL}).data_source == "sandbox"
    for name, own in LOCAL.items():
        for key in own:
            vendors = {**LOCAL, name: {**own, key: DEFAULTS["vendors"][name][key]}}
            message = refusal({"discovery": {"data_source": "sandbox", "vendors": vendors}})
            assert f"discovery.vendors.{name}.{key}" in message
            assert "sandbox" in message


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://127.0.0.1:8000/x", True),
        ("http://localhost", True),
        ("http://[::1]:80", True),
        ("http://127.8.9.1", True),
        ("http://localhost.vendor.example", False),
        ("http://127.0.0.1.vendor.example", False),
        ("http://127.0.0.1@vendor.example", False),
        ("http://vendor.example/127.0.0.1", False),
        ("http://0.0.0.0", False),
        ("http://10.0.0.1", False),
        ("", False),
    ],
)
def test_loopback_is_told_by_the_host_and_nothing_else(url: str, here: bool) -> None:
    assert is_loopback(url) is here


@pytest.mark.parametrize(
    "text", ["a b", "sk-live-abc", "abc!", "1ABC", "", "$KEY", "KEY=", "KEY\n"], ids=repr
)
def test_a_name_of_an_environment_variable_is_only_that(text: str) -> None:
    """A key pasted where the name of its variable belongs would be printed as missing."""
    message = refusal({"discovery": {"vendors": {"finnhub": {"api_key_env": text}}}})
    assert message.startswith("discovery.vendors.finnhub.api_key_env")
    assert not text.strip() or text not in message


def test_no_secret_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FINNHUB_API_KEY", "Zk7QmX41vT9bWq")
    assert "Zk7QmX41vT9bWq" not in parsed().model_dump_json()


# -- frozen -----------------------------------------------------------------------------------------


def test_what_is_parsed_is_frozen_at_every_level() -> None:
    made = parsed({}, BigGap)
    for part, name in [
        (made, "data_source"),
        (made.scanner_execution, "max_workers"),
        (made.scanners["big_gap"], "limit"),
        (made.pipelines["edge"], "enabled"),
        (made.vendors.sec, "base_url"),
        (made.vendors, "sec"),
        (made.filter, "min_priority"),
        (made.ranker, "limit"),
    ]:
        with pytest.raises(ValidationError, match="frozen"):
            setattr(part, name, None)


# -- one error for everything -----------------------------------------------------------------------


def problems(discovery: dict[str, Any], *scanners: type[BaseScanner]) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        parsed(discovery, *scanners)
    assert all(problem in str(caught.value) for problem in caught.value.problems)
    return caught.value.problems


def test_mistakes_in_every_section_are_reported_at_once() -> None:
    wrong = {
        "data_sourse": "live",
        "scanner_execution": {"max_worker": 3, "timeout_seconds": "30"},
        "scanners": {"reddit_dd": {"min_scores": 3, "limit": 0}, "zzz": {}, "big_gap": {"min_gap": 1}},
        "pipelines": {"edg": {}, "edge": {"priority": -1}},
        "vendors": {"finhub": {}, "sec": {"attempts": 0}},
        "market": {"universe": "russell1000"},
        "filter": {"exclude_tickers": ["not one"], "min_priority": "urgent"},
        "ranker": {"limits": 3},
    }
    keys = [problem.split(":")[0] for problem in problems(wrong, BigGap)]
    assert sorted(keys) == sorted(
        f"discovery.{key}"
        for key in (
            "data_sourse",
            "scanner_execution.max_worker",
            "scanner_execution.timeout_seconds",
            "scanners.reddit_dd.min_scores",
            "scanners.reddit_dd.limit",
            "scanners.zzz",
            "scanners.big_gap.min_gap",
            "pipelines.edg",
            "pipelines.edge.priority",
            "vendors.finhub",
            "vendors.sec.attempts",
            "market.universe",
            "filter.exclude_tickers.0",
            "filter.min_priority",
            "ranker.limits",
        )
    )


def test_forty_wrong_keys_are_forty_problems() -> None:
    sections = ("scanner_execution", "filter", "ranker", "market")
    wrong: dict[str, Any] = {name: {f"wrong_{number}": 1 for number in range(10)} for name in sections}
    assert len(problems(wrong)) == 40


def test_the_message_names_the_page_that_explains_every_setting() -> None:
    assert "docs/configuration.md" in refusal({"discovery": {"rankr": {}}})


@pytest.mark.parametrize(
    ("discovery", "expected"),
    [
        (execution(timeout_seconds="30"), "expected a number, got '30'"),
        (execution(max_workers=2.5), "expected a whole number, got 2.5"),
        (execution(max_workers=0), "expected a number at least 1, got 0"),
        ({"scanners": {"reddit_dd": {"isolation": "fork"}}}, "expected 'thread' or 'process', got 'fork'"),
        ({"ranker": []}, "expected a dict, got []"),
        ({"filter": {"exclude_tickers": ["a b"]}}, "'a b' is not a ticker"),
    ],
)
def test_a_refusal_states_what_is_expected(discovery: Any, expected: str) -> None:
    assert expected in refusal({"discovery": discovery})


def test_a_long_value_is_cut() -> None:
    assert len(refusal({"discovery": execution(max_workers="x" * 10_000)})) < 400


# -- what does not exist yet, what has another name, what is the user's own ----------------------------


@pytest.mark.parametrize("through", ["dict", "environment"])
def test_replay_is_refused_until_it_exists(through: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if through == "environment":
        monkeypatch.setenv("TRADINGAGENTS_DATA_SOURCE", "replay")
    message = refusal({"discovery": {"data_source": "replay"} if through == "dict" else {}})
    assert "'replay' is not available" in message
    assert ("TRADINGAGENTS_DATA_SOURCE" if through == "environment" else "discovery.data_source") in message


def test_a_vendor_of_the_users_own_needs_a_base_url() -> None:
    made = parsed({"vendors": {"mine": {"base_url": "https://data.example/v1", "attempts": 2}}}).vendors
    assert made.by_name()["mine"].attempts == 2
    message = refusal({"discovery": {"vendors": {"mine": {"attempts": 2}}}})
    assert "discovery.vendors.mine: unknown vendor" in message
    assert "base_url" in message
    assert "http://" in refusal({"discovery": {"vendors": {"mine": {"base_url": "http://data.example"}}}})


@pytest.mark.parametrize(
    ("section", "problem"),
    [
        ({"api_key_env": "KEY"}, "mine: api_key_env takes either"),
        ({"api_key_header": "X-Key"}, "mine: api_key_env takes either"),
        (
            {"api_key_env": "KEY", "api_key_header": "X", "api_key_parameter": "k"},
            "mine: api_key_env takes either",
        ),
        ({"api_key_env": "KEY", "api_key_header": "X: y"}, "mine.api_key_header: "),
        ({"api_key_env": "KEY", "api_key_header": "X", "api_key_prefix": "a\r\nb"}, "mine.api_key_prefix: "),
        (
            {"api_key_env": "KEY", "api_key_parameter": "k", "api_key_prefix": "a"},
            "mine: api_key_prefix is for",
        ),
        ({"api_key": "secret"}, "mine.api_key: unknown key; did you mean 'api_key_env'?"),
        (
            {"rates": [{"requests": 0, "seconds": 1}]},
            "mine.rates.0.requests: expected a number at least 1, got 0",
        ),
    ],
)
def test_a_vendor_of_the_users_own_is_validated_like_the_others(section: Any, problem: str) -> None:
    vendors = {"mine": {"base_url": "https://data.example/v1"} | section}
    assert f"discovery.vendors.{problem}" in refusal({"discovery": {"vendors": vendors}})


@pytest.mark.parametrize("name", ["Mine", "../mine", "mine@127.0.0.1_80", "", "m" * 41])
def test_the_name_of_a_vendor_of_the_users_own_fits_a_file_name(name: str) -> None:
    vendors = {name: {"base_url": "https://data.example/v1"}}
    assert f"discovery.vendors: the vendor name {name!r}" in refusal({"discovery": {"vendors": vendors}})


def test_a_vendor_of_the_users_own_is_kept_from_the_sandbox_run() -> None:
    vendors = {**LOCAL, "mine": {"base_url": "https://data.example/v1"}}
    message = refusal({"discovery": {"data_source": "sandbox", "vendors": vendors}})
    assert "discovery.vendors.mine.base_url" in message


# -- timeouts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("general", "own", "expected"),
    [
        (None, None, 180),  # the scanner's default
        (5, None, 5),  # a smaller general timeout caps it
        (5, 180, 5),  # the default, as a full dump of the defaults has it
        (5, 90, 90),  # set by the user
        (5, 3, 3),
        (60, None, 180),  # a larger general timeout lowers nothing
        (None, 20, 20),
    ],
)
def test_a_lower_general_timeout_caps_a_scanners_default(
    general: float | None, own: float | None, expected: float
) -> None:
    given: dict[str, Any] = {}
    if general is not None:
        given |= execution(timeout_seconds=general)
    if own is not None:
        given["scanners"] = {"insider_buying": {"timeout_seconds": own}}
    assert parsed(given).timeout_of("insider_buying") == expected


# -- the defaults -----------------------------------------------------------------------------------


def test_every_built_in_scanner_has_its_section_and_pipeline() -> None:
    assert list(DEFAULTS["scanners"]) == [scanner.name for scanner in BUILT_IN]
    assert {scanner.pipeline for scanner in BUILT_IN} <= set(DEFAULTS["pipelines"])


@pytest.mark.parametrize("copied", [dict, copy.copy, lambda config: config.copy()])
def test_a_shallow_copy_that_a_host_changes_changes_no_other_graph(copied: Any) -> None:
    host = copied(DEFAULT_CONFIG)
    before = copy.deepcopy(DEFAULT_CONFIG)
    try:
        host["discovery"]["scanner_execution"]["max_workers"] = 3
        host["discovery"]["vendors"]["sec"]["rates"].clear()
        host["discovery"]["scanners"]["reddit_dd"]["subreddits"].append("poisoned")
        host["discovery"]["pipelines"]["edge"]["enabled"] = False
        made = DiscoveryGraph().config
        assert made.scanner_execution.max_workers == 8
        assert made.vendors.sec.rates
        assert "poisoned" not in made.scanners["reddit_dd"].model_dump()["subreddits"]
        assert made.pipelines["edge"].enabled
    finally:
        DEFAULT_CONFIG.clear()
        DEFAULT_CONFIG.update(before)
