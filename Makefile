# Everything runs in .venv, made here on the first use; stamp files make a second run quick.
.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: help demo quick test test-postgresql lowest faults mutants lint docs picture site bench bench-large lock clean

# Many tests start processes, which would compile the whole program each time if bytecode were not kept.
export PYTHONDONTWRITEBYTECODE :=

BIN := .venv/bin
PIP := $(BIN)/python -m pip -q --disable-pip-version-check
INSTALL := $(PIP) install --require-hashes -r
EDITABLE := $(PIP) install --no-deps --no-build-isolation -e .

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' Makefile

demo: .venv/.runtime ## record the Facility's published facts in a new book and report on them
	@$(BIN)/grantbook demo

quick: .venv/.dev ## the tests of the inner loop, in less than 30 s: rules in memory, completeness, stored forms, links
	$(BIN)/python -m pytest -m quick

test: lint ## lint, then every test
	$(BIN)/python -m pytest

test-postgresql: .venv/.dev ## the tests with their books in PostgreSQL; what is about a file is left out
	$(BIN)/python -m pytest --store postgresql

# FAULTS=long make faults: ten times as often. FAULTS_SEED=7 make faults: other dice.
FAULTS ?= full
faults: .venv/.dev ## kill it, fill its disk, injure and alter its files: docs/reliability.md
	FAULTS=$(FAULTS) $(BIN)/python -m pytest tests/faults

lint: .venv/.dev ## ruff, mypy, import contracts, the reference against the code, the dependencies
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python docs/reference.py --check
	$(BIN)/python docs/dependencies.py

docs: .venv/.dev ## write the generated reference
	$(BIN)/python docs/reference.py

picture: .venv/.dev ## draw the pictures of the pages from the demo; needs Chromium
	$(BIN)/python docs/picture.py

site: .venv/.dev ## write the documentation as a site, and check its links
	$(BIN)/python docs/website.py

mutants: .venv/.dev ## break each guard once, and see that the test named for it fails
	$(BIN)/python tests/mutation/run.py

bench: .venv/.dev ## measure beside a rival and floors, and write benchmarks/results.json
	$(BIN)/python benchmarks/run.py

bench-large: .venv/.dev ## measure how a rebuild of ten million entries grows
	$(BIN)/python benchmarks/run.py --large

# Keeps the pins that still fit; `make lock UPGRADE=--upgrade` takes the newest of each.
LOCK := $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 \
	--generate-hashes --no-header --no-annotate $(UPGRADE)
lock: .venv/.made ## write requirements.txt and requirements-dev.txt again from pyproject.toml
	$(PIP) install 'uv>=0.13,<1'
	$(LOCK) --extra charts --group build --output-file requirements.txt
	$(LOCK) --all-extras --group dev --constraint requirements.txt --output-file requirements-dev.txt

# By hand, before a release and after a floor is changed: LOWEST='tests/cli' make lowest runs a part.
LOWEST ?= tests
lowest: .venv/.made ## run the tests on the lowest versions that pyproject.toml allows, in .venv-lowest
	$(PIP) install 'uv>=0.13,<1'
	$(BIN)/uv venv --quiet --clear --seed --python $(BIN)/python .venv-lowest
	$(BIN)/uv pip compile pyproject.toml --quiet --all-extras --resolution lowest-direct --no-header \
		--no-annotate --output-file .venv-lowest/lowest.txt
	$(BIN)/uv pip install --quiet --python .venv-lowest/bin/python --constraint .venv-lowest/lowest.txt \
		--group test --editable '.[all]'
	.venv-lowest/bin/python -m pytest $(LOWEST)

clean: ## remove .venv, the demo book, and every cache
	rm -rf .venv .venv-lowest build dist site demo-book src/*.egg-info \
		.mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests docs benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

# The first Python that is new enough and can make a venv; a shim that does not run is passed over.
FITS := import sys, ensurepip, sqlite3, venv; sys.exit(sys.version_info < (3, 11))
.venv/.made:
	@for python in $(PYTHON) python3.14 python3.13 python3.12 python3.11 python3; do \
		if $$python -c '$(FITS)' >/dev/null 2>&1; then \
			echo "making .venv with $$($$python --version)"; \
			rm -rf .venv && $$python -m venv .venv && touch $@; exit; \
		fi; \
	done; \
	echo "grantbook needs Python 3.11 or newer, with venv and sqlite3: none of python3.14 ... python3.11, python3 is." >&2; \
	echo "Install one, or name it: make PYTHON=/path/to/python" >&2; \
	exit 1

.venv/.runtime: .venv/.made requirements.txt pyproject.toml
	@echo "installing requirements.txt"
	@$(INSTALL) requirements.txt
	@$(EDITABLE)
	@touch $@

# requirements-dev.txt pins everything in requirements.txt alike, so it serves the demo too.
.venv/.dev: .venv/.made requirements-dev.txt pyproject.toml
	@echo "installing requirements-dev.txt"
	@$(INSTALL) requirements-dev.txt
	@$(EDITABLE)
	@touch .venv/.runtime $@
