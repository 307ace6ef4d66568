# Every recipe is a plain command that also works without make.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
RUNTIME := $(VENV)/.runtime-ready
DEV := $(VENV)/.dev-ready

.DEFAULT_GOAL := help
.PHONY: help setup demo test chaos fuzz lint golden docs pictures bench lock debian

help: ## This list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: $(RUNTIME) ## The `newsletter` command in .venv, from requirements.lock

demo: $(RUNTIME) ## The whole line on a sample company (ONCE=1: do not wait)
	@$(VENV)/bin/newsletter demo $(if $(ONCE),--once)

test: debian $(DEV) ## Install what the tests need, then all of them (ARGS="-k name")
	$(PY) -m pytest --numprocesses 2 --dist loadfile $(ARGS)

chaos: debian $(DEV) ## Ten times the kills of the test suite, and all named crash points
	CHAOS_KILLS=600 $(PY) -m pytest tests/chaos $(ARGS)

fuzz: $(DEV) ## 200,000 hostile values from a new seed (FUZZ_CASES=n FUZZ_SEED=n)
	$(PY) -m tests.fuzz

lint: $(DEV) ## ruff, mypy --strict, generated docs
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(PY) docs/generate.py --check

golden: $(DEV) ## Rewrite the golden mails; look at the difference before you commit it
	$(PY) -m pytest tests/golden --update-golden

docs: $(DEV) ## Rewrite the generated pages of docs/, and the sample year
	$(PY) docs/generate.py
	$(PY) -m docs.sample_year

pictures: debian $(DEV) ## Take the pictures of docs/images anew; look at each
	$(PY) -m docs.pictures

bench: debian $(DEV) ## Side-by-side measurements, printed; those of rendering, preview, collecting and sending also into docs/benchmarks.md
	$(PY) -m bench.run start lint facts gate
	$(PY) -m bench.render --write
	$(PY) -m bench.preview --write
	$(PY) -m bench.collect --write
	$(PY) -m bench.send --write

debian:
	@sh tests/install-debian.sh

$(RUNTIME): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "newsletter needs Python 3.11 or newer; set PYTHON=/path/to/python3")'
	@$(PYTHON) -m venv $(VENV) || { echo "python3 -m venv failed; on Debian: apt-get install python3-venv"; exit 1; }
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# python-ldap has no wheels: building it needs packages of the system.
$(DEV): $(RUNTIME) requirements-dev.lock | $(if $(shell command -v apt-get 2>/dev/null),debian)
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

lock: ## Rewrite both lock files (needs uv)
	uv pip compile --universal --generate-hashes --no-header --python-version 3.11 pyproject.toml --group build -o requirements.lock
	uv pip compile --universal --generate-hashes --no-header --python-version 3.11 pyproject.toml --group build --group dev -o requirements-dev.lock
