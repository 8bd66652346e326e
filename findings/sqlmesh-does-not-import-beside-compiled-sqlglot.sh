#!/usr/bin/env bash
# With the compiled form of the sqlglot that it asks for, SQLMesh cannot be imported.
#
# SQLMesh 0.236.4 asks for sqlglot 30.8; sqlglot 30.8.0 offers the extra `c`, the same modules compiled, for speed. The two
# install together without a word from pip, and `pip check` is content. Then `import sqlmesh` ends in
#   TypeError: interpreted classes cannot inherit from compiled
# for SQLMesh puts functions of its own into sqlglot's parser, and what they call is compiled now. Whoever adds
# `sqlglot[c]` for another tool of the same environment takes SQLMesh away.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check sqlmesh==0.236.4 sqlglot==30.8.0
venv/bin/python -c "import sqlmesh; print('pure:', sqlmesh.__version__)"
venv/bin/pip install --quiet --disable-pip-version-check 'sqlglot[c]==30.8.0'
venv/bin/pip check
if venv/bin/python -c "import sqlmesh" 2> said; then
    echo "compiled: imported, otherwise than described"
    exit 1
fi
tail -1 said
grep -qx "TypeError: interpreted classes cannot inherit from compiled" said
echo "as described"
