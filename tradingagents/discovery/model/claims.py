"""Check that a candidate's records support its claim and are about its company. Pure.

A headline with the word "sells" is not a downgrade, and an article about one company is not evidence about
another. So :data:`RECORDS` lists for each known kind of record the values it needs and the one that names
the company. Unknown kinds are not checked: third-party scanners have their own. A candidate without evidence
is valid unless its scanner has ``evidence_kinds``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from tradingagents.discovery.model.candidate import Candidate, Evidence, normalise_ticker
from tradingagents.discovery.model.errors import InvalidCandidate

__all__ = ["RECORDS", "RecordKind", "check_claims"]


@dataclass(frozen=True)
class RecordKind:
    """Requirements on the ``values`` of a kind of record.

    ``subject`` is the key of the company's symbol, in any spelling. ``needs`` maps required keys to their
    allowed values, None for any.
    """

    subject: str | None = None
    needs: Mapping[str, Collection[str] | None] = field(default_factory=dict)


_NAMED_IN_TEXT = RecordKind(needs={"matched": ("cashtag", "symbol")})  # see tickers/find.py

RECORDS: Mapping[str, RecordKind] = {
    "form4_purchase": RecordKind(needs={"code": ("P",), "shares": None}),
    "form_8k": RecordKind(needs={"items": None, "counted": None}),
    "analyst_action": RecordKind("symbol", {"firm": None, "action": ("upgrade", "downgrade", "initiation")}),
    "analyst_consensus": RecordKind("symbol", {"mean": None}),
    "earnings_date": RecordKind("symbol", {"date": None}),
    "earnings_report": RecordKind("symbol", {"direction": ("beat", "miss", "mixed")}),
    "market_mover": RecordKind("ticker", {"change_percent": None}),
    "news_sentiment": RecordKind("ticker", {"sentiment": None}),
    "off_exchange_volume": RecordKind("symbol", {"ratio": None}),
    "option_contract": RecordKind("symbol", {"volume": None}),
    "reddit_mention": _NAMED_IN_TEXT,
    "reddit_research": _NAMED_IN_TEXT,
    "short_interest": RecordKind("symbol", {"days_to_cover": None}),
    "short_sale_volume": RecordKind("symbol", {"short_share": None}),
    "text_mention": _NAMED_IN_TEXT,
}

_ACTION = re.compile(r"(?<![a-z])(upgrade|downgrade)", re.IGNORECASE)


def check_claims(candidate: Candidate, required: Collection[str] = ()) -> None:
    """Raise :class:`InvalidCandidate` unless the evidence supports what the candidate claims.

    At least one record must be of a kind in ``required``, the scanner's ``evidence_kinds``, if there are any.
    A strategy named after an upgrade or downgrade needs an analyst action of that type.
    """
    for record in candidate.evidence:
        if (kind := RECORDS.get(record.kind or "")) is not None:
            _check_record(record, kind, candidate.ticker)
    if required and not any(record.kind in required for record in candidate.evidence):
        raise InvalidCandidate("evidence", f"no {' or '.join(sorted(required))} supports it")
    for claimed in {word.lower() for word in _ACTION.findall(candidate.strategy)}:
        if not any(_is_action(record, claimed) for record in candidate.evidence):
            raise InvalidCandidate("evidence", f"{candidate.strategy!r} needs an analyst_action of {claimed}")


def _check_record(record: Evidence, kind: RecordKind, ticker: str) -> None:
    for name, valid in kind.needs.items():
        value = record.values.get(name)
        if value is None:
            raise InvalidCandidate("evidence", f"{record.kind} without {name}")
        if valid is not None and value not in valid:
            raise InvalidCandidate("evidence", f"{record.kind} whose {name} is {value!r}")
    if kind.subject is not None and _ticker(record.values.get(kind.subject)) != ticker:
        whose = record.values.get(kind.subject)
        raise InvalidCandidate("evidence", f"{record.kind} of {whose!r}, but the candidate is {ticker}")


def _ticker(text: object) -> str | None:
    try:
        return normalise_ticker(text)
    except InvalidCandidate:
        return None


def _is_action(record: Evidence, claimed: str) -> bool:
    return record.kind == "analyst_action" and record.values.get("action") == claimed
