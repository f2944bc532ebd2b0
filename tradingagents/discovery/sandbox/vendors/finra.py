"""FINRA's daily short sale volume files, ``CNMSshvolYYYYMMDD.txt``, and its bi-monthly short interest files.

Source: finra.org, "Daily Short Sale Volume Files" and the file layout there. Recent daily files have volumes
with six decimals and an empty line after the header; the last line is the bare number of rows. A day
without a file, and a caller without a User-Agent, get 403.
"""

from __future__ import annotations

import re
from datetime import date
from functools import partial

from tradingagents.discovery.sandbox.http.wire import TEXT, Request, Response, Vendor, parse_day
from tradingagents.discovery.sandbox.world.short_selling.short_interest import short_interest_file

__all__ = ["Finra"]

_FILE = re.compile(r"/equity/regsho/daily/CNMSshvol(\d{8})\.txt")
_SHORT_INTEREST = re.compile(r"/equity/otcmarket/biweekly/shrt(\d{8})\.csv")
_COLUMNS = "Date|Symbol|ShortVolume|ShortExemptVolume|TotalVolume|Market"
_DENIED = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
)


class Finra(Vendor):
    """The files of one year."""

    name = "finra"

    def endpoint(self, request: Request) -> str:
        if _SHORT_INTEREST.fullmatch(request.path):
            return "short_interest"
        return "short_volume" if _FILE.fullmatch(request.path) else "unknown"

    def answer(self, request: Request) -> Response:
        if not request.headers.get("user-agent"):
            return _refused()
        if found := _SHORT_INTEREST.fullmatch(request.path):
            return self._short_interest(parse_day(found[1]))
        found = _FILE.fullmatch(request.path)
        day = parse_day(found[1]) if found else None
        if day not in self._market.sessions:
            return _refused()
        return self._cache.get(day, lambda: self._file(self._market.sessions.index(day)))

    def refuse(self, request: Request, reason: str) -> Response:
        return _refused()

    def _short_interest(self, day: date | None) -> Response:
        positions = self._market.short_positions
        if day is None or positions.published.get(day, date.max) > self._market.as_of:
            return _refused()
        build = partial(short_interest_file, positions, self._market.listings, day)
        return self._cache.get(
            ("short interest", day), lambda: Response(200, build().encode("latin-1"), TEXT)
        )

    def _file(self, session: int) -> Response:
        stamp = f"{self._market.sessions[session]:%Y%m%d}"
        back = session - len(self._market.sessions)  # count from the end: new listings have fewer rows
        rows = []
        for symbol, figures in self._market.short_volumes.items():
            if len(figures) >= -back:
                short, exempt, total, markets = figures[back]
                spelled = self._market.by_symbol[symbol].finra
                rows.append(f"{stamp}|{spelled}|{short:.6f}|{exempt:.6f}|{total:.6f}|{markets}")
        rows.sort(key=lambda row: row.split("|", 2)[1])
        return Response(200, "\n".join([_COLUMNS, "", *rows, str(len(rows)), ""]).encode(), TEXT)


def _refused() -> Response:
    return Response(403, _DENIED, "application/xml")
