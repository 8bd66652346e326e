#!/usr/bin/env bash
# Spark: `lag(total) over w - total` is refused, for the name of the window is read as `w-total`. Any other operator goes there.
#
# pyspark 4.2.0, Java 17. With `+` or `*`, with the window written out (`over (order by day) - total`) or in parentheses, `(lag(total) over w) - total`, the
# query runs. A minus is taken into the name, spaces or none, and the error speaks of an identifier that nobody wrote:
# "[INVALID_IDENTIFIER] The unquoted identifier w-total is invalid". DuckDB and PostgreSQL subtract. Whoever translates queries with named windows
# (sqlglot writes them as they stand) meets it in the engine only.
set -euo pipefail
command -v java >/dev/null || { echo "Spark needs Java, and there is none"; exit 1; }

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check pyspark==4.2.0

venv/bin/python - 2>/dev/null <<'PYTHON'
from pyspark.errors import ParseException
from pyspark.sql import SparkSession

spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
ROWS = "from values (1, 10), (2, 30), (3, 60) as days (day, total) window w as (order by day)"


def ask(said):
    return [row[0] for row in spark.sql(f"select {said} {ROWS}").collect()]


for said, answer in {
    "lag(total) over w + total": [None, 40, 90],
    "lag(total) over (order by day) - total": [None, -20, -30],
    "(lag(total) over w) - total": [None, -20, -30],
}.items():
    print(said, "is", ask(said))
    assert ask(said) == answer
try:
    print("lag(total) over w - total is", ask("lag(total) over w - total"))
except ParseException as error:
    told = str(error).strip().splitlines()[0]
    print("lag(total) over w - total:", told)
    assert "identifier w-total is invalid" in told
else:
    raise SystemExit("a minus is a minus now")
PYTHON
echo "as described"
