# Two commands: `make run` sets everything up and runs the pipeline, `make test` tests it.

.DEFAULT_GOAL := help
PYTHON ?= python3
export PYTHON
# What is typed goes to the commands through the environment and as it is: in a recipe the shell would read it, and make
# takes the `$5` of `REASON="$5,000"` for a variable of its own, and would run `$(shell …)`.
$(foreach name,$(.VARIABLES),$(if $(findstring command line,$(origin $(name))),\
	$(eval export override $(name) := $$(value $(name)))))
# What recipes are made of is nobody's to say on the command line.
override SHELL := /bin/bash
override .SHELLFLAGS := -c
override VENV := .venv
override RUN := $(VENV)/bin/python
# ARGS becomes words as it would in a shell, and no shell runs what is in it.
override WITH_ARGS := .ci/with_args.py
# With JSON=1 what only answers does so with one JSON object on stdout (`lake/answers.py`).
override AS_JSON := $(if $(filter-out 0,$(value JSON)),--json)
# Compiled modules are kept, whatever the caller's shell says: without them every start takes seconds longer.
unexport PYTHONDONTWRITEBYTECODE
# A setting that the caller has for tools of another project is none of this one's, nor is that project's version.
unexport $(filter DBT_% DUCKDB_% GX_% STREAMLIT_% AIRFLOW__% $(if $(filter environment,$(origin VERSION)),VERSION),$(.VARIABLES))
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export GX_ANALYTICS_ENABLED := false

help:  ## list what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

# uv has the version that the lock names, so that it does not replace itself when it installs the rest.
$(VENV)/.ready: requirements.lock
	@"$$PYTHON" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' \
		|| { echo "Python 3.11 to 3.14 is needed: make run PYTHON=/path/to/python3"; exit 2; }
	@echo "setting up $(VENV)" >&2
	@"$$PYTHON" -m venv $(VENV)
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check \
		"$$(sed -n 's/^\(uv==[^ ;\\]*\).*/\1/p' requirements.lock)"
	@$(VENV)/bin/uv pip sync --quiet --python $(VENV)/bin/python requirements.lock
	@touch $@

# An environment of its own: Great Expectations imports a Spark that it finds.
$(VENV)/readers/.ready: requirements-interop.lock $(VENV)/.ready
	"$$PYTHON" -m venv $(VENV)/readers
	$(VENV)/bin/uv pip sync --quiet --python $(VENV)/readers/bin/python requirements-interop.lock
	@touch $@

# Another engine's client beside the project's packages, which see nothing of it: as the readers, for the same reason.
$(VENV)/elsewhere/.ready: requirements-elsewhere.lock $(VENV)/.ready
	@"$$PYTHON" -m venv $(VENV)/elsewhere
	@$(VENV)/bin/uv pip sync --quiet --python $(VENV)/elsewhere/bin/python requirements-elsewhere.lock
	@$(RUN) -c 'import sysconfig; print(sysconfig.get_path("purelib"))' \
		> "$$($(VENV)/elsewhere/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/project.pth"
	@touch $@

setup: $(VENV)/.ready  ## install what the lock names into .venv

run dag-run airflow: export BUILD__WORKERS := $(or $(value WORKERS),$(value BUILD__WORKERS))
run: setup  ## run the pipeline and publish a snapshot (FULL=1 builds everything anew, DIFF=1 shows what changes, WORKERS=2 share the months)
	$(RUN) -m orchestration run $(if $(filter-out 0,$(value FULL)),--full) $(if $(filter-out 0,$(value DIFF)),--diff)

plan: setup  ## tell what a run would do now and why, and do none of it (FULL=1 for one that builds all)
	@$(RUN) -m orchestration plan $(if $(filter-out 0,$(value FULL)),--full) $(AS_JSON)

poll: setup  ## ask feeds without a past what they say now, and keep it (EVERY=60 asks again and again, until Ctrl-C)
	@$(RUN) -m orchestration poll $${EVERY:+--every "$$EVERY"}

status: setup  ## list snapshots, and batches by state
	@$(RUN) -m orchestration status $(AS_JSON)

diff: setup  ## tell what differs between two snapshots, published and its parent: FROM=parent TO=published
	@$(RUN) -m orchestration diff "$${FROM:-parent}" "$${TO:-published}" $(AS_JSON)

