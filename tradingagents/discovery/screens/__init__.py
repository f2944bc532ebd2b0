"""Technical screens: rules over the newest bars of each ticker, all evaluated in one pass.

``catalogue`` builds them by name, ``evaluate`` runs them, ``base`` has the records.
"""
