# Every target sets up what it needs in .venv, the first time and when the dependencies changed.

# The first interpreter here that is new enough; name another with `make PYTHON=...`.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
READY := .venv/.ready
# Test processes: one more than there are cores, because tests also wait; four at most.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print(min((os.cpu_count() or 1) + 1, 4))')

.PHONY: verify test test-slow check bench clean docs

verify: $(READY)  ## scan a synthetic market, concurrently and sequentially, and compare
	$(BIN)/python verify_concurrent_execution.py

test: $(READY)  ## run the tests, except those marked slow
	$(BIN)/python -m pytest -q -n $(WORKERS) -m "not slow"

test-slow: $(READY)  ## run the tests marked slow: kill loops, matrices over all scanners, long property tests
	$(BIN)/python -m pytest -q -n $(WORKERS) -m slow

check: $(READY)  ## lint, format, types, and the workflows of .github
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/zizmor --offline --quiet --strict-collection --no-progress .github

bench: $(READY)  ## compare with other ways to run scanners; writes benchmarks/results.json and results.md
	$(BIN)/python -m benchmarks

docs: $(READY)  ## write docs/configuration.md and docs/api.md from the code
	$(BIN)/python docs/generate.py

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache

$(READY): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; name it with make PYTHON=/path/to/python"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[dev]"
	@touch $(READY)