docs: setup  ## make data docs and dbt docs in lake/reports (SERVE=1 serves them on the loopback, PORT=8080)
	@$(RUN) -m orchestration docs $(if $(filter-out 0,$(value SERVE)),--serve) $${PORT:+--port "$$PORT"}

notebooks: setup  ## run the notebooks on the published snapshot and render them to lake/reports/notebooks
	@$(RUN) $(WITH_ARGS) -m analysis.notebooks

# With -m Python looks for packages here, and finds serving and lake.
dashboard: setup  ## open the dashboard on the published snapshot, on the loopback (PORT=8501)
	$(RUN) -m streamlit run serving/app.py --server.port "$${PORT:-8501}"

sql: setup  ## open the DuckDB shell on the published snapshot (Q="select …" answers and leaves; SNAPSHOT=… asks another)
	@$(RUN) -m lake sql $${SNAPSHOT:+--snapshot "$$SNAPSHOT"} $${Q:+--query "$$Q"}

sqlmesh: setup  ## let SQLMesh build silver and gold of the published snapshot, in target/lakehouse_sqlmesh.duckdb
	@$(RUN) -m orchestration.mesh apply

parity: setup  ## the same, and compare every model with what dbt wrote
	@$(RUN) -m orchestration.mesh parity $(AS_JSON)

lineage: setup  ## tell what a column is made from, down to bronze: COLUMN=mart_demand_daily.trips
	@$(RUN) -m orchestration.mesh lineage "$$COLUMN" $(AS_JSON)

elsewhere: $(VENV)/elsewhere/.ready  ## build the published snapshot's tables on Sail (REMOTE=sc://host:port: on that Spark), and compare
	@$(VENV)/elsewhere/bin/python -m orchestration.elsewhere

listed: $(VENV)/elsewhere/.ready  ## compare what models are made of on DuckDB and Sail (REMOTE=sc://host:port: that Spark), on hostile values
	$(VENV)/elsewhere/bin/python $(WITH_ARGS) -m pytest tests/orchestration/elsewhere

accept: setup  ## accept a refused batch: BATCH=jc-2024-05 REASON="…"
	@$(RUN) -m orchestration accept "$$BATCH" --reason "$$REASON" --table "$$TABLE" $${VERSION:+--version "$$VERSION"}

hold: setup  ## keep the newest version of a batch out of snapshots: BATCH=jc-2024-05 REASON="…" (VERSION=… for another)
	@$(RUN) -m orchestration hold "$$BATCH" --reason "$$REASON" --table "$$TABLE" $${VERSION:+--version "$$VERSION"}

rollback: setup  ## publish the snapshot before again, and pin the lake to it: REASON="…" (SNAPSHOT=… for another: id, tag, time)
	@$(RUN) -m lake rollback --snapshot "$$SNAPSHOT" --reason "$$REASON"

release: setup  ## let runs publish again after a rollback
	@$(RUN) -m lake release

branch: setup  ## begin a branch, a lake beside the lake in seconds: NAME=try; then any goal with BRANCH=try
	@$(RUN) -m lake branch "$$NAME"

merge: setup  ## publish what a branch has published, without a build, and drop it: NAME=try
	@$(RUN) -m lake merge "$$NAME"

drop: setup  ## take a branch or a tag away: NAME=try
	@$(RUN) -m lake drop "$$NAME"

tag: setup  ## name a snapshot, and keep it until the name is dropped: NAME=before-easter (SNAPSHOT=… for another)
	@$(RUN) -m lake tag "$$NAME" --snapshot "$$SNAPSHOT"

gc: setup  ## remove old snapshots and what killed runs left (KEEP=5)
	@$(RUN) -m lake gc $${KEEP:+--keep "$$KEEP"} $(AS_JSON)

verify: setup  ## read and hash every file of the lake, and say what is not as it was written and how to mend it
	@$(RUN) -m lake verify $(AS_JSON)

airflow: setup  ## run Airflow on the loopback until Ctrl-C (PORT=8090; ARGS="dags list" runs one of its commands)
	@$(if $(value ARGS),$(RUN) $(WITH_ARGS) -m orchestration.airflow.local cli,\
		$(RUN) -m orchestration.airflow.local serve $${PORT:+--port "$$PORT"})

