# Two commands do everything: `make demo` and `make test`. Both install what they need.

SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
REPORTS := .cache/reports
# Versions and hashes of all that `setup` installs. LOCK= takes what the index has within the ranges of pyproject.toml.
LOCK ?= locks/dev.txt
HASHED := --require-hashes --only-binary :all: --requirement
COMPILE := .cache/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --only-binary :all: \
  --generate-hashes --no-header --no-annotate --no-config $(UPGRADE)
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
PYTEST := $(BIN)/python -m pytest -q
# These wait for processes more than they compute: beside each other they leave no processor idle.
BESIDE := $(BIN)/python -m tests.beside
# Scenarios of `make test`; of acme, cache, ldap and token, tests/hosts deploys and verifies more. `make molecule` has all.
SHORT := bookworm cleanup default external mirror mtls own s3 safekeeping vm

export PATH := $(CURDIR)/$(BIN):$(PATH)
export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/.collections

.PHONY: help demo demo-down test lint unit tooling integration packaging hosts pictures sabotage trials molecule vm render-diff bench bench-check docs setup lock tools changelog release clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 14

demo: setup ## Deploy a registry to a test machine that is made here, and prove it
	@$(BIN)/python -m demo up

demo-down: setup ## Remove the demo and all that it made
	@$(BIN)/python -m demo down

test: setup tools ## Pass all tests: lint, unit, tooling, integration, packaging, hosts, Molecule
	@rm -rf $(REPORTS); mkdir -p $(REPORTS)
	@$(MAKE) --no-print-directory lint unit tooling
	@$(BESIDE) integration packaging
	@$(MAKE) --no-print-directory hosts molecule SCENARIOS='$(SHORT)'
	@$(BIN)/python -m tests.summary $(REPORTS)

lint: setup ## Read the sources with ruff, mypy, yamllint and ansible-lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy src plugins testhosts demo benchmarks release website
	$(BIN)/yamllint --strict .
	$(BIN)/ansible-lint --offline -q
	$(BIN)/antsibull-changelog lint

unit: setup tools ## Test the pure parts
	$(PYTEST) -n auto --junitxml=$(REPORTS)/unit.xml tests/unit

tooling: setup tools ## Test our own tools: test hosts, benchmarks, reports
	$(PYTEST) -n auto --junitxml=$(REPORTS)/tools.xml tests/tools

integration: setup tools ## Test with a real registry, nginx and clients, as processes
	$(PYTEST) -n 2 --junitxml=$(REPORTS)/integration.xml tests/integration

packaging: setup tools ## Test the wheel that is built from the sdist
	$(PYTEST) --junitxml=$(REPORTS)/packaging.xml tests/packaging

hosts: setup tools ## Test deploys, failures and power cuts on systemd test hosts
	$(PYTEST) -n 2 --dist loadfile --no-loadscope-reorder --junitxml=$(REPORTS)/hosts.xml tests/hosts tests/sabotage
	$(PYTEST) --junitxml=$(REPORTS)/trials.xml tests/trials

pictures: setup tools ## Draw the docs' pictures of a terminal again, from a tutorial that is followed
	HOLDFAST_PICTURES=write $(PYTEST) tests/hosts/test_tutorial.py

sabotage: setup tools ## Break a test host in every way that is known, and see that verify says so
	$(PYTEST) tests/sabotage

trials: setup tools ## Repeat what fails rarely, often, on a machine made busy; write tests/trials/results
	HOLDFAST_TRIALS=long $(PYTEST) tests/trials
	HOLDFAST_TRIALS=long $(PYTEST) -m trial tests/integration tests/hosts

molecule: setup tools ## Converge and verify every Molecule scenario
	$(BIN)/python -m tests.scenarios $(REPORTS) $(SCENARIOS)

vm: setup tools ## Harden a virtual machine that is made here, boot it again, verify it
	$(BIN)/python -m tests.scenarios $(REPORTS) vm

