# TorchAtlas. `make` lists what there is. Needs Python 3.11 or newer and make; everything else is
# installed into .venv. Another interpreter: make test PYTHON=python3.13

PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/python -m uv pip install --quiet --python $(BIN)/python
VIEWER_SOURCES := $(shell find web -type f ! -path '*/node_modules/*' ! -path '*/dist/*' ! -name '*.test.ts')

# Stamps: what was installed, so that it is not installed again.
ENVIRONMENT := .venv/.has-uv
FOR_DEMO := .venv/.has-demo
FOR_TEST := .venv/.has-dev
FOR_BENCH := .venv/.has-bench
FOR_NOTEBOOK := .venv/.has-jupyterlab

.PHONY: help demo test test-all lint types web viewer schema format bench clean
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

help: ## list the commands
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(FOR_DEMO) ## train a ResNet-18 for a minute or two and open its report; OPTIONS='--epochs 3'
	@$(BIN)/torchatlas demo $(OPTIONS)

test: lint types web ## everything that a change must pass
	@$(BIN)/pytest -m "not slow"

test-all: lint types web $(FOR_NOTEBOOK) ## the same with the slow tests, also in JupyterLab
	@$(BIN)/pytest

lint: $(FOR_TEST) ## ruff: rules and format
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet . || { echo "run 'make format'" >&2; exit 1; }

types: $(FOR_TEST) ## mypy on the whole package
	@$(BIN)/mypy

web: viewer ## TypeScript types and tests of the viewer
	@$(BIN)/python hatch_build.py run check

viewer: $(FOR_TEST) ## build the viewer into the package, if its sources changed
	@$(BIN)/python hatch_build.py

schema: $(FOR_TEST) ## write the JSON Schema and the viewer's types again, after a change of src/torchatlas/run
	@$(BIN)/python -m torchatlas.run > web/src/generated/document.schema.json
	@$(BIN)/python hatch_build.py run generate

format: $(FOR_TEST) ## let ruff rewrite
	@$(BIN)/ruff check --fix --quiet .
	@$(BIN)/ruff format --quiet .

bench: viewer $(FOR_BENCH) ## measure, and add to benchmarks/RESULTS.md
	@$(BIN)/python -m benchmarks

clean: ## remove what was installed and built
	rm -rf .venv build dist web/node_modules web/dist src/torchatlas/report/viewer src/torchatlas/views/render/paper/bundle .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find src tests benchmarks examples -name __pycache__ -type d -prune -exec rm -rf {} +

$(ENVIRONMENT):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "TorchAtlas needs Python 3.11 or newer, and '$(PYTHON)' is not. Name one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "'$(PYTHON) -m venv' failed; on Debian and Ubuntu it is in the package python3-venv" >&2; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@touch $@

$(FOR_DEMO): $(ENVIRONMENT) pyproject.toml hatch_build.py $(VIEWER_SOURCES)
	@echo "installing what the demo needs (PyTorch is large: this takes a while the first time)"
	@$(INSTALL) --reinstall-package torchatlas --editable '.[all]'
	@touch $@

$(FOR_TEST): $(ENVIRONMENT) pyproject.toml hatch_build.py
	@echo "installing what the tests need (PyTorch is large: this takes a while the first time)"
	@$(INSTALL) --reinstall-package torchatlas --editable '.[all,dev]'
	@touch $@

$(FOR_NOTEBOOK): $(FOR_TEST)
	@$(INSTALL) --editable '.[test-notebook]'
	@touch $@

$(FOR_BENCH): $(FOR_TEST)
	@$(INSTALL) --editable '.[bench]'
	@touch $@
