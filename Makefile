# Every target works in a clean clone: `make install` first, then any other.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help install test lint format typecheck imports check bench readme docs-tree constraints ci

help:  ## List the targets
	@grep -E '^[a-z -]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

install:  ## Make the environment: openluke, editable, with the tools of its developers
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -c constraints.txt -e '.[dev]'

test:  ## Run the tests (ARGS="tests/model -x" for some of them)
	$(BIN)/pytest $(ARGS)

lint:  ## Look for faults of style and substance
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format:  ## Lay out the code, and mend what can be mended by itself
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

typecheck:  ## Check the types
	$(BIN)/pyright

imports:  ## Check that imports go downwards only
	$(BIN)/lint-imports

check: lint imports typecheck test  ## All of the above: what a change must pass

bench:  ## Run a benchmark and keep its figures (NAME=...)
	$(BIN)/python -m benchmarks.speed.$(NAME) --output benchmarks/results/$(NAME).json

readme docs-tree:  ## Write the parts of the README that follow from the code
	$(BIN)/python -m tools.readme
	$(BIN)/python -m tools.recipe_keys

constraints:  ## Write constraints.txt from the environment, after testing with new versions
	$(BIN)/python -m tools.constraints

ci:  ## What a change is judged by, in an environment of its own
	bash .ci/run
