"""Where an agent works on a task: a clone of the repository without this folder, and what is hidden beside it."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from tests.evals.task import Task, load
from tests.structure.copies import copied

ROOT = Path(__file__).parents[2]
HIDDEN = "tests/evals"
#: What teaches an agent; a trial without guides goes without. What holds it (scripts, hooks, tests) stays.
GUIDES = (
    # Links to the next: a link that leads nowhere is not found any more.
    "**/AGENTS.md",
    "**/CLAUDE.md",
    "CONTRIBUTING.md",
    "*/subagents",
    "*/agents",
    "*/skills",
    "*/commands",
)
#: Of the caller's environment an agent and its commands get these, and what clients and installers are set by.
_KEPT = ("PATH", "HOME", "LANG", "TERM", "TMPDIR", "SSL_CERT_FILE")
_SETTINGS = ("UV_", "PIP_", "ANTHROPIC_", "OPENAI_")
#: So many seconds one command of a check may take; `make test` is the longest, and machines are busy.
_LONGEST = 3600
RUN = ("-m", "orchestration", "run")
#: What no run goes by: whoever changes these gets the lake that is there.
_NO_PIPELINE = ("tests", "serving", "analysis", "context", "*.md")
_GIT = ("-c", "user.name=evals", "-c", "user.email=evals@localhost", "-c", "core.hooksPath=/dev/null")


@dataclass(frozen=True)
class Graded:
    """A lake of the grader's, and how each run on it ended: its exit status, and what it said."""

    lake: Path
    ends: list[tuple[int, str]]

    def faults(self, *expected: int) -> list[str]:
        """Say which of the runs ended otherwise than expected (0 each, if nothing is said)."""
        meant = expected or (0,) * len(self.ends)
        return [
            f"run {number + 1} ended in {status}: {' '.join(told.split())[-300:]}"
            for number, ((status, told), wanted) in enumerate(zip(self.ends, meant, strict=True))
            if status != wanted
        ]