render-diff: setup ## Show what the working tree renders otherwise than a commit: BASE=HEAD
	$(BIN)/python -m tests.render_diff $(or $(BASE),HEAD)

bench: setup tools ## Measure everything (35 minutes on a quiet machine), write docs/performance.md
	$(BIN)/python -m benchmarks $(SUITES)
	$(BIN)/python -m benchmarks report

bench-check: setup tools ## Tell whether the working tree is slower than a commit: BASE=HEAD~1
	$(BIN)/python -m benchmarks.against $(or $(BASE),HEAD~1)

docs: setup ## Write the documentation as a site, to site/
	@$(BIN)/python -m website

setup: $(VENV)/.done ## Install the Python side into .venv

$(VENV)/.done: pyproject.toml $(LOCK)
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { \
	  $(SUDO) apt-get -qq update && $(SUDO) apt-get -qq -o DPkg::Lock::Timeout=300 install -y python3-venv >/dev/null; }
	@echo "Installing holdfast and its tools into $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
ifneq ($(LOCK),)
	@$(BIN)/pip --quiet --disable-pip-version-check install $(HASHED) $(LOCK)
	@$(BIN)/pip --quiet --disable-pip-version-check install --no-index --no-deps --no-build-isolation --editable '.[dev]'
else
	@$(BIN)/pip --quiet --disable-pip-version-check install --editable '.[dev]'
endif
	@touch $@

lock: ## Write locks/ again, after a change of pyproject.toml; UPGRADE=--upgrade takes newer versions
	@$(PYTHON) -m venv .cache/lock
	@.cache/lock/bin/pip --quiet --disable-pip-version-check install $(HASHED) locks/uv.txt
	@$(COMPILE) --extra dev pyproject.toml --output-file locks/dev.txt
	@echo 'hatchling>=1.25' | $(COMPILE) pyproject.toml - --constraint locks/dev.txt --output-file locks/use.txt
	@echo 'setuptools' | $(COMPILE) - --output-file locks/setuptools.txt
	@echo 'sslyze==6.3.1' | $(COMPILE) --no-binary sslyze - --output-file locks/sslyze.txt
	@echo 'zensical' | $(COMPILE) - --output-file locks/docs.txt
	@echo 'uv' | $(COMPILE) - --output-file locks/uv.txt

tools: setup ## Install what the tests need of the system
	@$(BIN)/python -m testhosts install
	@missing=; for p in nginx:nginx skopeo:skopeo htpasswd:apache2-utils redis-cli:redis-tools wrk:wrk pdftotext:poppler-utils \
	  mandb:man-db mandoc:mandoc; do \
	  command -v $${p%%:*} >/dev/null || missing="$$missing $${p##*:}"; done; \
	  [ -z "$$missing" ] || { echo "Installing$$missing ..."; \
	  $(SUDO) apt-get -qq update && $(SUDO) env DEBIAN_FRONTEND=noninteractive \
	    apt-get -qq -o DPkg::Lock::Timeout=300 install -y --no-install-recommends $$missing >/dev/null; }
	@command -v chromium-headless-shell chromium >/dev/null || { echo "Installing a browser ..."; \
	  $(SUDO) apt-get -qq update && $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get -qq \
	    -o DPkg::Lock::Timeout=300 install -y --no-install-recommends chromium-headless-shell >/dev/null; } \
	  || echo "No browser here: tests of pages in a browser are skipped"

changelog: setup ## Write CHANGELOG.md from changelogs/fragments
	@$(BIN)/python -m release.changelog

release: setup ## Build a release twice into dist/, compare, describe it; KEY=FILE signs it with an ssh key
	@$(BIN)/python -m release $(if $(KEY),--key $(KEY))

clean: ## Remove what was built here (not the caches of test machines)
	rm -rf $(VENV) dist site .mypy_cache .ruff_cache .pytest_cache
