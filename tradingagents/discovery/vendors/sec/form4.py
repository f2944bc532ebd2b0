"""Form 4, an insider's statement of changes in holdings, parsed into frozen records. Pure functions.

Source: SEC, "EDGAR Ownership XML Technical Specification". Dates are as filed, without the time-zone suffix;
prices are US dollars a share, as floats, whose sixteen digits are more than a filing has.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from tradingagents.discovery.model.errors import BadPayload

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["Issuer", "Owner", "OwnershipFiling", "Transaction", "parse_form4"]


@dataclass(frozen=True, slots=True)
class Issuer:
    """The company whose shares were traded. ``symbol`` is as filed, ``""`` where missing."""

    cik: int
    name: str
    symbol: str


@dataclass(frozen=True, slots=True)
class Owner:
    """The reporting owner and its relationship to the issuer. ``title`` is an officer's, else ``""``."""

    cik: int
    name: str
    director: bool
    officer: bool
    ten_percent: bool
    other: bool
    title: str


@dataclass(frozen=True, slots=True)
class Transaction:
    """One row of the table of non-derivative securities.

    ``price`` and ``shares`` are None where only a footnote states them; shares may be fractional.
    ``shares_following`` is None where the filer reported a value instead. ``placed`` is True where a footnote
    of the trade itself mentions an offering, a placement, a private sale or a purchase plan for employees.
    """

    security: str
    day: date
    code: str
    shares: float | None
    price: float | None
    acquired: bool
    equity_swap: bool
    direct: bool
    shares_following: float | None
    placed: bool = False


@dataclass(frozen=True, slots=True)
class OwnershipFiling:
    """A Form 4 or 4/A.

    ``period`` is the day of the earliest transaction. ``plan_box`` is the 10b5-1 box, None where the form
    has none (before April 2023); ``plan_in_notes`` is True where a footnote or remark mentions such a plan.
    ``original_day`` is the filing day of the filing that an amendment restates, None where not stated.
    """

    form: str
    period: date
    original_day: date | None
    issuer: Issuer
    owners: tuple[Owner, ...]
    plan_box: bool | None
    plan_in_notes: bool
    transactions: tuple[Transaction, ...]

    @property
    def is_amendment(self) -> bool:
        return self.form == "4/A"

    @property
    def plan_10b5_1(self) -> bool | None:
        """Whether it was traded under a 10b5-1 plan, by the box, then by the notes; None is unknown."""
        if self.plan_box is None:
            return True if self.plan_in_notes else None
        return self.plan_box


def parse_form4(document: bytes | str) -> OwnershipFiling:
    """Parse an ownership document, bare or inside the full submission text of either layout.

    Raises :class:`BadPayload` for a malformed document, and for forms other than 4 and 4/A.
    """
    root = _root(document)
    form = _text(root, "documentType")
    if form not in {"4", "4/A"}:
        raise _bad(f"Form {form or '(unnamed)'}")
    owners = tuple(_owner(one) for one in root.findall("reportingOwner"))
    if not owners:
        raise _bad("no reporting owner")
    box = root.find("aff10b5One")
    amends = _text(root, "dateOfOriginalSubmission")
    return OwnershipFiling(
        form=form,
        period=_date(root, "periodOfReport"),
        original_day=_date(root, "dateOfOriginalSubmission") if amends else None,
        issuer=Issuer(
            cik=_cik(root, "issuer/issuerCik"),
            name=_text(root, "issuer/issuerName"),
            symbol=_text(root, "issuer/issuerTradingSymbol"),
        ),
        owners=owners,
        plan_box=None if box is None else _flag(root, "aff10b5One"),
        plan_in_notes=_names_plan(root),
        transactions=_transactions(root),
    )


_OPENING, _CLOSING = "<ownershipDocument", "</ownershipDocument>"


def _root(document: bytes | str) -> Element:
    text = document if isinstance(document, str) else _decoded(document)
    start, end = text.find(_OPENING), text.rfind(_CLOSING)
    if start < 0:
        raise _bad("no ownership document")
    if end < start:
        raise _bad("the ownership document is truncated")
    try:
        root: Element = fromstring(text[start : end + len(_CLOSING)])
    except (ParseError, DefusedXmlException) as error:
        raise _bad(f"malformed XML ({error})") from None
    return root


