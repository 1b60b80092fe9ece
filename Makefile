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

NAMES := core process charts producer stream sinks alerts api batch client cli
PROJECTS := core process charts services/producer services/spark-stream services/sinks services/alerts services/api batch client cli
SOURCES := $(addsuffix /src,$(PROJECTS))
PYPROJECTS := $(addsuffix /pyproject.toml,$(PROJECTS))
SETUP := $(VENV)/.setup
SPARK35_VENV := .venv-spark35
SPARK35 := $(SPARK35_VENV)/.setup
IMAGES := services/producer services/spark-stream services/sinks services/alerts services/api batch cli
PEERS_VENV := .venv-peers
PEERS := $(PEERS_VENV)/.setup
FUZZ_VENV := .venv-fuzz
FUZZ := $(FUZZ_VENV)/.setup
FUZZED := record decoders file sheet
RUNS ?= 100000
PROFILES := "" hive tools observability sqlserver spark-cluster "*"

.PHONY: help setup warm run test fuzz faults mutants bench bench-long spark35 peers lint docs format lock emr-package emr-stream-package layers sbom clean

help: ## show this list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(SETUP) ## make .venv from the lock

$(SETUP): requirements.lock $(PYPROJECTS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11 setup"; exit 1; }
	@test -x "$(UV)" || { $(PYTHON) -m venv $(UV_HOME) && $(UV_HOME)/bin/pip install --quiet uv; }
	@test -x $(BIN)/python || $(UV) venv --quiet --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" $(VENV)
	$(UV) pip sync --python $(BIN)/python --require-hashes --compile-bytecode requirements.lock
	$(UV) pip install --python $(BIN)/python --no-deps --no-build-isolation $(addprefix --editable ./,$(PROJECTS))
	@touch $@

# Nothing needs the archives, so a machine without Java gets its message from what does need it.
warm: $(SETUP) ## archive the classes that the JVMs load, once: starts are a third quicker
	@$(BIN)/covid warm || true

run: warm ## start everything, publish, verify and serve until Ctrl-C
	$(BIN)/covid up $(ARGS)

spark35: $(SPARK35) ## make .venv-spark35: Spark 3.5 on Python 3.11, as on EMR 7

$(SPARK35): requirements-spark35.lock $(SETUP)
	$(UV) venv --quiet --clear --python 3.11 $(SPARK35_VENV)
	$(UV) pip sync --quiet --python $(SPARK35_VENV)/bin/python --require-hashes --compile-bytecode requirements-spark35.lock
	@touch $@

peers: $(PEERS) ## make .venv-peers: a framework that `make bench` compares with

$(PEERS): requirements-peers.lock $(SETUP)
	$(UV) venv --quiet --clear --python $(BIN)/python $(PEERS_VENV)
	$(UV) pip sync --quiet --python $(PEERS_VENV)/bin/python --require-hashes --compile-bytecode requirements-peers.lock
	@touch $@

$(FUZZ): requirements-fuzz.lock $(SETUP)
	$(UV) venv --quiet --clear --python $(BIN)/python $(FUZZ_VENV)
	$(UV) pip sync --quiet --python $(FUZZ_VENV)/bin/python --require-hashes --compile-bytecode requirements-fuzz.lock
	@touch $@

# Both write bench/results.json and the table of docs/performance.md; `python -m bench 5` only prints row 5.
bench: warm $(PEERS) ## measure rows 1 to 11 and 14 beside their references, on a machine with nothing else to do
	$(BIN)/python -m bench --write $(ARGS)

bench-long: warm ## measure rows 12 and 13, hours
	$(BIN)/python -m bench --long --write --rounds 1 $(ARGS)

# Two processes for the whole (tests/conftest.py says who takes what); one, which prints as it goes, for a selection.
test: warm $(SPARK35) ## run every test
	$(BIN)/python -m pytest $(or $(ARGS),--numprocesses 2 --dist loadscope)

fuzz: $(FUZZ) ## let atheris try RUNS inputs (100000) on every decoder and on the publishers' parsers
	for target in $(FUZZED); do PYTHONPATH=core/src $(FUZZ_VENV)/bin/python -m tests.fuzz $$target $(RUNS); done

faults: $(SETUP) ## inject twenty faults of every kind, two hours; CASE=n for one kind
	$(BIN)/python -m tests.faults $(CASE) $(ARGS)

mutants: $(SETUP) ## break a promise in a copy of a service, six times, and see the faults of `make test` find it
	$(BIN)/python -m tests.faults.mutants $(ARGS)

lint: $(SETUP) docs ## ruff, mypy --strict, import contracts, hadolint, shellcheck, cfn-lint, the compose file, the site
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(SOURCES) reference bench
	$(BIN)/lint-imports --no-cache
	$(BIN)/hadolint $(addsuffix /Dockerfile,$(IMAGES))
	$(BIN)/shellcheck .ci/run cloud/build-layers docker/*.sh cloud/emr/*.sh k8s/overlays/local/make-secrets
	$(BIN)/cfn-lint --regions ca-central-1 -- 'cloud/**/*.yaml'
	for profile in $(PROFILES); do COMPOSE_PROFILES="$$profile" $(BIN)/docker-compose config --quiet; done

# A page that is left out, a link that leads nowhere: every warning is an error (not with --quiet). The one that is
# switched off says that Material for MkDocs ends in May 2027 (CONTRIBUTING.md, The site).
docs: $(SETUP) ## build the documentation as a site, build/site
	COLUMNS=100 NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

format: $(SETUP) ## let ruff format and fix the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# The lock holds no addresses: packages come from whatever index the machine uses, checked by hash.
lock: ## resolve requirements.lock and those of the environments of their own again
	$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-header --no-annotate $(addprefix --no-emit-package covid-,$(NAMES)) $(UPGRADE) \
	  --all-extras --group pyproject.toml:dev $(PYPROJECTS) --output-file requirements.lock
	sed -E '/^(pyspark|py4j)==/,/[^\\]$$/d' requirements.lock | $(UV) pip compile --quiet --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header --no-annotate --no-emit-package covid-core \
	  --no-emit-package covid-batch $(UPGRADE) --constraint - --group pyproject.toml:spark35 core/pyproject.toml batch/pyproject.toml \
	  --output-file requirements-spark35.lock
	sed -nE '/^(msgspec|numpy|scipy)==/,/[^\\]$$/p' requirements.lock | $(UV) pip compile --quiet --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header --no-annotate --no-emit-package covid-core \
	  $(UPGRADE) --constraint - --group pyproject.toml:peers --extra estimates core/pyproject.toml --output-file requirements-peers.lock
	sed -nE '/^(msgspec|numpy)==/,/[^\\]$$/p' requirements.lock | $(UV) pip compile --quiet --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header --no-annotate --no-emit-package covid-core \
	  $(UPGRADE) --constraint - --group pyproject.toml:fuzz core/pyproject.toml --output-file requirements-fuzz.lock

emr-package: $(SETUP) ## write build/emr/package.tar.gz, the batch job for nodes of EMR
	UV=$(UV) cloud/emr/package.sh build/emr/package.tar.gz

emr-stream-package: $(SETUP) ## write build/emr/stream.tar.gz, the streaming job for nodes of EMR
	UV=$(UV) PROJECTS="core process services/spark-stream" cloud/emr/package.sh build/emr/stream.tar.gz

layers: $(SETUP) ## build the layers and the code of the Lambda functions in build/lambda
	UV=$(UV) cloud/build-layers

sbom: $(SETUP) ## write build/sbom.cdx.json, the bill of materials (CycloneDX) of packages and jars
	$(BIN)/python -m covid_cli.stack.sbom requirements.lock build/sbom.cdx.json

clean: ## remove .venv and what tools left behind (never ~/.covid-tracker)
	rm -rf $(VENV) $(SPARK35_VENV) $(PEERS_VENV) $(FUZZ_VENV) $(UV_HOME) build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
