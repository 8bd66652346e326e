"""Real runs killed with SIGKILL, at every fault point and at random moments, and what a rerun makes of it.

    python -m tests.orchestration.kills --random 10

A lake of one month is about to get a second one. Each trial copies that lake, kills a run on it, looks at
what is published then, runs again, and compares the outcome with a lake that nobody disturbed: every table
must be the same, and after `gc` nothing may lie around. Exit status 1 if a trial fails.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bronze.sample.holidays import write_holidays
from bronze.sample.server import serve
from lake import Lake
from lake.branches import branches
from lake.faults import POINTS
from lake.recordings import kept, read
from lake.retention import unfinished
from lake.snapshots import current, current_id, hold_snapshot
from lake.tags import read_tags
from tests.bronze.upstream import modern_csv, put, zipped
from tests.orchestration.lakes import differences

ROOT = Path(__file__).parents[2]
KILLED = -9
#: Points that a run does not come to, and the command that does.
COMMANDS = {
    "recording.written": ["tests.bronze.signals", "poll"],
    "recording.kept": ["tests.bronze.signals", "poll"],
    # Of two months at once, which the two workers share.
    "part.written": ["orchestration", "run", "--full"],
    "parts.linked": ["orchestration", "run", "--full"],
    "decision.kept": ["orchestration", "accept", "us-2024", "--reason", "trial"],
    "rollback.pinned": ["lake", "rollback", "--reason", "trial"],
    "rollback.swapped": ["lake", "rollback", "--reason", "trial"],
    "release.done": ["lake", "release"],
    "tag.written": ["lake", "tag", "trial"],
    "branch.linked": ["lake", "branch", "trial"],
    "merge.linked": ["lake", "merge", "trial"],
    "merge.landed": ["lake", "merge", "trial"],
    "merge.brought": ["lake", "merge", "trial"],
    "drop.renamed": ["lake", "drop", "trial"],
    "gc.renamed": ["lake", "gc", "--keep", "1"],
    "gc.removed": ["lake", "gc", "--keep", "1"],
    "clean.renamed": ["lake", "clean"],
}
RUN = ["orchestration", "run"]


@dataclass
class Stage:
    """A served upstream, a lake before the second month and one after it, undisturbed."""

    base: Path
    env: dict[str, str]
    before: Path
    undisturbed: Path
    seconds: float = 0.0
    failures: list[str] = field(default_factory=list)

    def command(self, root: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the project on a lake, to its end."""
        return subprocess.run(
            [sys.executable, "-m", *words],
            cwd=ROOT,
            env={**self.env, "LAKE_ROOT": str(root), **more},
            capture_output=True,
            text=True,
            timeout=540,
            check=False,
        )

    def must(self, root: Path, *words: str, **more: str) -> None:
        """Run a command that has to succeed.

        Raises:
            RuntimeError: it did not, and what it said.
        """
        done = self.command(root, *words, **more)
        if done.returncode:
            raise RuntimeError(f"{' '.join(words)}: exit {done.returncode}\n{done.stdout}{done.stderr}")


@contextmanager
def stage() -> Iterator[Stage]:
    """Serve two months of trips and prepare the two lakes."""
    base = Path(tempfile.mkdtemp(prefix="kills-"))
    try:
        upstream = base / "upstream"
        for month in ("2024-04", "2024-05"):
            stamp = month.replace("-", "")
            content = modern_csv(300, f"{month}-03", first=int(stamp) * 1000)
            put(upstream, f"JC-{stamp}-citibike-tripdata.csv.zip", zipped({f"JC-{stamp}.csv": content}))
        write_holidays(upstream / "holidays", [2024])
        hours = [
            f"2024-0{4 + day // 30}-{1 + day % 30:02d}T{hour:02d}:00"
            for day in range(60)
            for hour in range(24)
        ]
        lines = ["time,temperature_2m,precipitation", *(f"{hour},{n % 20},0" for n, hour in enumerate(hours))]
        (upstream / "weather.csv").write_text("\n".join(lines) + "\n")
        with serve(upstream) as endpoints:
            env = {
                **os.environ,
                **endpoints.environment,
                "SOURCES__CITIBIKE__CITIES": '["jc"]',
                "SOURCES__MONTHS": "2024-04..2024-05",
                "BUILD__WORKERS": "2",
            }
            made = Stage(base, env, base / "before", base / "undisturbed")
            made.must(made.before, *RUN, SOURCES__MONTHS="2024-04")
            shutil.copytree(made.before, made.undisturbed, symlinks=True)
            begun = time.monotonic()
            made.must(made.undisturbed, *RUN)
            made.seconds = time.monotonic() - begun
            yield made
    finally:
        shutil.rmtree(base, ignore_errors=True)


def _prepared(on: Stage, point: str) -> Path:
    """Return a fresh lake on which the point's command has something to do."""
    root = on.base / "trial"
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(on.before, root, symlinks=True)
    if point == "clear.renamed":
        # What the next run has to clear is as near to published as it can be.
        on.command(root, *RUN, LAKEHOUSE_FAULT="publish.completed")
    if point.startswith("merge."):
        on.must(root, "lake", "branch", "trial")
        on.must(root, *RUN, BRANCH="trial")
    elif point in COMMANDS and not point.startswith("part"):
        on.must(root, *RUN)
    if point == "drop.renamed":
        on.must(root, "lake", "branch", "trial")
    if point.startswith("gc."):
        # The parent of what is published stays: there has to be one before it.
        on.must(root, *RUN, "--full")
    if point == "release.done":
        on.must(root, "lake", "rollback", "--reason", "trial")
    return root


