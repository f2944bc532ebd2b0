"""What the engine's tests are given."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """An event that is set at the end of the test, so that no hung thread outlives it for long."""
    made = threading.Event()
    yield made
    made.set()
