"""Technical indicators as pure Polars expressions of one ticker's bars, oldest first.

Give them plain columns and lay the result over the tickers (``rsi(pl.col("close"), 14).over("ticker")``),
or use them inside a ``group_by("ticker")``. A value is null until its warm-up is over. A null input is
skipped by the smoothed averages and makes the windows over it null; a NaN spreads to every value it
enters, for the smoothed averages to all later ones. Nothing is filled in.
"""
