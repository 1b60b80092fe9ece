# `make help` lists the targets.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# A folder of uv's own, so that syncing .venv to the lock never removes it.
UV_HOME := .uv
UV := $(shell command -v uv 2>/dev/null || echo $(UV_HOME)/bin/uv)

NAMES := core process charts producer stream sinks api batch cli
PROJECTS := core process charts services/producer services/spark-stream services/sinks services/api batch cli
SOURCES := $(addsuffix /src,$(PROJECTS))
PYPROJECTS := $(addsuffix /pyproject.toml,$(PROJECTS))
SETUP := $(VENV)/.setup
IMAGES := services/producer services/spark-stream services/sinks services/api batch cli
PROFILES := "" tools observability sqlserver spark-cluster "*"

.PHONY: help setup run test lint format lock clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(SETUP) ## make .venv from the lock, fetch jars, archive the classes of the JVMs

$(SETUP): requirements.lock $(PYPROJECTS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11 setup"; exit 1; }
	@test -x "$(UV)" || { $(PYTHON) -m venv $(UV_HOME) && $(UV_HOME)/bin/pip install --quiet uv; }
	@test -x $(BIN)/python || $(UV) venv --quiet --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" $(VENV)
	$(UV) pip sync --python $(BIN)/python --require-hashes --compile-bytecode requirements.lock
	$(UV) pip install --python $(BIN)/python --no-deps --no-build-isolation $(addprefix --editable ./,$(PROJECTS))
	@# Where Python is told to write no byte code, every process would compile ours again at each start.
	$(BIN)/python -m compileall -q $(SOURCES)
	@touch $@
	@$(BIN)/covid warm || echo "Starts will take some seconds more; everything works."

run: $(SETUP) ## start everything, publish, verify and serve until Ctrl-C
	$(BIN)/covid up $(ARGS)

test: $(SETUP) ## run every test
	$(BIN)/python -m pytest $(ARGS)

lint: $(SETUP) ## ruff, mypy --strict, import contracts, hadolint, shellcheck, the compose file
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(SOURCES)
	$(BIN)/lint-imports --no-cache
	$(BIN)/hadolint $(addsuffix /Dockerfile,$(IMAGES))
	$(BIN)/shellcheck .ci/run docker/*.sh k8s/overlays/local/make-secrets
	for profile in $(PROFILES); do COMPOSE_PROFILES="$$profile" $(BIN)/docker-compose config --quiet; done

format: $(SETUP) ## let ruff format and fix the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# The lock holds no addresses: packages come from whatever index the machine uses, checked by hash.
lock: ## resolve requirements.lock again
	$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-header --no-annotate $(addprefix --no-emit-package covid-,$(NAMES)) $(UPGRADE) \
	  --all-extras --group pyproject.toml:dev $(PYPROJECTS) --output-file requirements.lock

clean: ## remove .venv and what tools left behind (never ~/.covid-tracker)
	rm -rf $(VENV) $(UV_HOME) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
