# Two commands are enough: `make demo` and `make test`. `make help` lists the rest.
# From a fresh clone only make, pip and Python 3.11 or later are needed; everything else is brought along.
# Every variable below can be set on the command line: `make demo PORT=9000`.

UV_VERSION ?= 0.13.9
PYTHON     ?= python3
HOST       ?= 127.0.0.1
PORT       ?= 8000
WORKERS    ?= 2
DEMO_HOME  ?= $(CURDIR)/.holdfast/demo
EXAMPLE    ?= src/holdfast/examples/online_retail_ii
SHOP       ?= Online Retail II
INVENTED   ?= 3000
TROUBLED   ?= 750
ORDERS     ?= 1000000
MARKS      ?= -m "not slow"
PYTEST     ?=
COVER      ?=
# What of the book of work `make test` asks of PostgreSQL too; `make test-all` asks all of it. What is left out reads the
# facts, which no database holds.
PG_TESTS   ?= $(addprefix tests/accounts/,test_access.py test_act.py test_at_once.py test_contracts.py test_due.py \
  test_guests.py test_queue_of_the_day.py test_renewing.py test_reviews.py test_schedule.py test_stakeholders.py \
  test_told.py test_works.py) $(addprefix tests/web/,test_accounts.py test_job_queue.py test_leaving.py test_today.py) \
  $(addprefix tests/playbooks/,test_sending.py test_standing.py) \
  $(addprefix --deselect tests/accounts/test_contracts.py::test_the_,newest_terms_of_companies_come_in_from_the_facts \
  ledgers_year_stands_beside_the_contracts_of_the_same_months)

UV  ?= .tools/uv/bin/uv
BIN := .venv/bin

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test test-all bench lint format docs sync sync-dev system ruff types types-begun types-told pytest \
  pytest-postgres docs-check clean-demo

export UV_PYTHON_DOWNLOADS := never
# Kept bytecode: every process that a test starts would compile the libraries again, which takes longer than its work.
unexport PYTHONDONTWRITEBYTECODE
step = @printf '\n== %s\n' "$(1)"

help: ## Say what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "make %-12s %s\n", $$1, $$2}'

# --- the two commands ---------------------------------------------------------------------------

demo: export HOLDFAST_HOME := $(DEMO_HOME)
demo: sync ## A real shop's two years beside invented ones: import, build, scorecard, then the pages in a browser
	$(call step,1 of 9: a home for the demo in $(DEMO_HOME))
	$(BIN)/holdfast init
	$(call step,2 of 9: import $(SHOP))
	$(BIN)/holdfast import "$(EXAMPLE)" --shop "$(SHOP)"
	$(call step,3 of 9: invent shops of the same two years and import them: in one things go wrong; every page calls them simulated)
	$(BIN)/holdfast simulate "$(DEMO_HOME)-simulated" --customers $(INVENTED) --months 24 --until 2011-12-09 --treat rate=1.6
	$(BIN)/holdfast simulate "$(DEMO_HOME)-troubled" --kind subscription --customers $(TROUBLED) --months 24 \
	  --until 2011-12-09 --trouble-days 60 --quiet >/dev/null
	for folder in simulated/marketplace simulated/b2b troubled; do \
	  $(BIN)/holdfast import "$(DEMO_HOME)-$$folder" --quiet >/dev/null; done
	$(BIN)/holdfast targets segment b2c_marketplace --account "Simulated marketplace"
	$(BIN)/holdfast targets segment b2b_platform --account "Simulated B2B"
	$(BIN)/holdfast targets segment subscription --account "Simulated subscription"
	$(call step,4 of 9: build a snapshot)
	$(BIN)/holdfast build
	$(call step,5 of 9: the scorecards of the real shop and of an invented one)
	$(BIN)/holdfast scorecard --shop "$(SHOP)"
	$(BIN)/holdfast scorecard --shop "Simulated subscription" --segment subscription
	$(call step,6 of 9: who is likely to leave and what each customer will bring beside the simplest way to tell)
	$(BIN)/holdfast models fit --shop "$(SHOP)"
	$(call step,7 of 9: an experiment on an invented shop whose truth is known)
	$(BIN)/holdfast experiments declare src/holdfast/examples/experiments/recommendations.toml
	$(BIN)/holdfast experiments take recommendations "$(DEMO_HOME)-simulated/marketplace/truth/simulated_assigned.parquet"
	$(BIN)/holdfast experiments show recommendations
	$(call step,8 of 9: a book of work with these accounts and their health and a review; people and contracts are invented)
	$(BIN)/python manage.py migrate --no-input --verbosity 0
	$(BIN)/python manage.py demo_book
	$(call step,9 of 9: serve the pages; stop with Ctrl-C)
	@exec $(BIN)/holdfast serve --host "$(HOST)" --port "$(PORT)"

