"""LangGraph around the discovery module."""
