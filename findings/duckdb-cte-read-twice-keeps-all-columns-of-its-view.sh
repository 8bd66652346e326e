#!/usr/bin/env bash
# A small CTE that a view reads twice makes DuckDB read every column of whatever else the view joins.
#
# DuckDB 1.5.6. A view joins a Parquet file of four columns with a CTE of ten rows. Of the view two columns are asked for,
# of which one is the file's.
#   - the CTE is read once:                   the scan has that one column
#   - the CTE is read twice:                  the scan has all four: a CTE with two readers is kept aside, and what is
#     asked for is not told past that place, neither into the CTE nor into the rest of the view
#   - twice, but `as not materialized`:       that one column, and the second one that the second join needs
# One expects a look-up table of ten rows to cost nothing. Where the file is wide and long it costs the whole file: every
# query of one column reads, decodes and computes all columns of the view.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check duckdb==1.5.6

venv/bin/python - <<'PYTHON'
import json

import duckdb

connection = duckdb.connect()
connection.execute("copy (select i as a, i % 7 as b, i::varchar as c, i::varchar as d from range(1000) t(i)) to 'wide.parquet'")


def scanned(joins, hint=""):
    """Return the columns of the file that are read for two columns of a view with so many joins of the CTE."""
    ends = [f"left join few as few_{column} on wide.{column} = few_{column}.k" for column in joins]
    connection.execute(
        f"create or replace view v as with few as {hint} (select i as k, i * 2 as z from range(10) t(i)) "
        f"select wide.*, few_a.z from 'wide.parquet' as wide {' '.join(ends)}"
    )
    plan = json.loads(connection.execute("explain (format json) select a, z from v").fetchone()[1])

    def scans(node):
        if node["name"].strip() in {"PARQUET_SCAN", "READ_PARQUET"} or "READ_PARQUET" in str(node["extra_info"].get("Function")):
            yield node["extra_info"]["Projections"]
        for child in node["children"]:
            yield from scans(child)

    found = [columns for root in plan for columns in scans(root)]
    assert len(found) == 1, found
    return found[0] if isinstance(found[0], list) else [found[0]]


once, twice, inlined = scanned("a"), scanned("ab"), scanned("ab", "not materialized")
print(f"duckdb {duckdb.__version__}: read once {once}, read twice {twice}, twice and not materialized {inlined}")
assert once == ["a"], once
assert twice == ["a", "b", "c", "d"], twice
assert inlined == ["a", "b"], inlined
PYTHON
echo "as described"
