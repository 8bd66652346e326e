#!/usr/bin/env bash
# Where sqlglot has printed anything before SQLMesh is imported, SQLMesh cannot print its own models.
#
# SQLMesh 0.236.4 teaches sqlglot its MODEL blocks and macros on import: it adds to the table by which each dialect's
# generator prints. sqlglot 30.8.0 reads that table once, at a dialect's first use, and keeps what it made of it. Used before
# the import, a dialect prints no MODEL for the rest of the process:
#   ValueError: Unsupported expression type Model
# Parsing works, and so does every dialect that was not used yet. What fails of SQLMesh is what prints a model: the difference
# of two of its versions in a plan, long after the import, and only in a process where something else translated SQL first.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check sqlmesh==0.236.4 sqlglot==30.8.0
cat > story.py <<'STORY'
import sys

import sqlglot

if "used" in sys.argv:
    sqlglot.parse_one("select 1").sql("duckdb")
from sqlmesh.core.dialect import parse

[model] = parse("MODEL (name a.b, kind FULL)", default_dialect="duckdb")
for dialect in ("duckdb", "spark"):
    try:
        print(dialect, *model.sql(dialect).split())
    except ValueError as error:
        print(dialect, type(error).__name__, error)
STORY
venv/bin/python story.py | tee said
venv/bin/python story.py used | tee -a said
diff said - <<'EXPECTED'
duckdb MODEL ( name a.b, kind FULL )
spark MODEL ( name a.b, kind FULL )
duckdb ValueError Unsupported expression type Model
spark MODEL ( name a.b, kind FULL )
EXPECTED
echo "as described"
