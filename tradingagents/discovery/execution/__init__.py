"""Runs named callables under deadlines. Independent of markets, HTTP and LangGraph."""
