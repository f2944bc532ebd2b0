"""Faults on demand: rules, payloads, effects, rate limits."""
