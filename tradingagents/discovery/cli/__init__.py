"""The command line: ``tradingagents-discovery``, also ``python -m tradingagents.discovery``."""
