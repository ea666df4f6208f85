# Sluice: `make help` lists the targets. Nothing but Python 3.11, 3.12 or 3.13 (with venv) and make is needed.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PY := .venv/bin/python
BIN := .venv/bin
DAYS ?= 30
ACCOUNTS ?= 1000
SEED ?= 7
DO ?= apply

.PHONY: help setup lock local-emulate local-run local-stop local-reset local-status local-env sql reload replay contract models \
        sources check fmt test test-long bench

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# ---- set-up ------------------------------------------------------------------------------------------------------
setup: .venv/.lock ## the environment, .venv, exactly as requirements.lock says (every target does it by itself)

.venv/.lock: requirements.lock
	@python=$$(for p in python3 python3.13 python3.12 python3.11; do command -v $$p >/dev/null && \
	  $$p -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo $$p && break; done); \
	if [ -z "$$python" ]; then echo "Sluice needs Python 3.11, 3.12 or 3.13 with the venv module, and found none on PATH." >&2; exit 1; fi; \
	echo "setting up .venv with $$($$python --version) ..."; \
	[ -x $(PY) ] || $$python -m venv .venv
	@$(PY) -m pip install -q --disable-pip-version-check "uv==$$(sed -n 's/^uv==\([^ ]*\).*/\1/p' requirements.lock)"
	@$(BIN)/uv pip install -q --compile-bytecode --python $(PY) --require-hashes -r requirements.lock
	@# Where PYTHONDONTWRITEBYTECODE is set, every process would compile what it imports: half a second for BigQuery.
	@$(PY) -m compileall -q beam_pipelines contracts emulators orchestration
	@cp requirements.lock $@

lock: .venv/.lock ## resolve pyproject.toml again into requirements.lock
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-header --group dev pyproject.toml -o requirements.lock

# ---- the platform on this machine --------------------------------------------------------------------------------
local-emulate: .venv/.lock ## the whole platform on this machine: a company changes, gold follows (DAYS=30 ACCOUNTS=1000 SEED=7)
	@$(PY) -m emulators.local_emulate --days $(DAYS) --accounts $(ACCOUNTS) --seed $(SEED)

local-run: .venv/.lock ## move what changed in your own sources, without playing the company
	@$(PY) -m emulators.local_emulate --no-company

local-status: .venv/.lock ## what runs, where it listens, where its log is
	@$(PY) -m emulators status

local-env: .venv/.lock ## the exports for a shell: eval "$(make -s local-env)"
	@$(PY) -m emulators env

local-stop: .venv/.lock ## stop the services; what they hold stays in .sluice/
	@$(PY) -m emulators down

local-reset: .venv/.lock ## stop the services and remove .sluice/
	@$(PY) -m emulators reset

terraform-local: .venv/.lock ## build the platform's services with Terraform, on this machine (DO=plan, DO=destroy)
	@$(PY) -m emulators.terraform $(DO)

sql: .venv/.lock ## run SQL in the local BigQuery: make sql Q='select * from gold.mart_mrr_daily limit 5'
	@$(PY) -m emulators.local_emulate.sql "$$Q"
sql: export Q := $(value Q)

reload: .venv/.lock ## a table or a source again from landing: make reload TABLE=saas.accounts [DAY=2026-11-21]
	@$(PY) -m emulators.local_emulate.rerun reload "$(or $(TABLE),?)" $(if $(DAY),--day "$(DAY)")

replay: .venv/.lock ## dead letters again, after a fix: make replay EVENT=saas.usage_events [REASON=wrong_type]
	@$(PY) -m emulators.local_emulate.rerun replay "$(or $(EVENT),?)" $(if $(REASON),--reason "$(REASON)")

# ---- sources -----------------------------------------------------------------------------------------------------
contract: .venv/.lock ## a first contract from a database: export SHOP_DATABASE_URL=...; make contract SOURCE=shop [SCHEMA=public]
	@$(PY) -m contracts.draft $(SOURCE) --schema $(or $(SCHEMA),public)

models: .venv/.lock ## dbt models for a contract's tables, as files to edit: make models SOURCE=saas
	@$(PY) -m contracts.generate sources
	@$(PY) -m contracts.generate models $(SOURCE)

sources: .venv/.lock ## write dbt's sources again from contracts/
	@$(PY) -m contracts.generate sources

# ---- quality -----------------------------------------------------------------------------------------------------
check: .venv/.lock ## lint, format, types, room boundaries, contracts, generated files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(PY) -m contracts check
	$(PY) -m contracts.generate --check

fmt: .venv/.lock ## format, and mend what the linter can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

test: .venv/.lock ## the tests, in about ten minutes on two cores
	$(PY) -m pytest -n 2 --dist loadscope --no-loadscope-reorder -m "not long" $(ARGS)

test-long: .venv/.lock ## the tests that take longer
	$(PY) -m pytest -m long --hypothesis-profile=search $(ARGS)

bench: .venv/.lock ## what is fast, beside what a user would pick instead
	$(PY) -m benchmarks $(ARGS)
