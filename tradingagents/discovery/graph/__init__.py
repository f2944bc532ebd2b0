"""LangGraph around the scan: the graph, its state, and the scanner as a node."""
