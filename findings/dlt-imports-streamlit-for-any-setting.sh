#!/usr/bin/env bash
# dlt 1.31.0 beside streamlit 1.67.0: reading any setting (`dlt.config.get`, resolving a source's arguments) imports all of
# Streamlit, for dlt looks for secrets of a Streamlit app, in every process that has the package, app or not. A command line that
# never shows a page pays the import each time it starts, and modules that Streamlit brings are there for good.
#
# Seen: streamlit is in sys.modules after dlt.config.get("anything"), and is not after `import dlt`.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check dlt==1.31.0 streamlit==1.67.0 
cd "$work"
said=$("$work/venv/bin/python" - <<'PYTHON'
import sys

import dlt

before = "streamlit" in sys.modules
modules = len(sys.modules)
dlt.config.get("anything")
print(before, "streamlit" in sys.modules, len(sys.modules) - modules > 100)
PYTHON
)
echo "streamlit imported before the first setting is read, after it, with over a hundred modules: $said"
[ "$said" = "False True True" ] || { echo "it behaves otherwise now"; exit 1; }
