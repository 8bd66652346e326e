"""What a new source is held to, whatever it is: checks on a lake that the clone builds from an upstream it never saw."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bronze.sample.generate import generate
from bronze.sample.server import serve as serve_files
from tests.evals.checks import OF_CODE, conserved, different
from tests.evals.place import Graded, Place, ask, rows
from tests.evals.task import Check, edited
from tests.evals.upstreams import Question, Said, answering

TRIPS, SEED = 20_000, 41
#: What counts the rows of every table, and so differs where there is one more.
ACCOUNTS = ("silver.conservation", "silver.rejected_answers", "silver.unkept_answers")
Row = tuple[Any, ...]
#: What is wrong in the answer to any of these tasks.
SPOILT = {
    "a test of another source looks at less": edited(
        "nothing_loosened",
        (
            "tests/bronze/test_landing.py",
            r'    assert outcomes\(land\("nager"\)\) == \{"us-2024": "unchanged"\}\n',
            "",
        ),
    ),
    "a document names what is not there": edited(
        "documents_true", ("bronze/CLAUDE.md", r"(?=\Z)", "Another source: `bronze/sources/another.py`.\n")
    ),
}


@dataclass(frozen=True)
class Landed:
    """What lies in bronze of one table after all runs: the rows of the newest versions, refused ones among them.

    `versions` says how many batches have so many versions, `refused` how many versions the gate refused.
    """

    table: str
    columns: str
    rows: Callable[[], Sequence[Row]]
    versions: Mapping[int, int]
    refused: int = 0


@dataclass(frozen=True)
class NewSource:
    """A source that is asked for, and what is true of it.

    `runs` are the settings of each run of the grader's, one after the other (`{base}` is the address of its upstream),
    `ends` their exit statuses; the last builds everything anew. `kept` and `mart` name a table, its columns and the rows that
    are true of it: of silver those that are `sound` (SQL), of the mart those that follow from the covered days (city, day,
    trips) and silver's rows. `unread` (SQL) says which entries of the first table in `bronze` have no number. Each check
    looks at one step, so that it is seen which one is wrong.
    """

    name: str
    answer: Callable[[Question], Said]
    months: str
    runs: Sequence[Mapping[str, str]]
    ends: Sequence[int]
    bronze: Sequence[Landed]
    kept: tuple[str, str, Callable[[], Sequence[Row]]]
    mart: tuple[str, str, Callable[[Sequence[Row], Sequence[Row]], Sequence[Row]]]
    sound: str
    unread: str
    own: Sequence[str] = field(default_factory=tuple)
    cities: str = '["jc"]'

    # What a task's module says.

    def prepare(self, place: Place) -> None:
        """Make the other upstreams, and let the untouched code build its lake from them."""
        folder = place.hidden / "upstream"
        generate(folder, seed=SEED, trips=TRIPS)
        with serve_files(folder) as endpoints:
            settings = {**endpoints.environment, **self._scope, "LAKE_ROOT": str(place.hidden / "untouched")}
            done = place.python("-m", "orchestration", "run", **settings)
        if done.returncode:
            raise RuntimeError(done.stdout + done.stderr)

    @property
    def _scope(self) -> dict[str, str]:
        return {"SOURCES__MONTHS": self.months, "SOURCES__CITIBIKE__CITIES": self.cities}

    @contextlib.contextmanager
    def serve(self, place: Place) -> Iterator[dict[str, str]]:
        """Serve all upstreams to the grader. Whoever works on the task is told of none of them."""
        with serve_files(place.hidden / "upstream") as endpoints, answering(self.answer) as base:
            said = {"base": base, "environment": endpoints.environment}
            (place.hidden / "addresses.json").write_text(json.dumps(said))
            yield {}

    @property
    def checks(self) -> list[Check]:
        """What every new source is held to."""
        return [
            self.bad_is_refused,
            self.landed_once,
            self.versions_are_what_changed,
            self.all_rows_accounted,
            self.kept_is_true,
            self.mart_is_true,
            self.incremental_equals_full,
            self.others_unchanged,
            *OF_CODE,
        ]

    def lake(self, place: Place) -> Graded:
        """Let the clone's pipeline run on the grader's upstreams.

        Raises:
            LookupError: nobody has begun the source.
        """
        home = place.clone / "bronze" / "sources"
        if not (home / f"{self.name}.py").exists() and not (home / self.name).is_dir():
            raise LookupError(f"there is no source {self.name}")
        return place.lake(self.name, *self._settings(place))

    def _settings(self, place: Place) -> list[dict[str, str]]:
        """Return the variables of each run."""
        said = json.loads((place.hidden / "addresses.json").read_text())
        others = {**said["environment"], **self._scope}
        return [
            others | {name: value.format(base=said["base"]) for name, value in run.items()}
            for run in self.runs
        ]

    # Checks.

    def bad_is_refused(self, place: Place) -> list[str]:
        """What the gate has to refuse it refuses, and says so; what is sound is published in the same run."""
        found = self.lake(place).faults(*self.ends)
        for one in self.bronze:
            refused = sum(state == "refused" for state in self._states(place, one.table))
            if refused != one.refused:
                found.append(f"{one.table}: {refused} versions are refused, and should be {one.refused}")
        return found

    def landed_once(self, place: Place) -> list[str]:
        """Bronze has every entry that was published, as it was published, once."""
        found = []
        for one in self.bronze:
            newest = (
                "select * from raw qualify version::integer = max(version::integer) over (partition by batch)"
            )
            query = f"with raw as ({self._raw(place, one.table)}), newest as ({newest}) select {one.columns} from newest"
            found += _unlike(f"bronze {one.table}", ask(query), one.rows())
        return found

    def versions_are_what_changed(self, place: Place) -> list[str]:
        """A second run lands nothing, a correction one version of its batch and of no other."""
        found = []
        for one in self.bronze:
            batches = Counter(path.parts[-3] for path in self._verdicts(place, one.table))
            there = dict(sorted(Counter(batches.values()).items()))
            if there != dict(one.versions):
                found.append(
                    f"{one.table}: batches by versions are {there}, and should be {dict(one.versions)}"
                )
        return found

    def all_rows_accounted(self, place: Place) -> list[str]:
        """Every row of bronze became something, and what cannot be read was rejected with the reason that was asked for.

        That the first holds the build sees to: without it nothing is published, and `bad_is_refused` finds it too.
        """
        lake, first = self.lake(place).lake, self.bronze[0].table
        what = "batch, version::integer, source_record"
        said = f"select table_name, reason, {what} from ({rows(lake, 'silver.rejected_answers')}) where source = '{self.name}'"
        built = (
            f"select batch, version from ({rows(lake, 'silver.conservation')}) where table_name = '{first}'"
        )
        unread = (
            f"select '{first}', 'unreadable_count', {what} from ({self._raw(place, first)}) "
            f"where ({self.unread}) and (batch, version::integer) in ({built})"
        )
        found = _unlike("silver.rejected_answers", ask(said), ask(unread))
        return conserved(lake, *(one.table for one in self.bronze)) + found

    def kept_is_true(self, place: Place) -> list[str]:
        """Silver has the rows that can be read, typed, each of them once: no two share a key."""
        table, columns, true = self.kept
        there = f"select {columns} from ({rows(self.lake(place).lake, table)}) where {self.sound}"
        return _unlike(table, ask(there), true())

    def mart_is_true(self, place: Place) -> list[str]:
        """The mart is what a few lines of Python make of silver's rows and the covered days."""
        lake, (table, columns, true) = self.lake(place).lake, self.mart
        untouched = rows(place.hidden / "untouched", "gold.mart_covered_days")
        covered = ask(f"select city, trip_date, trips from ({untouched}) order by all")
        kept = ask(f"select {self.kept[1]} from ({rows(lake, self.kept[0])})")
        return _unlike(table, ask(f"select {columns} from ({rows(lake, table)})"), true(covered, kept))

    def incremental_equals_full(self, place: Place) -> list[str]:
        """What was built step by step is what is built in one go: the last two snapshots are alike."""
        lake = self.lake(place).lake
        return different(_of_snapshot(lake, -2), lake)

    def others_unchanged(self, place: Place) -> list[str]:
        """Every other table has the rows that the untouched code builds."""
        return different(place.hidden / "untouched", self.lake(place).lake, (*ACCOUNTS, *self.own))

    def dag_runs(self, place: Place) -> list[str]:
        """The DAG publishes what the command line did in its first run."""
        first = _of_snapshot(self.lake(place).lake, 0)
        home = place.root / "graded" / "dag"
        shutil.rmtree(home, ignore_errors=True)
        where = {"LAKE_ROOT": str(home / "lake"), "AIRFLOW_HOME": str(home / "airflow")}
        done = place.python("-m", "orchestration.airflow.local", "run", **self._settings(place)[0], **where)
        if done.returncode:
            return [f"the DAG ended in {done.returncode}: {(done.stdout + done.stderr)[-400:]}"]
        return different(first, home / "lake")

    def _raw(self, place: Place, table: str) -> str:
        """Return the SQL that reads all versions of a raw table."""
        options = "hive_partitioning = true, hive_types_autocast = false, union_by_name = true"
        return f"select * from read_parquet('{self._home(place, table)}/*/*/*.parquet', {options})"

    def _home(self, place: Place, table: str) -> Path:
        return self.lake(place).lake / "bronze" / self.name / table

    def _verdicts(self, place: Place, table: str) -> list[Path]:
        return sorted(self._home(place, table).glob("batch=*/version=*/verdict.json"))

    def _states(self, place: Place, table: str) -> list[str]:
        return [json.loads(path.read_text())["state"] for path in self._verdicts(place, table)]


def _of_snapshot(lake: Path, number: int) -> Path:
    """Return a folder that reads as a lake which publishes one of the snapshots of this one."""
    folder = lake.parent / f"snapshot{number}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    snapshots = sorted(path for path in (lake / "snapshots").iterdir() if path.is_dir())
    (folder / "current").symlink_to(snapshots[number])
    return folder


def _unlike(what: str, found: Sequence[Row], true: Sequence[Row]) -> list[str]:
    """Say which rows are there and should not be, or the other way about."""
    there, meant = Counter(found), Counter(true)
    more, less = there - meant, meant - there
    return [
        f"{what}: {sum(rest.values())} rows {word}, such as {next(iter(rest))}"
        for rest, word in ((more, "too many"), (less, "missing"))
        if rest
    ]
