# What there is to do here; each target makes what it needs. `make` lists them.
.DEFAULT_GOAL := help
.PHONY: help demo check quick test test-all lint format bench bench-compare bench-connections bench-growth screenshots clean

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
SIZE ?= 10000
# How many processes run tests, each with a server and a PostgreSQL of its own: two for each core, as
# most tests wait for others. One that is done takes half of what the busiest has left.
JOBS ?= $(shell echo $$((2 * $$(getconf _NPROCESSORS_ONLN))))
PYTEST := $(BIN)/python -m pytest --dist worksteal --durations 25
# Python reads a module faster from bytecode, and the tests start it 500 times.
unexport PYTHONDONTWRITEBYTECODE

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.venv/made:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Icefloe needs Python 3.11 or later: make PYTHON=python3.12 …")'
	@$(PYTHON) -m venv .venv
	@touch $@

.venv/runtime: .venv/made pyproject.toml constraints.txt
	@$(PIP) install --constraint constraints.txt --editable .
	@touch $@

.venv/development: .venv/made pyproject.toml constraints.txt
	@$(PIP) install --constraint constraints.txt --editable '.[test,lint]'
	@touch $@ .venv/runtime

demo: .venv/runtime ## serve 1,000 sample customers; Ctrl-C stops it
	@exec $(BIN)/icefloe demo

check: .venv/development ## check style, types, and what needs no server, browser or PostgreSQL: under a minute
	@$(MAKE) --no-print-directory --jobs 2 lint quick

# Nor what takes longer than all the others: commands, each on a database, storage, attacks, and rare tests.
quick: .venv/development
	@$(PYTEST) --numprocesses auto --without-rare -m 'not processes' --ignore tests/cli --ignore tests/storage --ignore tests/attack

test: .venv/development ## run the tests; rare ones if what they guard has changed since they passed
	@$(PYTEST) --numprocesses $(JOBS) --since-passed

test-all: .venv/development ## run every test; if all pass, note what the rare ones guard
	@$(PYTEST) --numprocesses $(JOBS) --note-passed

lint: .venv/development ## check style and types
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy

format: .venv/development ## put the code in its usual form
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

bench: .venv/development ## measure requests beside the bare limit, and pages (SIZE customers, kept in DATA)
	@$(BIN)/python -m benchmarks.run --size $(SIZE) $(if $(DATA),--data '$(DATA)')
	@$(BIN)/python -m benchmarks.dashboard --size $(SIZE) $(if $(DATA),--data '$(DATA)')
	@$(BIN)/python -m benchmarks.plugin
	@$(BIN)/python -m benchmarks.webhooks
	@$(BIN)/python -m benchmarks.usage
	@$(BIN)/python -m benchmarks.commerce

bench-compare: .venv/development ## measure any server that speaks the contract (URL, TOKEN)
	@URL='$(URL)' TOKEN='$(TOKEN)' $(BIN)/python -m benchmarks.compare

bench-connections: .venv/development ## measure lists beside 10,000 idle connections and 1,000 half-sent requests (SIZE, DATA)
	@$(BIN)/python -m benchmarks.connections --size $(SIZE) $(if $(DATA),--data '$(DATA)')

bench-growth: .venv/development ## measure and draw times by size (SIZES, DATA)
	@$(BIN)/python -m benchmarks.growth $(if $(SIZES),--sizes $(SIZES)) $(if $(DATA),--data '$(DATA)')

screenshots: .venv/development ## draw the dashboard's pages for docs/ (needs Chromium)
	@PYTHONPATH=tests $(BIN)/python -m scripts.screenshots

clean: ## remove what was made here
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis benchmarks/results
