#!/usr/bin/env bash
# pyspark 4.3.0 without the packages of Spark Connect: what imports pyspark.sql.connect where `__main__` is no file
# (`python -c`, a worker of pytest-xdist) is taken for a run of Spark's own doctests. Instead of an ImportError the process
# ends with exit status 0, in the middle of the import. Whoever guards the import with `except ImportError`, as Great
# Expectations does, is not spared: a test run that meets it stops early and looks green.
#
# Seen: "Skipping doctests: …", exit status 0, and nothing after the import runs. From a file: PySparkImportError.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pyspark==4.3.0 pandas==2.3.3 pyarrow==26.0.1
code='
try:
    import pyspark.sql.connect.functions
except ImportError as error:
    print("refused:", type(error).__name__)
print("went on")
'
echo "$code" > "$work/guarded.py"
cd "$work"
from_file=$("$work/venv/bin/python" guarded.py)
status=0
from_text=$("$work/venv/bin/python" -c "$code" 2> said) || status=$?
echo "from a file: $from_file"
echo "with -c: exit status $status, printed '$from_text', and said: $(tail -1 said)"
grep -q "went on" <<< "$from_file" || { echo "a file no longer goes on"; exit 1; }
[ "$status" = 0 ] && [ -z "$from_text" ] && grep -q "Skipping doctests" said || { echo "it behaves otherwise now"; exit 1; }
