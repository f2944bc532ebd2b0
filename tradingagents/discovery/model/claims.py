"""Whether a candidate's records are of the kind its claim needs, and of the company it names. Pure.

A headline that holds the word "sells" is no upgrade, and an article about one company is no reason to look
at another. So each known kind of record says what it must hold, and whose it is. A kind that is not listed
here is taken as it is: scanners of other distributions bring kinds of their own. A candidate without
evidence is allowed unless its scanner promises some, and shows that it has none.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from tradingagents.discovery.model.candidate import Candidate, Evidence, normalise_ticker
from tradingagents.discovery.model.errors import InvalidCandidate

__all__ = ["RECORDS", "RecordKind", "check_claims"]


@dataclass(frozen=True)
class RecordKind:
    """What a kind of record holds under ``values``.

    ``subject`` is the value that names the company's symbol, in any spelling. ``needs`` names values that
    must be there, and where only some will do, which.
    """

    subject: str | None = None
    needs: Mapping[str, Collection[str] | None] = field(default_factory=dict)


_NAMED_IN_TEXT = RecordKind(needs={"matched": ("cashtag", "symbol")})  # as market/text_tickers.py tells them

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


def check_claims(candidate: Candidate, promised: Collection[str] = ()) -> None:
    """Raise :class:`InvalidCandidate` unless the evidence bears out what the candidate claims.

    ``promised`` are the kinds of record of which its scanner always brings one. A strategy that speaks of an
    upgrade or downgrade needs an analyst's action of that sort, whoever claims it.
    """
    for record in candidate.evidence:
        if (kind := RECORDS.get(record.kind or "")) is not None:
            _check_record(record, kind, candidate.ticker)
    if promised and not any(record.kind in promised for record in candidate.evidence):
        raise InvalidCandidate("evidence", f"no {' or '.join(sorted(promised))} bears it out")
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


def _ticker(text: Any) -> str | None:
    try:
        return normalise_ticker(text)
    except InvalidCandidate:
        return None


def _is_action(record: Evidence, claimed: str) -> bool:
    return record.kind == "analyst_action" and record.values.get("action") == claimed