class Place:
    """One trial's folder: `clone/` is the agent's, all else is the grader's.

    `clone/` has one commit, so that history tells nothing.
    """

    def __init__(self, root: Path, task: Task, *, guides: bool = True) -> None:
        self.root, self.task, self.guides = root.absolute(), task, guides
        self.clone = self.root / "clone"
        self.hidden = self.root / "hidden"
        #: Where the task's upstream is served while somebody works or grades: variables of the configuration.
        self.served: dict[str, str] = {}

    @classmethod
    def prepare(cls, root: Path, task: Task, *, guides: bool = True) -> Place:
        """Make the folder, which must not exist, and all that the task wants there before the agent begins."""
        place = cls(root, task, guides=guides)
        place.hidden.mkdir(parents=True)
        _copied(place.clone)
        if not guides:
            place._forget_guides()
        set_up = place.run("make", "setup")
        if set_up.returncode:
            raise RuntimeError(f"make setup: {set_up.stdout}{set_up.stderr}")
        task.module.prepare(place)
        place.git("init", "-q", "-b", "main")
        place.git("add", "-A")
        place.git("commit", "-q", "-m", "The project")
        (place.root / "place.json").write_text(json.dumps({"task": task.name, "guides": guides}))
        return place

    @classmethod
    def reopen(cls, root: Path) -> Place:
        """Return a place that another process has prepared."""
        said = json.loads((root / "place.json").read_text())
        return cls(root, load(said["task"]), guides=said["guides"])

    def _forget_guides(self) -> None:
        for pattern in GUIDES:
            for path in list(self.clone.glob(pattern)):
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)
                else:
                    path.unlink()

    def git(self, *words: str) -> str:
        """Run git in the clone and return what it says."""
        done = subprocess.run(
            ["git", *_GIT, *words], cwd=self.clone, capture_output=True, text=True, check=True
        )
        return done.stdout

    def environment(self, **more: str) -> dict[str, str]:
        """Return the variables that commands in the clone get, and nothing of the caller's."""
        kept = {
            name: told for name, told in os.environ.items() if name in _KEPT or name.startswith(_SETTINGS)
        }
        return kept | {"GX_ANALYTICS_ENABLED": "false", "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"} | more

    def python(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a module or script with the clone's Python, in the clone."""
        return self.run(str(self.clone / ".venv" / "bin" / "python"), *words, **more)

    def run(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the clone to its end; one that takes too long ends in 124."""
        try:
            return subprocess.run(
                words,
                cwd=self.clone,
                env=self.environment(**more),
                capture_output=True,
                text=True,
                timeout=_LONGEST,
            )
        except subprocess.TimeoutExpired as late:
            return subprocess.CompletedProcess(words, 124, str(late.stdout or ""), f"took over {_LONGEST} s")

    def lake(self, name: str, *runs: Mapping[str, str], words: Sequence[str] = RUN) -> Graded:
        """Let the clone's pipeline run on a lake of the grader's, once with each of these settings, one after the other.

        `words` are for the clone's Python: another command than `RUN`, where a part of the pipeline will do. `FULL` among
        the settings builds everything anew. What the same code has already made of the same settings is not made again.
        """
        made = self.root / "graded" / f"{name}-{self.code(*_NO_PIPELINE)}"
        said = made / "said.json"
        if not said.exists():
            shutil.rmtree(made, ignore_errors=True)
            made.mkdir(parents=True)
            ends = []
            for settings in runs:
                command = [*words, "--full"] if "FULL" in settings else words
                place = {"LAKE_ROOT": str(made / "lake")}
                done = self.python(*command, **{**self.served, **settings, **place})
                ends.append((done.returncode, done.stdout + done.stderr))
            said.write_text(json.dumps(ends))
        return Graded(made / "lake", [(status, told) for status, told in json.loads(said.read_text())])

    def code(self, *without: str) -> str:
        """Return a name for what the clone holds now, whether it is committed or not, `without` these paths."""
        with tempfile.TemporaryDirectory() as folder:
            index = self.environment(GIT_INDEX_FILE=f"{folder}/index")
            for words in (
                ["read-tree", "HEAD"],
                ["add", "-A"],
                *([["rm", "-r", "-q", "--cached", "--ignore-unmatch", *without]] if without else []),
            ):
                subprocess.run(["git", *words], cwd=self.clone, env=index, check=True)
            tree = subprocess.run(
                ["git", "write-tree"], cwd=self.clone, env=index, capture_output=True, text=True, check=True
            )
        return tree.stdout.strip()[:12]

    @property
    def answer(self) -> str:
        """What the agent wrote into `ANSWER.md`; empty where it did not."""
        with contextlib.suppress(OSError, UnicodeDecodeError):
            return (self.clone / "ANSWER.md").read_text()
        return ""

    def changed(self) -> list[str]:
        """Return the files that are not as they were, committed or not, added and removed ones among them."""
        base = self.base
        self.git("add", "-A", "--intent-to-add")
        return [
            name for name in self.git("diff", "--name-only", "--no-renames", "-z", base).split("\0") if name
        ]

    @functools.cached_property
    def base(self) -> str:
        """The commit that the agent began from."""
        return self.git("rev-list", "--max-parents=0", "HEAD").strip()

    def before(self, name: str) -> str | None:
        """Return the text of a file as it was, None where there was none."""
        try:
            return self.git("show", f"{self.base}:{name}")
        except subprocess.CalledProcessError:
            return None


def _copied(clone: Path) -> None:
    """Copy what git knows, links as links, but for this folder."""
    for path in copied(clone):
        original = ROOT / path.relative_to(clone)
        if original.is_symlink():
            path.unlink()
            path.symlink_to(original.readlink())
    shutil.rmtree(clone / HIDDEN, ignore_errors=True)


def rows(lake: Path, table: str) -> str:
    """Return the SQL that reads a built table (`gold.mart_routes`) of what is published in a lake's folder.

    By the files that lie there, without a word of the code that is graded.
    """
    layer, name = table.split(".")
    return f"select * from read_parquet('{(lake / 'current').resolve()}/{layer}/{name}/*.parquet', hive_partitioning = false)"


def ask(query: str) -> list[tuple[Any, ...]]:
    """Answer an SQL query."""
    with duckdb.connect() as connection:
        return connection.execute(query).fetchall()


def tables(lake: Path) -> list[str]:
    """Return the built tables of what is published in a lake's folder."""
    home = (lake / "current").resolve()
    return sorted(
        f"{layer}.{path.name}" for layer in ("silver", "gold") for path in (home / layer).glob("*/")
    )
