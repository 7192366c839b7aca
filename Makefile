# Everything a user or CI runs. Each target makes what it needs first.
VENV := .venv
BIN := $(VENV)/bin
# On a terminal pip shows how far it is; elsewhere it is silent.
PIP = $(BIN)/python -m pip --disable-pip-version-check $(shell test -t 2 || echo --quiet)
SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c '$(SUPPORTED)' 2>/dev/null && echo $$p && break; done)
export PATH := $(CURDIR)/$(BIN):$(PATH)

.DELETE_ON_ERROR:
.PHONY: help repro test quick check tests browser test-backends fuzz mutants soak format lock audit clean scm
.DEFAULT_GOAL := help

help:  ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## */\1\t/' | expand -t 16

repro: $(VENV)/.user scm  ## run the pipeline on params.yaml and sum it up
	@$(BIN)/python -m stages.check
	@$(BIN)/dvc repro
	@$(BIN)/python -m stages.summary --report reports

test: check tests  ## checks and the whole test suite

check: $(VENV)/.dev  ## ruff and types
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

quick: check  ## checks and the tests without TensorFlow, browser and whole stages; a minute
	@$(BIN)/pytest -n 2 --dist loadfile -m "not keras and not slow and not whole"

tests: $(VENV)/.dev scm browser
	@$(BIN)/pytest -n 2 --dist loadfile

# The tests of the explorer page drive Debian's Chromium; where it can't be had they are skipped and say so.
browser:
	@command -v chromium >/dev/null || \
		{ test "$$(id -u)" = 0 && command -v apt-get >/dev/null && echo "installing chromium" && \
			apt-get update -qq && apt-get install -qq --no-install-recommends chromium >/dev/null; } || \
		echo "no chromium: the tests of the explorer page will be skipped; sudo apt-get install chromium"

test-backends: $(VENV)/.dev  ## train every network on JAX and PyTorch too; installs them
	@$(PIP) install --no-build-isolation --editable ".[backends]"
	@$(BIN)/pytest tests/models/test_backends.py

fuzz: $(VENV)/.dev  ## decode 10,000 spoilt audio files
	@$(BIN)/python -m benchmarks.fuzz --mutants 10000

mutants: $(VENV)/.dev  ## spoil four modules in a thousand ways: do tests notice?
	@$(BIN)/python -m benchmarks.mutants

soak: $(VENV)/.dev scm  ## disturb each write of each stage, then kill a run for half an hour; three hours or more
	@EARMARK_EVERY_WRITE=1 $(BIN)/pytest tests/faults/test_crashes.py
	@$(BIN)/python -m benchmarks.soak

format: $(VENV)/.dev  ## put the code into shape
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lock:  ## write requirements*.txt from setup.cfg; needs uv
	uv pip compile setup.cfg --universal --python-version 3.11 --fork-strategy fewest --generate-hashes \
		--no-emit-index-url --no-header -o requirements.txt
	uv pip compile setup.cfg --extra dev --universal --python-version 3.11 --fork-strategy fewest --generate-hashes \
		--no-emit-index-url --no-header -c requirements.txt -o requirements-dev.txt

audit:  ## look for known vulnerabilities in the locked versions; needs pipx and the network
	@for lock in requirements.txt requirements-dev.txt; do \
		pipx run pip-audit --requirement $$lock --disable-pip --require-hashes || exit 1; done

clean:  ## remove the environment and everything a run has made
	rm -rf $(VENV) data/raw data/listed data/clips data/audit data/features data/latents data/judged data/labels data/members data/ensemble \
		data/projection data/checkpoints data/.*.lock .*.lock reports/* dvc_plots .dvc/cache .dvc/tmp

$(BIN)/python:
	@test -n "$(PYTHON)" && $(PYTHON) -c '$(SUPPORTED)' || \
		{ echo "error: no Python 3.11 to 3.13 found$(if $(PYTHON), ($(PYTHON) is none)); install one: sudo apt-get install python3 python3-venv"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "error: $(PYTHON) cannot make environments; install what it lacks: sudo apt-get install $(notdir $(PYTHON))-venv"; exit 1; }
	@echo "making $(VENV) with $$($(PYTHON) --version)"
	@rm -rf $(VENV) && $(PYTHON) -m venv $(VENV)

$(VENV)/.user: requirements.txt setup.cfg | $(BIN)/python
	@echo "installing the locked dependencies (about 1 GB to download; a minute or two on a good line)"
	@$(PIP) install --require-hashes -r requirements.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.txt setup.cfg | $(BIN)/python
	@echo "installing the locked dependencies for development (about 1 GB to download)"
	@$(PIP) install --require-hashes -r requirements-dev.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.user

# Outside a git repository of its own (an unpacked archive), DVC has to be told that there is none.
scm:
	@if [ "$$(git rev-parse --show-toplevel 2>/dev/null)" = "$$(pwd -P)" ]; then \
		if grep -qs 'no_scm' .dvc/config.local; then $(BIN)/dvc config --local --unset core.no_scm; fi; \
	elif ! grep -qs 'no_scm' .dvc/config.local; then $(BIN)/dvc config --local core.no_scm true; fi
