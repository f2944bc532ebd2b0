"""What the module knows of the market: symbols, universes, tickers in text, daily bars, indicators, screens.

Importing this package pulls in nothing heavy. Import the part that is needed, for example
``from tradingagents.discovery.market.symbols import SymbolDirectory``; only ``schema``, ``store``,
``importing``, ``indicators`` and ``screens`` need Polars, and only ``calendar`` needs exchange_calendars.
"""
