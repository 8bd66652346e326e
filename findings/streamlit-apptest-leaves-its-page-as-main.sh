#!/usr/bin/env bash
# After Streamlit's AppTest has run a page, every process that multiprocessing spawns runs that page first.
#
# AppTest of Streamlit 1.67.0 puts a module of its own, with the page's path as its file, in the place of `__main__`, as the
# server does, and does not take it away when the run is over. A process that multiprocessing starts by "spawn" (the only way
# on Windows, the usual one on macOS) begins with the file of its parent's `__main__`: the page, outside of any session. A
# page that ends early, asks a database or raises does so again in every worker, and the worker's own function may never be
# called. In a suite of tests this shows only when a test of a page comes before one of workers, in the same process.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check streamlit==1.67.0
cat > page.py <<'PAGE'
import streamlit

print("the page runs as", __name__, flush=True)
streamlit.title("A page")
PAGE
cat > story.py <<'STORY'
import json
import multiprocessing
import sys
from pathlib import Path

from streamlit.testing.v1 import AppTest


def spawn():
    process = multiprocessing.get_context("spawn").Process(target=json.dumps, args=([1],))
    process.start()
    process.join()
    print("the worker ended with", process.exitcode, flush=True)


if __name__ == "__main__":
    spawn()
    AppTest.from_file("page.py").run()
    print("the main module is", Path(sys.modules["__main__"].__file__).name, flush=True)
    spawn()
STORY
venv/bin/python story.py 2> /dev/null | tee said
diff said - <<'EXPECTED'
the worker ended with 0
the page runs as __main__
the main module is page.py
the page runs as __mp_main__
the worker ended with 0
EXPECTED
echo "as described"
