"""What to type instead of commands for which a person has to be asked, as no rule of the settings lets them run.

An agent hears it beside the client's own words, that leave is needed; who gives that leave is not kept from it. A
file that is written by the shell may need none, and is spoken of because the hook of edits does not see it.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import shell

#: How a command begins, and what does the same without asking anybody.
INSTEAD = {
    r"(uv run|poetry run|(\S*/)?python[\d.]* -m (ruff|mypy|dbt|lake|orchestration)|python[\d.]* -m (pytest|tests\.)"
    r"|(pytest|ruff|mypy|sqlfluff|sqlmesh|dbt|lint-imports)\b)": (
        "the project's tools stand in .venv/bin, as in `.venv/bin/ruff check .`, and make knows their arguments: "
        "`make lint`, `make test ARGS=tests/lake`, `make run LAKE_ROOT=target/try`."
    ),
    r"(uv (pip|add|sync|tool)|poetry|conda|brew|npm|npx|apt|apt-get|(\S*/)?pip3?|(\S*/)?python[\d.]* -m pip)\b": (
        "nothing is installed by hand: requirements.lock names what is there. A dependency is added by the session in "
        "pyproject.toml, with its reason, then `make lock`, `make setup`; a subagent names in its report what it would need."
    ),
    r"(\S*/)?python[\d.]*(?=\s|$)(?! -m | -V| --version| \S*\.awos/scripts/)": (
        '`make sql Q="from gold.mart_demand_daily limit 5"` answers questions of the lake, and a test tries code: '
        "`make test ARGS=tests/lake/test_files.py`. Files are changed with the tool Edit. Python of one's own runs with a "
        "person's leave only."
    ),
    r"duckdb\b": (
        '`make sql Q="from gold.mart_demand_daily limit 5"` asks DuckDB with the views of the published snapshot, and '
        "`make sql Q=\"from 'lake/gold/mart_demand_daily/*.parquet'\"` reads files of the lake."
    ),
    r"make (\w+=\S+ )*sql\b(?!.*\bQ=)": (
        '`make sql` alone opens a shell for a person; `make sql Q="from gold.mart_demand_daily limit 5"` answers and ends.'
    ),
    r"(curl|wget|http)\b(?!.*(127\.0\.0\.1|localhost))": (
        "no test and no sample run leaves the loopback. A source is tried on its stand-in in bronze/sample/upstreams/, "
        "with `make run LAKE_ROOT=target/try`; what only the upstream can answer goes into the report."
    ),
    r"find .*-exec(dir)? grep\b": "`find … | xargs grep -ln <word>` needs no leave, nor does `git grep -ln <word>`.",
    r"tee\b": "`> target/out.txt 2>&1` needs no leave, and the end of it is read by `tail`.",
    r"export [A-Z]": "what is set comes after make: `make run LAKE_ROOT=target/try`.",
    r"echo .*\$\?": "the exit status is told with the result: the command alone is enough.",
    r"(git -(?!-version)|make (.* )?(-C|--directory)\b)": (
        "rules know a command without options before its verb, from the root: `cd` there, which lasts, and then it alone."
    ),
}


def instead(command: shell.Command, root: Path) -> str | None:
    """Return what to type instead of a command, if the project has something for it."""
    folder, words = command.shell.folder, command.part.words
    if command.name == "make" and folder != root and not os.path.exists(folder / "Makefile"):
        return f"goals of make are the root's: `cd {root}` first, which lasts."
    if command.name == "make" and command.settings:
        goal = next((word for word in command.arguments if word[:1] != "-"), "run")
        return f"what is set comes after make: `make {goal} {command.settings[0]}=…`."
    if command.name == "cat" and command.part.fed and command.part.targets:
        return "a file is written with the tool Write or Edit, which also formats and checks it."
    line = " ".join(words[words.index(command.program) :]) if command.program in words else ""
    return next((said for begins, said in INSTEAD.items() if re.match(begins, line)), None)