def _kill_at(on: Stage, root: Path, point: str) -> str | None:
    """Kill the command at a point; return what is wrong, if it did not come to it."""
    done = on.command(root, *COMMANDS.get(point.partition(":")[0], RUN), LAKEHOUSE_FAULT=point)
    if point == "part.written" and "when tried again alone: its process was killed (SIGKILL)" in done.stdout:
        return None
    return None if done.returncode == KILLED else f"not killed: exit {done.returncode}\n{done.stdout[-500:]}"


def _kill_after(on: Stage, root: Path, seconds: float) -> None:
    """Kill a run and whatever it has started after so many seconds."""
    with subprocess.Popen(
        [sys.executable, "-m", *RUN],
        cwd=ROOT,
        env={**on.env, "LAKE_ROOT": str(root)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        time.sleep(seconds)
        if process.poll() is None:
            os.killpg(process.pid, 9)


def _published_is_whole(on: Stage, root: Path) -> str | None:
    """Return what is wrong with what readers see right after the kill: it must be the old lake or the new."""
    with hold_snapshot(Lake(root)) as seen:
        for whole in (on.before, on.undisturbed):
            with hold_snapshot(Lake(whole)) as expected:
                if not differences(seen, expected):
                    return None
    return "what is published after the kill is neither the old snapshot nor the new one"


def _recovered(on: Stage, root: Path, point: str) -> str | None:
    """Run again, collect, and return what differs from the undisturbed lake."""
    if point == "rollback.pinned":
        on.must(root, "lake", "rollback", "--reason", "trial")
    if point.startswith("rollback"):
        published = current(Lake(root))
        if published is None or published.parent is not None:
            return "the rollback, asked for again where it was not done, did not lead to the first snapshot"
        on.must(root, "lake", "release")
    if point.startswith("recording") and (wrong := _polled(on, root, point)):
        return wrong
    if point.startswith(("branch.", "merge.")):
        # Asked for again, it is done; and nothing is built of what was merged.
        on.must(root, *COMMANDS[point])
    if point.startswith(("merge.", "drop.")) and branches(Lake(root)):
        return "the branch is still there"
    if (point == "tag.written") != ("trial" in read_tags(Lake(root))):
        return "the tag is not what it should be"
    before = current_id(Lake(root))
    on.must(root, *RUN)
    if point.startswith("merge.") and current_id(Lake(root)) != before:
        return "a run after the merge had something to build"
    on.must(root, "lake", "gc")
    left = [str(path.relative_to(root)) for path in unfinished(Lake(root))]
    if left:
        return f"left behind after gc: {', '.join(left)}"
    with hold_snapshot(Lake(root)) as seen, hold_snapshot(Lake(on.undisturbed)) as expected:
        differing = differences(seen, expected)
    return f"differs from the undisturbed lake: {differing}" if differing else None


def _polled(on: Stage, root: Path, point: str) -> str | None:
    """Ask the feeds again and return what is wrong with what is kept: each answer is whole, and none was lost."""
    before = [one.moment for one in kept(Lake(root), "signals", "lights")]
    on.must(root, *COMMANDS[point])
    after = kept(Lake(root), "signals", "lights")
    if len(before) != (point == "recording.kept") or not len(before) < len(after):
        return f"{len(before)} answers kept after the kill, and {len(after)} after the next poll"
    return None if len({read(one) for one in after}) == 1 else "answers differ"


def trial(on: Stage, *, point: str = "", after: float = 0.0) -> str | None:
    """Kill one run at a fault point, or after so many seconds; return what was wrong, None if nothing."""
    root = _prepared(on, point.partition(":")[0])
    wrong = None
    if point:
        wrong = _kill_at(on, root, point)
    else:
        _kill_after(on, root, after)
    if not wrong and not point.startswith("clean"):
        wrong = _published_is_whole(on, root)
    return wrong or _recovered(on, root, point.partition(":")[0])


def main(arguments: list[str] | None = None) -> int:
    """Make all trials and print one line for each; 1 if any failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.orchestration.kills", description=__doc__)
    parser.add_argument("--random", type=int, default=10, help="kills at random moments")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--points", nargs="*", default=list(POINTS), help="fault points; all, if not given")
    asked = parser.parse_args(arguments)
    failed = 0
    with stage() as on:
        moments = [random.Random(asked.seed + n).uniform(0.3, on.seconds) for n in range(asked.random)]
        print(f"an undisturbed run takes {on.seconds:.1f} s", flush=True)
        for point in asked.points:
            wrong = trial(on, point=point)
            failed += wrong is not None
            print(f"killed at {point}: {wrong or 'recovered'}", flush=True)
        for moment in moments:
            wrong = trial(on, after=moment)
            failed += wrong is not None
            print(f"killed after {moment:.2f} s: {wrong or 'recovered'}", flush=True)
    print(f"{len(asked.points) + asked.random} kills, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
