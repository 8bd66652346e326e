"""What the work on any task is held to: each check is one name in the results, and says what is wrong."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatch
from pathlib import Path

from tests.evals.claims import says_more
from tests.evals.loosened import loosened
from tests.evals.place import Place, ask, rows, tables


def nothing_outside(place: Place) -> list[str]:
    """No file differs but the task's own."""
    own = (*place.task.may_change, "ANSWER.md")
    return [name for name in place.changed() if not any(fnmatch(name, pattern) for pattern in own)]


def nothing_loosened(place: Place) -> list[str]:
    """No test, contract, rule or setting of a check looks at less than before."""
    return loosened(place, place.changed())


def style(place: Place) -> list[str]:
    """`make style`: ruff, sqlfluff, mypy, who imports whom."""
    return _green(place, "make", "style")


def conforms(place: Place) -> list[str]:
    """`make conformance`: no source lacks anything in any layer."""
    return _green(place, "make", "conformance")


def documents_true(place: Place) -> list[str]:
    """The tests of documents, agents and structure are green, but for those that are about `make source` and conformance."""
    return _green(place, "make", "test-fast", "ARGS=tests/structure")


def tests_green(place: Place) -> list[str]:
    """`make test`, up to the first test that fails."""
    return _green(place, "make", "test", "ARGS=-x")


def has_its_test(place: Place) -> list[str]:
    """What was done has a test that fails without it: those written or changed, with all code as it was.

    Where one cannot even be imported, for what it tests is not there, an assertion is asked for: importing alone would be
    red without the work, and green with it. Whether that assertion could fail nobody looks; nor is it seen where a test
    imports within itself and asserts nothing.
    """
    changed = place.changed()
    written = [
        name for name in changed if fnmatch(name, "tests/*test_*.py") and (place.clone / name).exists()
    ]
    if not written:
        return ["no test was written or changed"]
    mended = {name: _content(place.clone / name) for name in changed if not name.startswith("tests/")}
    try:
        for name in mended:
            was = place.before(name)
            _put(place.clone / name, None if was is None else was.encode())
        red = place.python("-m", "pytest", "-q", *written)
    finally:
        for name, content in mended.items():
            _put(place.clone / name, content)
    # 1: a test failed; 2: one could not even be imported, which with `-x` would be 1 as well.
    is_red = red.returncode in (1, 2)
    faults = [] if is_red else [f"{', '.join(written)}: exit status {red.returncode} without what was done"]
    if red.returncode == 2 and not any(
        says_more(place.before(name) or "", (place.clone / name).read_text()) for name in written
    ):
        faults.append(f"{', '.join(written)}: nothing is asserted that was not before")
    return faults + _green(place, str(place.clone / ".venv/bin/python"), "-m", "pytest", "-q", "-x", *written)


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _put(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink(missing_ok=True)
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


#: What every change of code is held to, whatever it was for.
OF_CODE = (style, documents_true, nothing_outside, nothing_loosened)
#: What reads the guides, and is red without them.
OF_GUIDES = (documents_true, conforms)
#: What takes a minute and more, and goes by the code alone.
DEAR = (style, conforms, documents_true, tests_green, has_its_test)


def _green(place: Place, *command: str) -> list[str]:
    done = place.run(*command)
    said = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    return [] if done.returncode == 0 else [f"{' '.join(command)}: exit status {done.returncode}", *said[-8:]]


def lake_untouched(place: Place) -> list[str]:
    """The lake that the agent was given publishes what it published, file by file, and nobody decided anything in it."""
    before = (place.hidden / "published.txt").read_text()
    return (
        []
        if before == published(place.clone / "lake")
        else ["what is published or decided in the lake is another"]
    )


def published(lake: Path) -> str:
    """Return what a lake publishes and what was decided in it, as text: files with inodes, verdicts, a pin."""
    home = (lake / "current").resolve()
    files = sorted(path for path in home.rglob("*.parquet"))
    verdicts = sorted(lake.glob("bronze/*/*/*/*/verdict.json"))
    decided = [f"{path.relative_to(lake)} {path.read_text()}" for path in verdicts]
    there = [name for name in ("pin.json", "tags.json", "branches") if (lake / name).exists()]
    told = [f"{path.relative_to(home)} {path.stat().st_ino}" for path in files]
    return "\n".join([home.name, *told, *decided, *there])


def different(one: Path, other: Path, but: Iterable[str] = ()) -> list[str]:
    """Return how the tables of two lakes differ, of which `but` are left out: names, and differing rows."""
    mine, theirs = (set(tables(lake)) - set(but) for lake in (one, other))
    found = [f"{name} is in one of them only" for name in sorted(mine ^ theirs)]
    for name in sorted(mine & theirs):
        a, b = rows(one, name), rows(other, name)
        # Columns that only one of them has are none of this.
        columns = [[column for column, *_ in ask(f"describe {side}")] for side in (a, b)]
        common = ", ".join(f'"{column}"' for column in columns[0] if column in columns[1])
        [(count,)] = ask(
            f"select count(*) from ((select {common} from ({a}) except all select {common} from ({b})) "
            f"union all (select {common} from ({b}) except all select {common} from ({a})))"
        )
        if count:
            found.append(f"{name}: {count:,} rows differ")
    return found


def conserved(lake: Path, *accounts: str) -> list[str]:
    """Say which batches of a lake are not accounted for, and which of these tables of bronze have no account."""
    account = rows(lake, "silver.conservation")
    lost = ask(f"select table_name, batch from ({account}) where not is_conserved order by all")
    there = {name for (name,) in ask(f"select distinct table_name from ({account})")}
    return [f"{table} {batch} is not conserved" for table, batch in lost] + [
        f"{name} has no account" for name in accounts if name not in there
    ]
