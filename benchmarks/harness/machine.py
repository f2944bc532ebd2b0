"""Describes the machine of a run, without the name of the host."""

from __future__ import annotations

import importlib.metadata
import os
import platform

__all__ = ["libraries", "machine"]

_LIBRARIES = (
    "langgraph",
    "langchain-core",
    "loky",
    "cloudpickle",
    "pydantic",
    "requests",
    "praw",
    "finnhub-python",
    "polars",
)


def machine() -> str:
    """Return cores, interpreter and operating system in one line."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    release = ".".join(platform.release().split(".")[:2])
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{cores} cores, {platform.machine()}, {platform.system()} {release}, {python}"


def libraries() -> str:
    """Return the installed versions of the libraries in use."""
    found = []
    for name in _LIBRARIES:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return ", ".join(found)
