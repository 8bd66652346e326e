#!/usr/bin/env bash
# Who listens to a dbt command goes on hearing after it has ended, and then it is SQLMesh that speaks.
#
# dbt-core 1.11.16, dbt-duckdb 1.11.1, sqlmesh 0.236.4, duckdb 1.5.6, in one process: a `dbtRunner` with a callback runs
# `parse` and returns. SQLMesh then loads the same project, as one does to compare the two: it calls parts of dbt, whose
# events go to the runner's callback, though the runner is deleted by then. A listener whose file is closed, or whose
# folder is gone, makes SQLMesh end with "Failed to load dbt manifest". dbt drops its listeners only when its next command
# begins; `dbt_common.events.event_manager_client.cleanup_event_logger()` does so at once.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export DBT_SEND_ANONYMOUS_USAGE_STATS=false SQLMESH__DISABLE_ANONYMIZED_ANALYTICS=true MAX_FORK_WORKERS=1
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check \
    dbt-core==1.11.16 dbt-duckdb==1.11.1 duckdb==1.5.6 "sqlmesh[dbt]==0.236.4"
printf 'name: two\nversion: "1.0"\nprofile: two\nmodels:\n  +start: 2024-01-01\n' > dbt_project.yml
printf 'two:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: two.duckdb, threads: 1}\n' > profiles.yml
mkdir models
echo "select 1 as a" > models/one.sql
cat > config.py <<'PY'
from pathlib import Path
from sqlmesh.dbt.loader import sqlmesh_config
config = sqlmesh_config(Path(__file__).parent)
PY
cat > listen.py <<'PY'
from dbt.cli.main import dbtRunner
from dbt_common.events.event_manager_client import cleanup_event_logger
from sqlmesh import Context

heard = []
runner = dbtRunner(callbacks=[lambda event: heard.append(event.info.name)])
assert runner.invoke(["--quiet", "parse", "--profiles-dir", "."]).success
during = len(heard)
del runner
Context(paths=".").close()
after = heard[during:]
cleanup_event_logger()
seen = len(heard)
Context(paths=".").close()
print(f"during the command {during > 0}, after it {sorted(set(after))}, after the clean-up {heard[seen:]}")
PY
venv/bin/python listen.py > said 2> errors || { tail -5 errors; exit 1; }
cat said
grep -q "during the command True, after it \['AdapterRegistered'" said
grep -q "after the clean-up \[\]" said
echo "as described"
