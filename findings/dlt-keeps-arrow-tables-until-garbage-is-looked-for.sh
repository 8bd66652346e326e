#!/usr/bin/env bash
# dlt 1.31.0 with pyarrow 26.0.1: of a resource with a contract by kind (`schema_contract={"columns": "freeze"}`) every Arrow
# table stays in memory after it was written, until Python's search for garbage comes by. The contract may be a word or a
# dictionary; for each table dlt tries the word first and keeps the error in a list of the very frame that the error's traceback
# leads to: a circle, and from its frames hang those of the callers, of which one holds the table. A gigabyte of Arrow is a
# handful of objects to Python, so little makes it look: a process that has raised the thresholds of `gc`, as is advised for
# speed, keeps all that it loads, gigabyte upon gigabyte.
#
# Seen, with the search switched off, in tables of 8 MB: without the contract one or two are held at a time; with it all eight
# are there at the end; with it, and a search for what is young after each of them, none is.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check 'dlt[filesystem]==1.31.0' pyarrow==26.0.1
cd "$work"
export RUNTIME__DLTHUB_TELEMETRY=false
said=$("$work/venv/bin/python" - <<'PYTHON'
import gc

import dlt
import pyarrow as pa

ROWS = 1 << 17


def held(name, look=False, **hints):
    before = pa.total_allocated_bytes()

    @dlt.resource(name="words", **hints)
    def words():
        for _ in range(8):
            yield pa.table({"words": pa.repeat("w" * 64, ROWS)})
            if look:
                gc.collect(1)

    place = dlt.destinations.filesystem(bucket_url=f"out_{name}")
    gc.disable()
    dlt.pipeline(name, destination=place, pipelines_dir="pipelines").run(words(), loader_file_format="parquet")
    tables = (pa.total_allocated_bytes() - before) // (64 * ROWS)
    gc.enable()
    gc.collect()
    return tables


contract = {"columns": "freeze"}
print(held("plain") <= 2, held("contract", schema_contract=contract) >= 8, held("looked", True, schema_contract=contract))
PYTHON
)
echo "two tables at most without a contract, all eight with it, and how many with a search between them: $said"
[ "$said" = "True True 0" ] || { echo "it behaves otherwise now"; exit 1; }
