# One command each: `make demo` shows it, `make test` tests it, `make check` checks its form.
# Each sets up what it needs first; a second time that takes no time.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
ARGS ?=
MINUTES ?= 10
SEED ?= 1

# Tests are compiled once, also where Python's bytecode is unwanted otherwise: half of the time that it takes to find them.
test quick: export PYTHONDONTWRITEBYTECODE :=

.PHONY: help setup engine demo test quick campaign benchmark check schema answers previews lock clean
.DELETE_ON_ERROR:

help: ## Show these targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18

setup: engine $(VENV)/.packages ## Make the virtual environment and find or build Pulumi's engine

demo: setup ## Four handovers against the local Alibaba Cloud, all the way to their new owner; ARGS=--verbose shows all
	@$(BIN)/python -m tools.demo $(ARGS)

test: setup ## All tests; ARGS is handed to pytest
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal $(ARGS)

quick: setup ## The tests without Pulumi's engine, for the working day; ARGS is handed to pytest
	QUICK_TESTS=1 $(BIN)/python -m pytest --numprocesses auto --dist worksteal tests/unit tests/wire $(ARGS)

campaign: setup ## Random sequences on the real engine: MINUTES=10 from SEED=1; ARGS is handed on
	@COLD_PYTHON=1 $(BIN)/python -m tests.campaign --minutes $(MINUTES) --seed $(SEED) $(ARGS)

benchmark: setup ## How long many handovers take, beside do-nothing resources; ARGS="--sizes 100 --rounds 1" for less
	@$(BIN)/python -m benchmarks $(ARGS)

check: setup ## Linters, formatting, types, architecture, the schema
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m tools.schema --check

schema: setup ## Write the files' JSON Schemas for editors
	$(BIN)/python -m tools.schema

answers: setup ## Write what Alibaba Cloud's SDK publishes of each answer, for the sandbox
	$(BIN)/python -m tools.answers

previews: setup ## Write docs/previews.md and docs/plans.md: what a reviewer sees in each stage
	$(BIN)/python -m tools.previews

lock: setup ## Write the lock files anew, with the newest versions allowed
	for name in requirements-build requirements; do \
	  $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
	    --generate-hashes --no-emit-index-url --no-header $$name.in --output-file $$name.lock || exit 1; \
	done

clean: ## Remove the virtual environment, caches and the sandbox's leftovers
	-@test ! -x $(BIN)/alicloud-sandbox || $(BIN)/alicloud-sandbox down >/dev/null 2>&1
	rm -rf $(VENV) .sandbox .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

# Before the packages, so that a machine that can't have an engine says so at once.
engine: $(VENV)/.made
	@$(BIN)/python -m tools.toolchain.engine $(VENV)

# Stamps are written last: what a broken-off run left half-made is made again.
$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed, and '$(PYTHON)' is not; name another: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "'$(PYTHON)' can't make virtual environments; install its venv package (Debian: python3-venv)." >&2; exit 1; }
	@echo "Making the virtual environment in $(VENV)."
	@$(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(VENV)/.packages: $(VENV)/.made requirements-build.lock requirements.lock pyproject.toml sandbox/pyproject.toml
	@echo "Installing the locked packages, about a minute."
	@$(PIP) install --require-hashes -r requirements-build.lock
	@$(PIP) install --require-hashes --no-build-isolation -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e . -e ./sandbox
	@touch $@
