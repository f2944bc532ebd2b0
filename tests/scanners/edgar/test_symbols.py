"""Symbols as people type them."""

from __future__ import annotations

import pytest

from tradingagents.discovery.scanners.edgar.symbols import ticker_of


@pytest.mark.parametrize(
    ("typed", "ticker"),
    [
        ("EXMP", "EXMP"),
        (" exmp ", "EXMP"),
        ("NYSE: EXMP", "EXMP"),
        ("Nasdaq:exmp", "EXMP"),
        ("NYSE American: EXMP", "EXMP"),
        ("(NASDAQ GS: EXMP)", "EXMP"),
        ("EXMP (NYSE)", "EXMP"),
        ('"EXMP"', "EXMP"),
        ("$EXMP", "EXMP"),
        ("brk-b", "BRK.B"),
        ("BRK/B", "BRK.B"),
        ("F", "F"),
        ("NONE", None),
        ("None", None),
        ("N/A", None),
        ("", None),
        ("GOOG, GOOGL", None),
        ("GOOG/GOOGL", None),
        ("BF/BFA", None),
        ("Not publicly traded", None),
        ("NYSE", "NYSE"),
    ],
)
def test_a_typed_symbol_becomes_a_normalised_ticker_or_none(typed, ticker):
    assert ticker_of(typed) == ticker
