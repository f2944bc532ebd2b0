"""Runs named callables under deadlines. Knows nothing of markets, HTTP or LangGraph."""
