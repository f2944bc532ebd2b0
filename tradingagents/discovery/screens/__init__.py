"""Technical screens: rules over the newest daily bars of each ticker, all evaluated in one pass.

One file a screen: its thresholds, typed and documented, and the rule they stand in. ``catalogue`` lists
them, ``features`` has the numbers they share, ``evaluate`` runs them over a frame, and ``market_data`` over
the stored bars for the scanners of one scan.
"""
