#!/usr/bin/env bash
# How many rows DuckDB expects of a list of Parquet files is what the first file has, times the files: an empty one first
# makes millions look like thousands, and a join keeps the millions in memory.
#
# DuckDB 1.5.6. Three files, one without rows and two with 300,000 each, are joined with a table of 10,000 rows.
#   - the empty file last:  900,000 rows are expected, and the hash table is built on the 10,000
#   - the empty file first: 3,000 are expected, and it is built on the 600,000
# The footers of all three say their rows, and the answer is the same: only the plan differs. A folder whose first file is one
# without rows (a schema kept beside the partitions, a day on which nothing came) turns every join with it that way.
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
for name, rows in {"none": 0, "one": 300_000, "two": 300_000}.items():
    connection.execute(f"copy (select i % 10000 as k from range({rows}) r(i)) to '{name}.parquet'")
connection.execute("copy (select i as k, 'name ' || i as name from range(10000) r(i)) to 'names.parquet'")


def planned(files):
    """Return the rows expected of the files, what the hash table is built on, and the answer."""
    query = f"select count(name) from read_parquet({files}) join read_parquet('names.parquet') using (k)"
    node = json.loads(connection.execute(f"explain (format json) {query}").fetchall()[0][1])[0]
    while node["name"] != "HASH_JOIN":
        node = node["children"][0]
    probe, build = node["children"]
    while "Estimated Cardinality" not in build["extra_info"] or build["name"] != "READ_PARQUET":
        build = build["children"][0]
    while probe["name"] != "READ_PARQUET":
        probe = probe["children"][0]
    is_names = "name" in str(build["extra_info"]["Projections"])
    many = probe if is_names else build
    expected = int(many["extra_info"]["Estimated Cardinality"])
    return expected, "names" if is_names else "files", connection.sql(query).fetchone()[0]


last = planned(["one.parquet", "two.parquet", "none.parquet"])
first = planned(["none.parquet", "one.parquet", "two.parquet"])
print(f"duckdb {duckdb.__version__}\nempty file last:  {last}\nempty file first: {first}")
assert last == (900_000, "names", 600_000), last
assert first == (3_000, "files", 600_000), first
PYTHON
echo "as described"
