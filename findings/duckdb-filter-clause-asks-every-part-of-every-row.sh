#!/usr/bin/env bash
# `count(*) filter (where a and b)` asks b of rows on which a is false; `where a and b` and `case when a and b` do not.
#
# DuckDB 1.5.6. Of ten texts five are numbers. "How many are numbers above 3" is asked in three ways, first `is it a number`,
# then the cast:
#   - where …:                  3
#   - count(case when … end):   3
#   - count(*) filter (where …): Conversion Error: Could not convert string 'x' to INT32
# The condition of a filter clause is computed whole, as a column, before it is counted; the other two go on with the rows
# that are left. So a guard in a filter clause guards nothing, and costs show as well: a suite of ten conditions that begin
# with what is cheap and seldom true took twice the time as ten filter clauses of one scan that it took as ten `case`.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check duckdb==1.5.6

venv/bin/python - <<'PYTHON'
import duckdb

connection = duckdb.connect()
connection.execute("create table texts as select if(i % 2 = 0, i::varchar, 'x') as t from range(10) r(i)")
above = "regexp_full_match(t, '[0-9]+') and cast(t as integer) > 3"


def asked(query):
    """Return the number that a query gives, or the first line of its error."""
    try:
        return connection.sql(query).fetchone()[0]
    except duckdb.Error as error:
        return str(error).splitlines()[0]


where = asked(f"select count(*) from texts where {above}")
case = asked(f"select count(case when {above} then 1 end) from texts")
clause = asked(f"select count(*) filter (where {above}) from texts")
print(f"duckdb {duckdb.__version__}\nwhere: {where}\ncase: {case}\nfilter clause: {clause}")
assert where == case == 3, (where, case)
assert clause.startswith("Conversion Error: Could not convert string 'x' to INT32"), clause
PYTHON
echo "as described"
