# Each target installs what it needs, once. demo, test, lint, bench and docs are for every day; the others are for releases.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
EXTRAS ?=
BIN := .venv/bin
CONSTRAINED := --constraint constraints.txt
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check $(CONSTRAINED)
DEMO := .demo
RELEASE := .tools/release/bin
NOTEBOOKS := off

.PHONY: install demo test lint bench docs site format dbt build wheel audit licences check-version check-main clean

install: .venv/.installed $(if $(EXTRAS),.venv/.installed-$(EXTRAS))

.venv/.installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(PIP) --upgrade pip
	$(PIP) --group dev --editable '.[full]'
	touch $@

.venv/.installed-%: .venv/.installed # extras beside those of every installation, as EXTRAS=spark
	$(PIP) --editable '.[full,$*]'
	touch $@

.tools/%/.installed: pyproject.toml constraints.txt # a group of dependencies in an environment of its own
	test -x .tools/$*/bin/python || $(PYTHON) -m venv .tools/$*
	.tools/$*/bin/python -m pip install --quiet --disable-pip-version-check --upgrade $(CONSTRAINED) pip
	.tools/$*/bin/python -m pip install --quiet --disable-pip-version-check $(CONSTRAINED) --group $*
	touch $@

.tools/dbt/.installed: CONSTRAINED := # dbt needs older releases of some packages

dbt: .tools/dbt/.installed

site: install # build/site: the documents as pages; a warning, as of a link that leads nowhere, is an error
	$(PIP) --group site
	rm -rf build/pages build/site
	mkdir -p build/pages/models
	cp -R README.md CHANGELOG.md CONTRIBUTING.md SECURITY.md LICENSE docs data notebooks build/pages
	cp models/README.md build/pages/models
	cp docs/site/*.md build/pages
	$(BIN)/sphinx-build --quiet --fail-on-warning -D nb_execution_mode=$(NOTEBOOKS) -c docs/site build/pages build/site

demo: install
	$(BIN)/predictor simulate --leads 20000 --seed 1 --out $(DEMO)/firm
	$(BIN)/predictor train -c $(DEMO)/firm/predictor.toml --models $(DEMO)/models
	$(BIN)/predictor threshold --model $(DEMO)/models --policy capacity --leads-per-week 50
	$(BIN)/python -m api.example $(DEMO)/models

test: install dbt
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder # a file's fixtures are made once; slow folders come first

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-issue-forms .github/ISSUE_TEMPLATE/[!c]*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-issue-config .github/ISSUE_TEMPLATE/config.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec compose.yaml
	$(BIN)/hadolint Dockerfile
	$(BIN)/zizmor --offline --quiet --persona pedantic .github

format: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: install
	@for script in benchmarks/[!_]*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

docs: install
	PYTHONPATH=tests $(BIN)/python -m house.pages

build: export SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct)
build: export PIP_CONSTRAINT := $(abspath constraints.txt)
build: .tools/release/.installed # dist/: the wheel and the source distribution, built twice, the second time by another user's rules
	rm -rf dist build/again build/wheel
	$(RELEASE)/python -m build --outdir dist
	umask 077 && $(RELEASE)/python -m build --outdir build/again
	for file in dist/*; do cmp "$$file" "build/again/$${file##*/}" || exit 1; done
	$(RELEASE)/twine check --strict dist/*

wheel: build # the wheel alone, in empty environments away from the repository
	$(PYTHON) .ci/try_wheel.py dist/*.whl build/wheel

audit: .tools/release/.installed # known weaknesses of the pinned versions; asks the package index
	$(RELEASE)/pip-audit --requirement constraints.txt --no-deps --disable-pip --strict

LICENCES = $(RELEASE)/pip-licenses --python build/wheel/full/bin/python --from mixed --order license

licences: wheel # build/licences.md: the licences of everything that the wheel installs with the extra full; huey and skops are MIT by their files
	$(LICENCES) --ignore-packages huey skops --partial-match --fail-on 'Affero;GNU General Public;GPL-2;GPL-3;Proprietary;UNKNOWN' >/dev/null
	$(LICENCES) --format markdown --output-file build/licences.md

check-version: # that VERSION is the one of the package, and has its part of the changelog
	grep --quiet --line-regexp --fixed-strings 'version = "$(VERSION)"' pyproject.toml
	grep --quiet --fixed-strings '## [$(VERSION)] - ' CHANGELOG.md

check-main: # that the commit is one of main
	git merge-base --is-ancestor HEAD origin/main

clean:
	rm -rf .venv .tools build dist $(DEMO) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
