#!/usr/bin/env bash
# SQLMesh says that nothing has changed while what its environment serves has been replaced by dbt.
#
# sqlmesh 0.236.4, dbt-core 1.11.16, dbt-duckdb 1.11.1, duckdb 1.5.6: SQLMesh builds a dbt project's model in a DuckDB file, and
# serves it as a view on a table of its own. `dbt run` on the same file, with the target that SQLMesh loads the project by,
# drops that view and leaves a table in its place. From then on `sqlmesh plan` reports no changes, for it compares definitions
# with its state and looks at no object of the database: readers get dbt's rows for good, until the model itself changes. Then
# SQLMesh drops the table, and the view is back.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export DBT_SEND_ANONYMOUS_USAGE_STATS=false SQLMESH__DISABLE_ANONYMIZED_ANALYTICS=true MAX_FORK_WORKERS=1
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check \
    dbt-core==1.11.16 dbt-duckdb==1.11.1 duckdb==1.5.6 "sqlmesh[dbt]==0.236.4"
printf 'name: two\nversion: "1.0"\nprofile: two\nmodels:\n  +start: 2024-01-01\n  +materialized: table\n' > dbt_project.yml
printf 'two:\n  target: both\n  outputs:\n    both: {type: duckdb, path: both.duckdb, threads: 1}\n' > profiles.yml
cat > config.py <<'PY'
from pathlib import Path
from sqlmesh.dbt.loader import sqlmesh_config
config = sqlmesh_config(Path(__file__).parent)
PY
mkdir models
echo "select count(*) as n from read_csv('in.csv')" > models/one.sql
cat > look.py <<'PY'
import sys
import duckdb
from sqlmesh import Context

if sys.argv[1] == "plan":
    mesh = Context(paths=".")
    changed = mesh.plan(auto_apply=True, no_prompts=True).has_changes
    mesh.close()
    print("sqlmesh has changes:", changed)
with duckdb.connect("both.duckdb", read_only=True) as connection:
    kind = "select table_type from information_schema.tables where table_schema = 'main' and table_name = 'one'"
    print("main.one is a", *connection.sql(kind).fetchone(), "with", *connection.sql("from main.one").fetchone())
PY
printf 'a\n1\n' > in.csv
venv/bin/python look.py plan > log 2>&1 || { tail -5 log; exit 1; }
printf 'a\n1\n2\n3\n' > in.csv
venv/bin/dbt --quiet run --profiles-dir . > dbt.log 2>&1 || { tail -5 dbt.log; exit 1; }
venv/bin/python look.py look >> log 2>&1
venv/bin/python look.py plan >> log 2>&1 || { tail -5 log; exit 1; }
sleep 1
echo "select count(*) as n, 'changed' as model from read_csv('in.csv')" > models/one.sql
venv/bin/python look.py plan >> log 2>&1 || { tail -5 log; exit 1; }
grep -E "^(main.one|sqlmesh has)" log | tee said
diff said - <<'EXPECTED'
sqlmesh has changes: True
main.one is a VIEW with 1
main.one is a BASE TABLE with 3
sqlmesh has changes: False
main.one is a BASE TABLE with 3
sqlmesh has changes: True
main.one is a VIEW with 3 changed
EXPECTED
