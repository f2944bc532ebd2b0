"""The words that stand beside a ticker in what people write of markets: plain data, lower case."""

from __future__ import annotations

__all__ = [
    "HELD",
    "LEGAL_FORMS",
    "LETTERED",
    "MARKET",
    "MEASURED",
    "OPTIONS",
    "SECURITIES",
    "STANCES",
    "TRADES",
]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


OPTIONS = _words("call calls put puts leap leaps weekly weeklies fds option options")

SECURITIES = OPTIONS | _words(
    "share shares stock stocks stonk stonks bagholder bagholders holders gang bulls bears squeeze merger"
)
"""What one has, or is, of a ticker: `GME calls`, `shares of GME`, `GME gang`."""

STANCES = _words(
    "bullish bearish long short position positions invested investment yolo yoloed dd bet stake earnings in"
)
"""What leads up to a ticker: `bullish on GME`, `position in GME`, `all in on GME`."""

TRADES = _words("""
buy buying bought sell selling sold hold holding held own owning short shorting shorted long longing longed
""")
"""What one does with a ticker."""

HELD = SECURITIES | TRADES | (STANCES - {"in"})
"""Words that are shouted beside a ticker without making it a part of what they stress."""

MARKET = HELD | _words("""
ath avg bagger bagholding bet bets buyout catalyst catalysts chart crash crashed crashing dip dips dividend
downgrade downgraded downside drilling dump dumped dumping etf expiring expiry gain gained gains gap gapping
guidance invest investing investor investors jumped jumps longs loss losses margin margins market moon
mooned mooning overbought oversold overvalued plunge plunged plunges plunging popping portfolio premarket
price profit profits pt pump pumped pumping rallied rallies rally rallying revenue rip ripping rips rocket
rockets shorts soared soaring soars strike surge surged surges surging tank tanked tanking tanks tendies
ticker tickers trade traded trading undervalued upgrade upgraded upside valuation \U0001f680
""")
"""Words that show that a passage is about trading."""

LETTERED = _words("class form gen grade part plan round schedule series type vitamin")
"""Words that a single letter may follow without being a symbol: `Class B`."""

MEASURED = _words("lower upper middle outer bollinger")
"""Words before two letters that name a line of a chart (`the lower BB`) and no company."""

LEGAL_FORMS = _words("ab ag as asa bv kg nv sa se spa")
"""What foreign companies have behind their names: `TotalEnergies SE`."""
