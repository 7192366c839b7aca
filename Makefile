# Everything a user or CI runs. Each target makes what it needs first.
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do command -v $$p >/dev/null 2>&1 && \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && echo $$p && break; done)
export PATH := $(CURDIR)/$(BIN):$(PATH)
export DVC_NO_ANALYTICS := 1

.PHONY: help repro summary test check tests test-backends format lock clean
.DEFAULT_GOAL := help

help:  ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## */\1\t/' | expand -t 16

repro: $(VENV)/.user .dvc/config.local  ## run the pipeline on params.yaml and sum it up
	@dvc repro
	@python -m stages.summary --report reports

test: check tests  ## checks and the whole test suite

check: $(VENV)/.dev  ## ruff and types
	@ruff format --check .
	@ruff check .
	@mypy

tests: $(VENV)/.dev .dvc/config.local
	@pytest

test-backends: $(VENV)/.dev  ## train every network on JAX and PyTorch too; installs them
	@pip install --quiet --disable-pip-version-check --no-build-isolation --editable ".[backends]"
	@pytest tests/models/test_backends.py

format: $(VENV)/.dev  ## put the code into shape
	@ruff format .
	@ruff check --fix .

lock:  ## write requirements*.txt from setup.cfg; needs uv
	uv pip compile setup.cfg --universal --python-version 3.11 --fork-strategy fewest --generate-hashes \
		--no-emit-index-url --no-header -o requirements.txt
	uv pip compile setup.cfg --extra dev --universal --python-version 3.11 --fork-strategy fewest --generate-hashes \
		--no-emit-index-url --no-header -c requirements.txt -o requirements-dev.txt

clean:  ## remove the environment and everything a run has made
	rm -rf $(VENV) data/raw data/clips data/features data/latents data/labels data/members data/ensemble \
		data/projection data/checkpoints reports/* dvc_plots .dvc/cache .dvc/tmp

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "error: no Python 3.11 to 3.13 found; install one: sudo apt-get install python3.11 python3.11-venv"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "error: $(PYTHON) cannot make environments; install the module: sudo apt-get install $(PYTHON)-venv"; exit 1; }
	@echo "making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.user: requirements.txt setup.cfg | $(VENV)/bin/python
	@echo "installing the locked dependencies (a minute or two)"
	@pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.txt setup.cfg | $(VENV)/bin/python
	@echo "installing the locked dependencies for development (a minute or two)"
	@pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.user

# Outside a git repository of its own (an unpacked archive), DVC has to be told that there is none.
.dvc/config.local:
	@if [ "$$(git rev-parse --show-toplevel 2>/dev/null)" = "$$(pwd -P)" ]; then touch $@; \
		else printf '[core]\n    no_scm = true\n' > $@; fi
