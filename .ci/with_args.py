"""Run Python with the words of the variable ARGS behind its arguments: `python .ci/with_args.py -m pytest -q`.

They are told apart as by a shell, quotes and all, and no shell reads them: `$(...)`, `;` and `>` are text.
"""

from __future__ import annotations

import os
import shlex
import sys

try:
    words = shlex.split(os.environ.get("ARGS", ""))
except ValueError as error:
    sys.exit(f"error: ARGS={os.environ['ARGS']}: {error}")
os.execv(sys.executable, [sys.executable, *sys.argv[1:], *words])  # noqa: S606
