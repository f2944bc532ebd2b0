"""Evidence must be of the kind a claim needs, and of the company it names."""

from __future__ import annotations

from typing import Any

import pytest

from tradingagents.discovery import BaseScanner, ScannerRegistry
from tradingagents.discovery.graph.discovery_graph import DiscoveryGraph
from tradingagents.discovery.model.candidate import Candidate
from tradingagents.discovery.model.claims import RECORDS, check_claims
from tradingagents.discovery.model.errors import InvalidCandidate


def record(kind: str, **values: Any) -> dict[str, Any]:
    return {"vendor": "v", "as_of": "2026-02-05", "id": "1", "kind": kind, "values": {"x": 1, **values}}


def candidate(*evidence: dict[str, Any], strategy: str = "gap", ticker: str = "JPM") -> Candidate:
    return Candidate.parse({"ticker": ticker, "evidence": list(evidence)}, source="s", strategy=strategy)


def refusal(*evidence: dict[str, Any], promised: tuple[str, ...] = (), **more: Any) -> str | None:
    try:
        check_claims(candidate(*evidence, **more), promised)
    except InvalidCandidate as error:
        return f"{error.field}: {error.reason}".removeprefix("evidence: ")
    return None


def action(**changes: Any) -> dict[str, Any]:
    return record("analyst_action", **{"symbol": "JPM", "firm": "F", "action": "upgrade", **changes})


def test_a_candidate_without_evidence_and_one_of_an_unknown_kind_are_taken() -> None:
    assert refusal() is None
    assert refusal(record("my_own", symbol="OTHER")) is None
    assert refusal({**record("x"), "kind": None}) is None


def test_an_upgrade_needs_an_analysts_action() -> None:
    """Of 44 picks of a scanner for upgrades that read headlines, two were analysts' actions."""
    headline = record("news_sentiment", ticker="JPM", sentiment=0.9)
    stated = "'analyst_upgrade' needs an analyst_action of upgrade"
    assert refusal(headline, strategy="analyst_upgrade") == stated
    assert refusal(strategy="analyst_upgrade") == stated
    assert refusal(action(action="downgrade"), strategy="analyst_upgrade") == stated
    assert refusal(headline, action(), strategy="analyst_upgrade") is None
    assert refusal(action(action="downgrade"), strategy="Downgrades") is None
    assert refusal(action(), strategy="Downgrades") == "'Downgrades' needs an analyst_action of downgrade"


@pytest.mark.parametrize("strategy", ["consensus_up", "subgrade", "", "gap_up_grade"])
def test_a_strategy_that_speaks_of_no_upgrade_needs_none(strategy: str) -> None:
    assert refusal(strategy=strategy) is None


@pytest.mark.parametrize(
    ("changes", "stated"),
    [
        ({"action": "sells"}, "analyst_action whose action is 'sells'"),
        ({"firm": None}, "analyst_action without firm"),
        ({"symbol": "SIRI"}, "analyst_action of 'SIRI', but the candidate is JPM"),
        ({"symbol": None}, "analyst_action of None, but the candidate is JPM"),
        ({"symbol": 5}, "analyst_action of 5, but the candidate is JPM"),
    ],
)
def test_a_record_without_the_values_of_its_kind_is_rejected(changes: dict[str, Any], stated: str) -> None:
    assert refusal(action(**changes)) == stated


def test_a_records_company_may_be_spelled_as_the_vendor_does() -> None:
    assert refusal(record("market_mover", ticker="BRK-B", change_percent=1.0), ticker="BRK.B") is None
    assert refusal(record("market_mover", ticker="BRK-A", change_percent=1.0), ticker="BRK.B") is not None


@pytest.mark.parametrize("kind", ["reddit_mention", "reddit_research", "text_mention"])
def test_a_ticker_in_free_text_needs_a_cashtag_or_a_listed_symbol(kind: str) -> None:
    """Counting substrings once found IT in "with" and called it trending."""
    assert refusal(record(kind, matched="cashtag")) is None
    assert refusal(record(kind, matched="symbol")) is None
    assert refusal(record(kind, matched="substring")) == f"{kind} whose matched is 'substring'"
    assert refusal(record(kind)) == f"{kind} without matched"


def test_a_sale_is_no_insider_purchase() -> None:
    assert refusal(record("form4_purchase", code="P", shares=10)) is None
    assert refusal(record("form4_purchase", code="S", shares=10)) == "form4_purchase whose code is 'S'"


def test_a_scanner_that_promises_a_record_must_bring_one() -> None:
    stated = "no market_mover or my_own supports it"
    assert refusal(promised=("my_own", "market_mover")) == stated
    assert refusal(record("other"), promised=("my_own", "market_mover")) == stated
    assert refusal(record("other"), record("my_own"), promised=("my_own", "market_mover")) is None


def test_a_false_claim_costs_that_candidate_only_and_its_reason_is_in_the_receipt() -> None:
    class Upgrades(BaseScanner):
        name, pipeline, strategy = "upgrades", "events", "analyst_upgrade"

        def scan(self, state: dict[str, Any]) -> Any:
            yield {"ticker": "JPM", "context": "from a headline", "evidence": [record("news", ticker="SIRI")]}
            yield {"ticker": "JPM", "evidence": [action()]}

    update = DiscoveryGraph(None, ScannerRegistry([Upgrades])).scanner_node({"trade_date": "2026-02-05"})
    [outcome] = update["scan_report"]["outcomes"]
    assert update["tickers"] == ["JPM"]
    [rejected] = outcome["rejected"]
    assert rejected["candidate"]["context"] == "from a headline"
    assert rejected["reason"] == "evidence: 'analyst_upgrade' needs an analyst_action of upgrade"


def test_built_in_scanners_promise_the_record_their_claims_rest_on() -> None:
    promising = {cls.name for cls in ScannerRegistry.built_in() if cls.evidence_kinds}
    assert promising >= {
        "insider_buying",
        "material_events",
        "short_squeeze",
        "short_volume",
        "market_movers",
        "earnings_calendar",
        "earnings_surprise",
        "analyst_revisions",
        "options_flow",
        "news_catalyst",
        "reddit_trending",
        "reddit_dd",
    }


def test_the_kinds_that_are_promised_are_known() -> None:
    promised = {kind for cls in ScannerRegistry.built_in() for kind in cls.evidence_kinds}
    assert promised <= set(RECORDS)