test: sync-dev system ruff types-begun pytest types-told pytest-postgres docs-check ## All that CI runs
	@printf '\n== all checks passed\n'

# --- the parts ------------------------------------------------------------------------------------

test-all: MARKS :=
test-all: export HOLDFAST_LAWS := long
test-all: PG_TESTS := tests/accounts tests/web
test-all: COVER := --cov --cov-report=term:skip-covered
test-all: test ## As test, with the slow tests too, and says which lines no test reached

bench: sync-dev ## Measure import, build and scorecard on an invented shop (ORDERS=1000000)
	$(call step,benchmark with $(ORDERS) orders)
	$(BIN)/python benchmarks/run.py --orders $(ORDERS) $(BENCH)

lint: sync-dev ruff types ## Style and types only

format: sync-dev ## Put the code in the house style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: sync-dev ## Write the generated pages again (docs/tables.md, docs/metrics)
	$(BIN)/python docs/generate.py

clean-demo: ## Remove the demo's home
	rm -rf "$(DEMO_HOME)" "$(DEMO_HOME)-simulated" "$(DEMO_HOME)-troubled"

# --- steps ----------------------------------------------------------------------------------------

UV_STAMP := .tools/uv-$(UV_VERSION)

$(UV_STAMP):
	$(call step,bring uv $(UV_VERSION))
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Holdfast needs Python 3.11 or later; name one with: make PYTHON=python3.12"; exit 1; }
	@mkdir -p .tools
	@if [ "$(UV)" = .tools/uv/bin/uv ]; then \
	  $(PYTHON) -m venv --clear --without-pip .tools/uv && \
	  $(PYTHON) -m pip --python .tools/uv/bin/python install --quiet "uv==$(UV_VERSION)"; fi
	@touch $@

sync: $(UV_STAMP)
	$(call step,install what Holdfast needs (.venv))
	@$(UV) sync --frozen --inexact --no-dev --quiet --python "$(PYTHON)" \
	  || { echo "no network? trying with what is already here"; \
	       $(UV) sync --frozen --inexact --no-dev --quiet --offline --python "$(PYTHON)"; }

sync-dev: $(UV_STAMP)
	$(call step,install what the tests need (.venv))
	@$(UV) sync --frozen --inexact --group bench --quiet --python "$(PYTHON)" \
	  || { echo "no network? trying with what is already here"; \
	       $(UV) sync --frozen --inexact --group bench --quiet --offline --python "$(PYTHON)"; }

system:
	$(call step,system packages)
	@.ci/system-packages

ruff:
	$(call step,style: ruff)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types:
	$(call step,types: mypy --strict)
	$(BIN)/mypy

# mypy uses one processor for a minute: beside the tests it does not keep the other one idle.
types-begun:
	@mkdir -p .mypy_cache && rm -f .mypy_cache/ended
	@{ if $(BIN)/mypy >.mypy_cache/said 2>&1; then echo 0; else echo 1; fi >.mypy_cache/ended.new; \
	   mv .mypy_cache/ended.new .mypy_cache/ended; } &

types-told:
	$(call step,types: mypy --strict)
	@for _ in $$(seq 3000); do [ ! -e .mypy_cache/ended ] || break; sleep 0.2; done; cat .mypy_cache/said; exit "$$(cat .mypy_cache/ended)"

pytest:
	$(call step,tests: pytest)
	$(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(COVER) $(MARKS) $(PYTEST)

pytest-postgres:
	$(call step,tests: the book of work on PostgreSQL)
	$(BIN)/python tests/on_postgres.py pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(MARKS) $(PG_TESTS)

docs-check:
	$(call step,generated pages are up to date)
	$(BIN)/python docs/generate.py --check
