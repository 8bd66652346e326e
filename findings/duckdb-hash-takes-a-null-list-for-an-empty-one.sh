#!/usr/bin/env bash
# DuckDB's hash() gives one value to a list that is NULL, one that is empty and one that holds only NULLs, and to a struct that is
# NULL and one of NULLs: a fingerprint of rows by hash() calls two tables equal that EXCEPT tells apart.
#
# DuckDB 1.5.6. hash(NULL) of a scalar is told apart from hash(0) and hash(''), so nothing warns of it; lists of other lengths and values
# differ, and so does the text of all of them. Two tables of which one has NULL where the other has [] have the same bit_xor and sum of hashes of
# their rows; EXCEPT ALL finds the row. Hashing the text beside the value tells them apart.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check duckdb==1.5.6

venv/bin/python - <<'PYTHON'
import duckdb

one = lambda query: duckdb.sql(query).fetchone()[0]
lists = ["null::varchar[]", "[]::varchar[]", "[null]::varchar[]"]
hashes = {text: one(f"select hash({text})") for text in lists}
print(f"duckdb {duckdb.__version__}", *hashes.items(), sep="\n")
assert len(set(hashes.values())) == 1, hashes
assert one("select hash(null::struct(x integer)) = hash({'x': null::integer})")
assert one("select hash(['a']) <> hash([]::varchar[]) and hash(null::integer) <> hash(0)")

before, after = "select 1 as k, null::varchar[] as names", "select 1 as k, []::varchar[] as names"
print_of = "select (bit_xor(hash(r)), sum(hash(r)))::varchar from (select (k, names) as r from ({}))"
same = one(print_of.format(before)) == one(print_of.format(after))
differing = one(f"select count(*) from ({before} except all {after})")
print("fingerprints are the same:", same, "rows that differ:", differing)
assert same and differing == 1
assert one(f"select hash(k, names) = hash(k, names) from ({before})")
with_text = "select hash(k, names, names::varchar) from ({})"
assert one(with_text.format(before)) != one(with_text.format(after))
PYTHON
echo "as described"
