# Everything a checkout needs. Assumes Python >= 3.11, git and make, nothing else.

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.14; do \
	"$$p" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && command -v "$$p" && break; done)
LOCKED := $(VENV)/.locked
READY := $(VENV)/.ready
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHONSAFEPATH :=

.PHONY: run test check simulate fuzz lock clean install
.DEFAULT_GOAL := run

# The supervisor ends when make is killed, so that the next run finds the port free.
run: export SUBLEDGER_END_WITH_PARENT := 1
run: $(READY)
	@$(BIN)/subledger run

# Each worker has a server and databases of its own. A file of tests stays with one of them.
WORKERS ?= 2
PYTEST := $(BIN)/pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder

test: $(READY)
	$(PYTEST)

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(PYTEST)

SEED ?= 1
simulate: $(READY)
	$(BIN)/python -m tests.simulation --seed $(SEED)

# The service against its published description, much longer than `make test` does.
EXAMPLES ?= 50
fuzz: $(READY)
	SUBLEDGER_CONTRACT_SHARE=1 SUBLEDGER_CONTRACT_EXAMPLES=$(EXAMPLES) SUBLEDGER_CONTRACT_SECONDS=600 \
		$(BIN)/pytest tests/contract/test_schemathesis.py

install: $(READY)

# Hashes and exact versions, with no word of where they came from: any index will do.
lock:
	$(PYTHON) -m venv .cache/lock
	.cache/lock/bin/pip install --quiet pip-tools
	.cache/lock/bin/pip-compile --quiet --upgrade --all-extras --all-build-deps --allow-unsafe \
		--generate-hashes --strip-extras --no-header --no-annotate --no-emit-index-url --no-emit-find-links \
		--no-emit-trusted-host --no-emit-options --output-file requirements.lock pyproject.toml

clean:
	rm -rf $(VENV) .cache build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "No Python 3.11 or later with the venv module was found. Install one, or name it: make PYTHON=/path/to/python3" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(LOCKED): requirements.lock | $(VENV)/bin/python
	$(BIN)/pip install --quiet --require-hashes --requirement requirements.lock
	@touch $@

$(READY): pyproject.toml $(LOCKED)
	$(BIN)/pip install --quiet --no-index --no-build-isolation --no-deps --config-settings editable_mode=compat --editable .
	@touch $@
