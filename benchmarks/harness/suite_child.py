"""The child's side of a suite: ``python -m benchmarks.harness.suite_child NAME [--quick]``."""

from __future__ import annotations

import os
import sys

from benchmarks.harness.suite import perform

if __name__ == "__main__":
    perform(sys.argv[1], quick="--quick" in sys.argv[2:])
    os._exit(0)  # a peer's hung thread must not hold the suite
