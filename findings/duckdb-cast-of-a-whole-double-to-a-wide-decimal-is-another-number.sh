#!/usr/bin/env bash
# DuckDB: cast(1e7::double as decimal(38, 20)) is 10000000.00000000013287555072, though a double holds ten million exactly.
#
# duckdb 1.5.6, and pysail 0.7.2 with the very same digits. The double is multiplied by 10^20 as a double, so whatever has more digits than a double
# between its first and the scale gets an error that the number itself does not have: 123456789.25, exact in binary, becomes 123456789.24999999689536….
# With a scale that fits, decimal(20, 2), the answer is right. Spark writes the double's shortest digits and gives 10000000 and 123456789.25.
# So "make it a wide decimal, to be exact" does the contrary, and two engines agree on it while a third differs.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check duckdb==1.5.6 pysail==0.7.2 pyspark-client==4.2.0

RUST_LOG=error venv/bin/python - <<'PYTHON'
from decimal import Decimal

import duckdb
from pysail.spark import SparkConnectServer
from pyspark.sql import SparkSession

server = SparkConnectServer("127.0.0.1", 0)
server.start(background=True)
spark = SparkSession.builder.remote("sc://{}:{}".format(*server.listening_address)).create()
for value, kind, answer in (
    (1e7, "decimal(38, 20)", "10000000.00000000013287555072"),
    (123456789.25, "decimal(38, 20)", "123456789.24999999689536307200"),
    (123456789.25, "decimal(20, 2)", "123456789.25"),
):
    query = f"select cast(cast('{value!r}' as double) as {kind})"
    here, there = duckdb.sql(query).fetchone()[0], spark.sql(query).collect()[0][0]
    print(f"{value!r} as {kind}: DuckDB {here}, Sail {there}, exactly {Decimal(value)}")
    assert here == there == Decimal(answer)
spark.stop()
server.stop()
PYTHON
echo "as described"
