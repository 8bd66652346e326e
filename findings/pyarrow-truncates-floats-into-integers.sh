#!/usr/bin/env bash
# pyarrow 26.0.1: a Python float becomes an integer column by truncation, without a word, where the type is given: 1986.5
# lands as 1986. The same value cast from a column of doubles is refused, and so are True as an integer and 2**53 + 1 as a
# double; False as a double is taken for 0.0. Whoever gives Arrow the values of a JSON answer and a schema, and takes its
# silence for a proof, has changed them.
#
# Seen: pa.array([1986.5], pa.int64()) and RecordBatch.from_pylist give 1986; cast() raises ArrowInvalid.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pyarrow==26.0.1
cd "$work"
"$work/venv/bin/python" - <<'PYTHON'
import json

import pyarrow as pa


def made(act):
    try:
        return act().to_pylist()[0]
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        return type(error).__name__


value = json.loads('{"launchYear": 1986.5}')["launchYear"]
schema = pa.schema([("launchYear", pa.int64())])
found = {
    "array": made(lambda: pa.array([value], pa.int64())),
    "from_pylist": made(lambda: pa.RecordBatch.from_pylist([{"launchYear": value}], schema=schema)["launchYear"]),
    "cast": made(lambda: pa.array([value]).cast(pa.int64())),
    "True as an integer": made(lambda: pa.array([True], pa.int64())),
    "False as a double": made(lambda: pa.array([False], pa.float64())),
    "2**53 + 1 as a double": made(lambda: pa.array([2**53 + 1], pa.float64())),
}
for name, what in found.items():
    print(f"{name}: {what}")
expected = {
    "array": 1986,
    "from_pylist": 1986,
    "cast": "ArrowInvalid",
    "True as an integer": "ArrowTypeError",
    "False as a double": 0.0,
    "2**53 + 1 as a double": "ArrowInvalid",
}
assert found == expected, "it behaves otherwise now"
PYTHON
