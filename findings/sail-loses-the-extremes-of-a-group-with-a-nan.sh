#!/usr/bin/env bash
# Sail: max() and min() of doubles by group give a wrong number where the group has a NaN, and which one follows from the order of rows.
#
# pysail 0.7.2, one process. Of 5, NaN and infinity the least is 1.7976931348623157e+308, which is none of them; of NaN and 1 the greatest is 1,
# of 1 and NaN it is NaN. Spark (and DuckDB) take NaN for the greatest whatever the order, and Sail does as well without `group by`. No error, no
# warning: asked with and without a group the same rows give two answers.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check pysail==0.7.2 pyspark-client==4.2.0

RUST_LOG=error venv/bin/python - <<'PYTHON'
import math

from pysail.spark import SparkConnectServer
from pyspark.sql import SparkSession

server = SparkConnectServer("127.0.0.1", 0)
server.start(background=True)
spark = SparkSession.builder.remote("sc://{}:{}".format(*server.listening_address)).create()
one = lambda query: spark.sql(query).collect()[0][0]
rows = "from values (1, 5D), (1, double('nan')), (1, double('infinity')) as t (g, d)"
whole, by_group = one(f"select min(d) {rows}"), one(f"select min(d) {rows} group by g")
print("least of 5, NaN and infinity:", whole, "and by group:", by_group)
assert whole == 5 and by_group == 1.7976931348623157e308

greatest = [
    one(f"select max(d) from values {order} as t (g, d) group by g")
    for order in ("(1, 1D), (1, double('nan'))", "(1, double('nan')), (1, 1D)")
]
print("greatest of 1 and NaN by group:", greatest[0], "and in the other order:", greatest[1])
assert math.isnan(greatest[0]) and greatest[1] == 1
spark.stop()
server.stop()
PYTHON
echo "as described"
