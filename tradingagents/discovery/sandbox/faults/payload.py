"""Bodies that are well formed but contain wrong values: JSON, tables and XML.

Only figures change (numbers, and strings that are numbers), so that records keep their ids and symbols.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from datetime import date, timedelta

__all__ = ["duplicate_fields", "nan", "negative", "nulls", "shift_dates", "unknown_fields"]

_FIGURE = re.compile(r"[+-]?\d+(?:\.\d+)?%?")
_IN_XML = re.compile(rf">({_FIGURE.pattern})<")
_LEAF = re.compile(r"<(\w+)>[^<>]*</\1>")
_ISO_DATE = re.compile(r"\b(20\d\d)-(\d\d)-(\d\d)")
_COMPACT_DATE = re.compile(r"\b(20[23]\d)([01]\d)([0-3]\d)(?=\D|\d{6}\b|$)")
_UNIX_TIME = re.compile(r"\b1[6-9]\d{8}\b")
_DAY_SECONDS = 86_400
_UNKNOWN = "sandbox_unknown"


def _rewrite(body: bytes, figure: Callable[[str], str], number: Callable[[float], object]) -> bytes:
    """Replace every figure: in texts with ``figure``, JSON numbers with ``number``."""
    text = body.decode("latin-1")
    if text.lstrip()[:1] in {"{", "["}:
        return json.dumps(_walk(json.loads(body), figure, number)).encode()
    if "<" in text[:200]:
        return _IN_XML.sub(lambda found: f">{figure(found[1])}<", text).encode("latin-1")
    return _table(text, lambda cell: figure(cell) if _FIGURE.fullmatch(cell) else cell).encode("latin-1")


def _walk(value: object, figure: Callable[[str], object], number: Callable[[float], object]) -> object:
    if isinstance(value, dict):
        return {name: _walk(inner, figure, number) for name, inner in value.items()}
    if isinstance(value, list):
        return [_walk(inner, figure, number) for inner in value]
    if isinstance(value, str):
        return figure(value) if _FIGURE.fullmatch(value) else value
    return number(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _delimiter(line: str) -> str:
    return max("|,", key=line.count)


def _table(text: str, cell: Callable[[str], str]) -> str:
    """Rewrite the cells of each row; the header, and lines without a delimiter, stay."""
    lines = text.splitlines(keepends=True)
    return "".join(lines[:1] + [_row(line, cell) for line in lines[1:]])


def _row(line: str, cell: Callable[[str], str]) -> str:
    delimiter = _delimiter(line)
    bare = line.rstrip("\r\n")
    if delimiter not in bare:
        return line
    return delimiter.join(map(cell, bare.split(delimiter))) + line[len(bare) :]


def nulls(body: bytes) -> bytes:
    """Make every figure null; in tables and XML, empty."""
    text = body.decode("latin-1").lstrip()
    if text[:1] in {"{", "["}:
        return json.dumps(_walk(json.loads(body), lambda _: None, lambda _: None)).encode()
    return _rewrite(body, lambda _: "", lambda _: None)


def nan(body: bytes) -> bytes:
    """Make every figure NaN, which Python writes and reads as JSON though the standard has no such thing."""
    return _rewrite(body, lambda _: "NaN", lambda _: math.nan)


def negative(body: bytes) -> bytes:
    """Turn every positive figure negative."""
    return _rewrite(body, lambda figure: f"-{figure.lstrip('+-')}", lambda number: -abs(number))


def duplicate_fields(body: bytes) -> bytes:
    """Write each member of a JSON object twice, first as null; each row of a table and leaf of XML twice."""
    text = body.decode("latin-1")
    if text.lstrip()[:1] in {"{", "["}:
        return _twice(json.loads(body)).encode()
    if "<" in text[:200]:
        return _LEAF.sub(lambda found: found[0] * 2, text).encode("latin-1")
    lines = text.splitlines(keepends=True)
    doubled = [line * 2 if _delimiter(line) in line else line for line in lines[1:]]
    return "".join(lines[:1] + doubled).encode("latin-1")


def _twice(value: object) -> str:
    if isinstance(value, dict):
        pairs = ((json.dumps(name), _twice(inner)) for name, inner in value.items())
        return "{" + ",".join(f"{name}:null,{name}:{inner}" for name, inner in pairs) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_twice, value)) + "]"
    return json.dumps(value)


def unknown_fields(body: bytes) -> bytes:
    """Add a member to each JSON object, a last column to tables, an element behind each leaf of XML."""
    text = body.decode("latin-1")
    if text.lstrip()[:1] in {"{", "["}:
        return json.dumps(_extended(json.loads(body))).encode()
    if "<" in text[:200]:
        return _LEAF.sub(lambda found: f"{found[0]}<{_UNKNOWN}>1</{_UNKNOWN}>", text).encode("latin-1")
    head, *rows = text.splitlines(keepends=True) or [""]
    rows = [_widen(row, "1") if _delimiter(row) in row else row for row in rows]
    return "".join([_widen(head, _UNKNOWN), *rows]).encode("latin-1")


def _extended(value: object) -> object:
    if isinstance(value, dict):
        return {
            **{name: _extended(inner) for name, inner in value.items()},
            _UNKNOWN: {"deep": [1, None, "x"]},
        }
    return [_extended(inner) for inner in value] if isinstance(value, list) else value


def _widen(line: str, cell: str) -> str:
    bare = line.rstrip("\r\n")
    return f"{bare}{_delimiter(line)}{cell}{line[len(bare) :]}"


def shift_dates(body: bytes, seconds: float) -> bytes:
    """Move every date in a body by whole days, and every unix time by the seconds."""
    days = timedelta(days=int(seconds // _DAY_SECONDS))

    def moved(found: re.Match[str]) -> str:
        try:
            day = date(int(found[1]), int(found[2]), int(found[3])) + days
        except ValueError:
            return found[0]  # eight digits that are no date
        return f"{day:%Y-%m-%d}" if "-" in found[0] else f"{day:%Y%m%d}"

    text = _UNIX_TIME.sub(lambda found: str(int(int(found[0]) + seconds)), body.decode("latin-1"))
    return _COMPACT_DATE.sub(moved, _ISO_DATE.sub(moved, text)).encode("latin-1")
