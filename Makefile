# make demo | test | lint | bench | docs | install; each installs what it needs, once.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
EXTRAS ?=
COMMA := ,
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
DEMO := .demo

.PHONY: install demo test lint bench docs format clean

install: .venv/.installed

.venv/.installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(PIP) --upgrade pip
	$(PIP) --group dev --editable '.[full$(if $(EXTRAS),$(COMMA)$(EXTRAS))]'
	touch $@

demo: install
	$(BIN)/predictor simulate --leads 20000 --seed 1 --out $(DEMO)/firm
	$(BIN)/predictor train -c $(DEMO)/firm/predictor.toml --models $(DEMO)/models
	$(BIN)/predictor threshold --model $(DEMO)/models --policy capacity --leads-per-week 50
	$(BIN)/python -m api.example $(DEMO)/models

test: install
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder # a file's fixtures are made once; slow folders come first

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: install
	@for script in benchmarks/[!_]*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

docs: install
	PYTHONPATH=tests $(BIN)/python -m house.pages

clean:
	rm -rf .venv $(DEMO) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