dag-run: setup  ## run the DAG once without a server (CONF='{"from": "2024-02", "to": "2024-05"}')
	@$(RUN) -m orchestration.airflow.local run --conf "$$CONF"

test: setup  ## run the tests, but for those of `make interop`
	$(RUN) $(WITH_ARGS) -m pytest -n 3 --dist loadscope --ignore tests/interop

test-fast: setup  ## run those that take less than half a second each, in about a minute: what goes on between edits
	$(RUN) $(WITH_ARGS) -m pytest -n 3 --dist loadscope --ignore tests/interop -m "not slow"

readers: $(VENV)/readers/.ready  ## install the readers of Parquet that `make interop` tries

interop: readers  ## open every published table with every reader of Parquet, and compare rows and types
	$(RUN) $(WITH_ARGS) -m pytest -rP tests/interop

soak: setup  ## run the properties with thousands of examples
	HYPOTHESIS_PROFILE=soak $(RUN) $(WITH_ARGS) -m pytest -n 2 --timeout 3600 tests/properties

bench: setup  ## measure the pipeline against a bare DuckDB script (ARGS="--scenario fresh --rows 1000000")
	$(RUN) $(WITH_ARGS) -m tests.benchmarks

kills: setup  ## kill real runs at every fault point and at random moments (ARGS="--random 10")
	$(RUN) $(WITH_ARGS) -m tests.orchestration.kills

eval: setup  ## let an agent work on tasks, and grade: AGENT='claude -p {sentence}' (ARGS="--task wrong_figure"; REPORT=1 compares the last two)
	@$(RUN) $(WITH_ARGS) -m tests.evals $(if $(filter-out 0,$(value REPORT)),compare,run --agent "$$AGENT")

eval-self: setup  ## grade the grader: right answers pass whole, each wrong one fails what is meant to find it
	@$(RUN) $(WITH_ARGS) -m tests.evals self

conformance: setup  ## tell what each source still lacks, layer by layer (SOURCE=nager looks at one, there or not)
	@$(RUN) -m tests.conformance $${SOURCE:+--source "$$SOURCE"} $(AS_JSON)

source: setup  ## write the skeleton of a source in every layer: NAME=air TABLES=readings,sensors KIND=api (paged, file, archive, feed)
	@$(RUN) .awos/scripts/source.py "$$NAME" "$$TABLES" "$$KIND"

check: lint conformance  ## lint, and no source may lack anything: what holds when a feature is done

lint: style  ## ruff, sqlfluff, mypy, who imports whom, documents: what holds at every commit
	$(RUN) -m pytest -n 2 --dist loadscope tests/structure

style: setup  ## the same without the tests of structure and documents, which are among those of `make test`
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/sqlfluff lint --processes 2 --disable-progress-bar silver gold
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports --no-logo

audit: setup  ## look for keys in what git tracks, and for known vulnerabilities of what the locks name
	@VENV=$(VENV) bash .ci/audit

# A check that finds what it cannot mend says so and does not keep the others from their turn.
format: setup  ## let ruff and sqlfluff rewrite what they can
	-$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .
	-$(VENV)/bin/sqlfluff fix --disable-progress-bar silver gold

agents:  ## copy subagents, commands and skills from .awos to where clients look (ARGS=--check only tells what differs)
	@"$$PYTHON" $(WITH_ARGS) .awos/scripts/agents.py

lock: setup  ## write both locks anew from pyproject.toml
	$(VENV)/bin/uv pip compile --quiet --universal --generate-hashes --group dev --group mcp pyproject.toml -o requirements.lock
	$(VENV)/bin/uv pip compile --quiet --universal --generate-hashes --group interop --constraints requirements.lock \
		-o requirements-interop.lock
	$(VENV)/bin/uv pip compile --quiet --universal --generate-hashes --group elsewhere --constraints requirements.lock \
		-o requirements-elsewhere.lock

clean: setup  ## remove the lake's data and every scratch file, never code
	$(RUN) -m lake clean --scratch target
	rm -rf logs .airflow

.PHONY: help setup run plan poll status diff docs notebooks sql sqlmesh parity lineage elsewhere listed accept hold rollback release branch merge drop tag gc verify test test-fast readers interop soak bench kills eval eval-self conformance source check lint style audit format agents lock dashboard airflow dag-run clean
