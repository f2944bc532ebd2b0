"""The LangGraph: its state, the scanner node, and ``DiscoveryGraph``."""
