#!/usr/bin/env bash
# duckdb 1.5.6: a statement that was prepared (`PREPARE`, `EXECUTE`) keeps what the optimizer knew of a table's values then.
# Rows that the same connection inserts afterwards and that lie outside the least and greatest value of then are not found,
# by a filter or a join, and no error is raised: a statement prepared on an empty table finds nothing for good. The same
# query typed anew finds them, and so does the prepared one where `statistics_propagation` was off when it was prepared.
#
# Seen, as prepared / anew: 0 / 94 rows of a filter, 1 / 600 as the greatest key of a join; with the pass off 94 / 94.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check duckdb==1.5.6
cd "$work"
said=$("$work/venv/bin/python" - <<'PYTHON'
import duckdb


def both(query, before, after, setting=None):
    with duckdb.connect() as connection:
        if setting:
            connection.execute(setting)
        for table in ("trips", "stations"):
            connection.execute(f"create table {table} (id integer)")
            connection.execute(f"insert into {table} {before}")
        connection.execute(f"prepare asked as {query}")
        for table in ("trips", "stations"):
            connection.execute(f"insert into {table} {after}")
        return connection.execute("execute asked").fetchone()[0], connection.execute(query).fetchone()[0]


filtered = "select count(*) from trips where id > 5"
nothing, hundred = "select 0 where false", "select * from range(100)"
print(both(filtered, nothing, hundred))
print(both("select max(id) from trips join stations using (id)", "values (1)", "values (600)"))
print(both(filtered, nothing, hundred, "set disabled_optimizers = 'statistics_propagation'"))
PYTHON
)
echo "$said"
[ "$said" = "(0, 94)
(1, 600)
(94, 94)" ] || { echo "it behaves otherwise now"; exit 1; }
