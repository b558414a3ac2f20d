# Two commands are enough on a fresh machine: `make demo` and `make test`.
.DEFAULT_GOAL := help

BIN := .venv/bin
STAMP := .venv/.installed
# Two processes; tests/conftest.py says who has what.
PYTEST := $(BIN)/python -m pytest -n 2 --dist loadscope

# The first interpreter that is new enough; else python3, for the check to say what is wrong with it.
ifndef PYTHON
PYTHON := $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && exit; \
	done; echo python3)
endif

.PHONY: help demo test test-full lint format reference bench clean java

help:  ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' Makefile

demo: java $(STAMP)  ## run a small pipeline on real data and show what happened
	@$(BIN)/cascade2spark demo

test: java lint  ## lint, then all tests: those without Spark first (minutes)
	$(PYTEST) -m "not slow"

test-full: java lint  ## the same with the whole matrix and more random cases (long)
	$(PYTEST) -m "" --hypothesis-profile=full

lint: $(STAMP)  ## check style, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(STAMP)  ## rewrite the files in the house format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

reference: $(STAMP)  ## make the reference pages from the docstrings
	$(BIN)/python docs/generate_reference.py

bench: java $(STAMP)  ## compare with hand-written RDD jobs; options in ARGS="..."
	$(BIN)/python -m benchmarks $(ARGS)

clean:  ## remove the virtual environment and everything generated
	rm -rf .venv build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	rm -rf spark-warehouse metastore_db derby.log
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

java:
	@command -v $(PYTHON) >/dev/null || { echo "cascade2spark needs Python 3.11 or newer; $(PYTHON) was not found." >&2; exit 1; }
	@$(PYTHON) cascade2spark/environment.py

$(STAMP): setup.cfg pyproject.toml
	@$(PYTHON) cascade2spark/environment.py --python-only
	@echo "Installing into .venv (once; Spark alone is about 450 MB) ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch $@