def _decoded(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("latin-1")  # accepted by EDGAR; submission texts declare no encoding


def _owner(element: Element) -> Owner:
    relationship = "reportingOwnerRelationship/"
    return Owner(
        cik=_cik(element, "reportingOwnerId/rptOwnerCik"),
        name=_text(element, "reportingOwnerId/rptOwnerName"),
        director=_flag(element, relationship + "isDirector"),
        officer=_flag(element, relationship + "isOfficer"),
        ten_percent=_flag(element, relationship + "isTenPercentOwner"),
        other=_flag(element, relationship + "isOther"),
        title=_text(element, relationship + "officerTitle"),
    )


def _transactions(root: Element) -> tuple[Transaction, ...]:
    notes = {note.get("id", ""): _one_line(note) for note in root.findall("footnotes/footnote")}
    return tuple(
        _transaction(row, notes) for row in root.findall("nonDerivativeTable/nonDerivativeTransaction")
    )


def _transaction(element: Element, notes: Mapping[str, str]) -> Transaction:
    amounts, coding = "transactionAmounts/", "transactionCoding/"
    return Transaction(
        security=_text(element, "securityTitle/value"),
        day=_date(element, "transactionDate/value"),
        code=_text(element, coding + "transactionCode").upper(),
        shares=_number(element, amounts + "transactionShares/value"),
        price=_number(element, amounts + "transactionPricePerShare/value"),
        acquired=_text(element, amounts + "transactionAcquiredDisposedCode/value").upper() == "A",
        equity_swap=_flag(element, coding + "equitySwapInvolved"),
        direct=_text(element, "ownershipNature/directOrIndirectOwnership/value").upper() != "I",
        shares_following=_number(element, "postTransactionAmounts/sharesOwnedFollowingTransaction/value"),
        placed=any(_PLACED.search(notes.get(note, "")) for note in _own_notes(element)),
    )


def _own_notes(element: Element) -> Iterator[str]:
    """Yield the footnote ids of the trade itself; notes on holdings may mention older trades."""
    for part in ("securityTitle", "transactionDate", "transactionCoding", "transactionAmounts"):
        for found in element.iterfind(f"{part}//footnoteId"):
            yield found.get("id", "")


_DATE = re.compile(r"(\d{4}-\d\d-\d\d)(?:Z|[+-]\d\d:\d\d)?")
_PLAN = re.compile(r"10b5\s?-\s?1", re.IGNORECASE)
_DENIAL = re.compile(r"\b(?:not|no|outside|other than)\b[^.;]*10b5\s?-\s?1", re.IGNORECASE)


def _one_line(note: Element) -> str:
    """Return a note's text without line breaks."""
    return " ".join("".join(note.itertext()).split())


_PLACED = re.compile(
    r"\b(?:public|direct|rights|secondary|underwritten|follow-on|concurrent) offering|\bprivate(?:ly)? "
    r"(?:placement|offering|negotiated|transaction)|\b(?:purchase|subscription|underwriting) agreement|"
    r"\bdirected share program|\bdividend reinvestment|\bemployee (?:stock|share) purchase|\btender offer",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[.;])\s")


def _text(element: Element, path: str) -> str:
    return " ".join((element.findtext(path) or "").split())


def _cik(element: Element, path: str) -> int:
    text = _text(element, path)
    if not (text.isascii() and text.isdigit()):
        raise _bad(f"{path} is {text[:40]!r}, not a CIK")
    return int(text)


def _date(element: Element, path: str) -> date:
    text = _text(element, path)
    if found := _DATE.fullmatch(text):
        try:
            return date.fromisoformat(found[1])
        except ValueError:
            pass
    raise _bad(f"{path} is {text[:40]!r}, not a date")


def _number(element: Element, path: str) -> float | None:
    text = _text(element, path)
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or number < 0:
        raise _bad(f"{path} is {text[:40]!r}, not an amount")
    return number


def _flag(element: Element, path: str) -> bool:
    text = _text(element, path).lower()
    if text not in {"", "0", "1", "false", "true"}:
        raise _bad(f"{path} is {text[:40]!r}, neither true nor false")
    return text in {"1", "true"}


def _names_plan(root: Element) -> bool:
    notes = [*root.findall("footnotes/footnote"), *root.findall("remarks")]
    sentences = (part for note in notes for part in _SENTENCE.split("".join(note.itertext())))
    return any(_PLAN.search(sentence) and not _DENIAL.search(sentence) for sentence in sentences)


def _bad(what: str) -> BadPayload:
    return BadPayload("sec", f"not a valid Form 4: {what}")
