"""The registry: an explicit, ordered list that takes no malformed class and no name twice."""

from __future__ import annotations

from typing import Any

import pytest

from tradingagents.default_config import DEFAULT_CONFIG
from tradingagents.discovery import BaseScanner, ConfigError, ScannerRegistry, ScannerSettings


def scanner(name: Any = "good", **attributes: Any) -> type[BaseScanner]:
    base = {"name": name, "pipeline": "edge", "scan": lambda self, state: []}
    return type("Made", (BaseScanner,), {**base, **attributes})


def test_the_order_of_the_registry_is_the_order_of_registration() -> None:
    classes = [scanner("c"), scanner("a"), scanner("b")]
    registry = ScannerRegistry(classes[:2])
    registry.register(classes[2])
    assert list(registry) == classes
    assert [made.name for made in registry] == ["c", "a", "b"]
    assert len(registry) == 3
    assert repr(registry) == "ScannerRegistry([c, a, b])"


def test_a_scanner_is_found_by_its_name() -> None:
    made = scanner("good")
    registry = ScannerRegistry([made])
    assert registry["good"] is made
    assert "good" in registry
    assert "other" not in registry
    assert made not in registry
    with pytest.raises(KeyError):
        registry["other"]


def test_registering_gives_the_class_back_so_that_it_serves_as_a_decorator() -> None:
    registry = ScannerRegistry()

    @registry.register
    class Decorated(BaseScanner):
        name, pipeline = "decorated", "edge"

        def scan(self, state: Any) -> list[Any]:
            return []

    assert registry["decorated"] is Decorated


def test_registering_while_iterating_does_not_disturb_the_iteration() -> None:
    registry = ScannerRegistry([scanner("a"), scanner("b")])
    for made in registry:
        registry.register(scanner(f"{made.name}_more"))
    assert len(registry) == 4


def test_a_name_that_is_taken_is_refused_and_names_both_classes() -> None:
    registry = ScannerRegistry([scanner("same", __qualname__="First")])
    with pytest.raises(ConfigError, match="Second.*'same'.*First"):
        registry.register(scanner("same", __qualname__="Second"))
    assert len(registry) == 1
    with pytest.raises(ConfigError):
        registry.register(registry["same"])


class NoName(BaseScanner):
    pipeline = "edge"

    def scan(self, state: Any) -> list[Any]:
        return []


class NoPipeline(BaseScanner):
    name = "no_pipeline"

    def scan(self, state: Any) -> list[Any]:
        return []


class NoScan(BaseScanner):
    name, pipeline = "no_scan", "edge"


async def asynchronous(self: Any, state: Any) -> list[Any]:
    return []


MALFORMED = {
    "not a class": "market_movers",
    "an instance": scanner()(),
    "None": None,
    "another class": dict,
    "the base itself": BaseScanner,
    "no name": NoName,
    "no pipeline": NoPipeline,
    "no scan": NoScan,
    "name is empty": scanner(""),
    "name is no text": scanner(5),
    "name is None": scanner(None),
    "name has upper case": scanner("BigGap"),
    "name has a space": scanner("big gap"),
    "name has a dash": scanner("big-gap"),
    "name ends in a newline": scanner("big_gap\n"),
    "name is a property": scanner(property(lambda self: "x")),
    "pipeline is None": scanner(pipeline=None),
    "pipeline has upper case": scanner(pipeline="Edge"),
    "strategy is None": scanner(strategy=None),
    "strategy is a number": scanner(strategy=5),
    "evidence_kinds is one text": scanner(evidence_kinds="form4_purchase"),
    "evidence_kinds is a number": scanner(evidence_kinds=5),
    "evidence_kinds holds no texts": scanner(evidence_kinds=(5,)),
    "listed_only is text": scanner(listed_only="no"),
    "settings are an instance": scanner(Settings=ScannerSettings()),
    "settings are another class": scanner(Settings=dict),
    "settings are None": scanner(Settings=None),
    "scan is not callable": scanner(scan=None),
    "scan is asynchronous": scanner(scan=asynchronous),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_a_malformed_class_is_refused_when_it_is_registered(case: str) -> None:
    """Not in the middle of a scan, where only its outcome would show it."""
    registry = ScannerRegistry([scanner("there_before")])
    with pytest.raises(ConfigError) as caught:
        registry.register(MALFORMED[case])  # type: ignore[arg-type]
    assert str(caught.value)
    assert [made.name for made in registry] == ["there_before"]


def test_a_malformed_class_is_refused_by_the_constructor_too() -> None:
    with pytest.raises(ConfigError):
        ScannerRegistry([scanner("good"), NoScan])


def test_registries_share_nothing() -> None:
    first, second = ScannerRegistry.built_in(), ScannerRegistry.built_in()
    first.register(scanner("mine"))
    assert "mine" not in second
    assert "mine" not in ScannerRegistry.built_in()


def test_the_built_in_registry_has_what_the_defaults_have() -> None:
    names = {made.name for made in ScannerRegistry.built_in()}
    assert names == set(DEFAULT_CONFIG["discovery"]["scanners"])
    assert names >= {
        "market_movers",
        "insider_buying",
        "earnings_calendar",
        "analyst_revisions",
        "news_catalyst",
        "reddit_trending",
        "reddit_dd",
        "volume_accumulation",
    }
