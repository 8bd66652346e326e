#!/usr/bin/env bash
# With its own flag `--single-threaded` dbt builds nothing on DuckDB, not even one model.
#
# dbt-core 1.11.16 with dbt-duckdb 1.11.1 and duckdb 1.5.6: a project of two models and one test builds with one thread, and
# the same project with `--single-threaded` added, as one does to debug or profile it, ends before the first node in
#   Connection Error: Connection already closed!
# with status 2. `--threads 1` is another thing: a pool of one thread beside the main one, and there all is well.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export DBT_SEND_ANONYMOUS_USAGE_STATS=false
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check dbt-core==1.11.16 dbt-duckdb==1.11.1 duckdb==1.5.6
printf 'name: two\nversion: "1.0"\nprofile: two\n' > dbt_project.yml
printf 'two:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: two.duckdb, threads: 1}\n' > profiles.yml
mkdir models
echo "select 1 as a" > models/one.sql
echo "select a from {{ ref('one') }}" > models/other.sql
printf 'models:\n  - name: one\n    columns:\n      - name: a\n        data_tests: [not_null]\n' > models/models.yml
venv/bin/dbt --no-use-colors build --profiles-dir . --threads 1 | tee said | tail -1
grep -q "Done. PASS=3 WARN=0 ERROR=0 SKIP=0 NO-OP=0 TOTAL=3" said
status=0
venv/bin/dbt --no-use-colors build --profiles-dir . --threads 1 --single-threaded > said || status=$?
tail -1 said
grep -q "Connection Error: Connection already closed!" said
test "$status" = 2
echo "as described"
