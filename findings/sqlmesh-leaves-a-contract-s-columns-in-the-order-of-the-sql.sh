#!/usr/bin/env bash
# A dbt model under contract has its columns in one order when dbt builds it, and in another when SQLMesh does.
#
# dbt-core 1.11.16, dbt-duckdb 1.11.1, sqlmesh 0.236.4, duckdb 1.5.6: a model selects `a, b`, and its enforced contract names
# `b, a`. dbt wraps the query and builds the table in the contract's order: b, a. SQLMesh loads the same project, builds the
# same model and says nothing: a, b. Each is as valid by itself. Whoever moves from one runner to the other, or reads tables of
# both by position (`union all`, `insert into … select *`, a CSV), swaps the columns without an error where types agree.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export DBT_SEND_ANONYMOUS_USAGE_STATS=false SQLMESH__DISABLE_ANONYMIZED_ANALYTICS=true MAX_FORK_WORKERS=1
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check \
    dbt-core==1.11.16 dbt-duckdb==1.11.1 duckdb==1.5.6 "sqlmesh[dbt]==0.236.4"
printf 'name: two\nversion: "1.0"\nprofile: two\nmodels:\n  +start: 2024-01-01\n  +materialized: table\n' > dbt_project.yml
cat > profiles.yml <<'YML'
two:
  target: dbt
  outputs:
    dbt: {type: duckdb, path: dbt.duckdb, threads: 1}
    mesh: {type: duckdb, path: mesh.duckdb, threads: 1}
YML
mkdir models
echo "select 1 as a, 2 as b" > models/one.sql
cat > models/one.yml <<'YML'
models:
  - name: one
    config: {contract: {enforced: true}}
    columns:
      - {name: b, data_type: integer}
      - {name: a, data_type: integer}
YML
cat > config.py <<'PY'
from pathlib import Path
from sqlmesh.dbt.loader import sqlmesh_config
config = sqlmesh_config(Path(__file__).parent, dbt_target_name="mesh")
PY
cat > both.py <<'PY'
import duckdb
from sqlmesh import Context

mesh = Context(paths=".")
mesh.plan(auto_apply=True, no_prompts=True)
mesh.close()
for name in ("dbt", "mesh"):
    with duckdb.connect(f"{name}.duckdb", read_only=True) as connection:
        found = connection.sql("select * from main.one")
        print(name, *found.columns, *found.fetchall())
with duckdb.connect() as connection:
    for name in ("dbt", "mesh"):
        connection.sql(f"attach '{name}.duckdb' (read_only)")
    below = "from dbt.main.one union all from mesh.main.one order by all"
    print("one below the other", connection.sql(below).fetchall())
PY
venv/bin/dbt --quiet run --profiles-dir . --target dbt > dbt.log 2>&1 || { tail -5 dbt.log; exit 1; }
venv/bin/python both.py > log 2>&1 || { tail -5 log; exit 1; }
grep -E "^(dbt|mesh|one)" log | tee said
diff said - <<'EXPECTED'
dbt b a (2, 1)
mesh a b (1, 2)
one below the other [(1, 2), (2, 1)]
EXPECTED
echo "as described"
