#!/usr/bin/env bash
# Sail: format_string('%s', …) writes a decimal as the whole number that it is stored as: 8.03 becomes 803.
#
# pysail 0.7.2, one process. -12.5 as decimal(6, 3) becomes -12500, without an error. `concat` and `cast(… as string)` of the same value, and Spark, write
# the point. A literal such as 8.03 is a decimal in Spark's SQL, so no cast is needed to meet it.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check pysail==0.7.2 pyspark-client==4.2.0

RUST_LOG=error venv/bin/python - <<'PYTHON'
from pysail.spark import SparkConnectServer
from pyspark.sql import SparkSession

server = SparkConnectServer("127.0.0.1", 0)
server.start(background=True)
spark = SparkSession.builder.remote("sc://{}:{}".format(*server.listening_address)).create()
for said, answer in {
    "format_string('%s', 8.03)": "803",
    "format_string('%s', cast(-12.5 as decimal(6, 3)))": "-12500",
    "concat('', 8.03)": "8.03",
    "cast(cast(-12.5 as decimal(6, 3)) as string)": "-12.500",
}.items():
    found = spark.sql(f"select {said}").collect()[0][0]
    print(said, "is", repr(found))
    assert found == answer
spark.stop()
server.stop()
PYTHON
echo "as described"
