"""Whose a file is: `.awos/owners.toml` covers every file once, and its checks can be run."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import owners
import pytest

ROOT = Path(__file__).parents[2]
OWNERS = owners.owners()
FILES = owners.files()
SUBAGENTS = {
    "dlt-ingestion",
    "dbt-modeling",
    "data-quality",
    "streamlit-viz",
    "airflow-orchestration",
    "data-analysis",
}


def not_runnable(check, root=ROOT):
    """Return what of a check does not exist: its make target, its tool, a path it names."""
    targets = re.findall(r"^([a-z-]+):", (root / "Makefile").read_text(), re.MULTILINE)
    first, *rest = shlex.split(check)
    if first == "make":
        missing = [] if rest[0] in targets else [f"make {rest[0]}"]
    else:
        missing = [] if (root / first).exists() else [first]
    words = " ".join(rest).replace("=", " ").split()
    return missing + [word for word in words if "/" in word and not (root / word).exists()]


def test_the_owners_are_the_subagents_and_the_session_itself():
    assert OWNERS.keys() == SUBAGENTS | {owners.ORCHESTRATOR}


def test_every_file_has_exactly_one_owner():
    """A new folder needs a line in `.awos/owners.toml`."""
    wrong = {path: found for path in FILES if len(found := owners.owners_of(path, OWNERS)) != 1}
    assert wrong == {}


@pytest.mark.parametrize("name", OWNERS)
def test_every_pattern_takes_in_a_file(name):
    mine = [path for path in FILES if owners.owners_of(path, OWNERS) == [name]]
    patterns = OWNERS[name]["owns"]
    assert [pattern for pattern in patterns if not any(owners.matches(pattern, path) for path in mine)] == []


@pytest.mark.parametrize(
    ("path", "owner"),
    [
        ("bronze/sources/nager.py", "dlt-ingestion"),
        ("bronze/expectations/holidays.py", "data-quality"),
        ("bronze/expectations/rules/rows_within.py", "data-quality"),
        ("orchestration/gate/scope.py", "data-quality"),
        ("orchestration/steps.py", "airflow-orchestration"),
        ("tests/orchestration/gate/test_log.py", "data-quality"),
        ("gold/models/marts/mart_routes.sql", "dbt-modeling"),
        ("gold/models/exposures.yml", "data-analysis"),
        ("gold/models/exposures_dashboard.yml", "streamlit-viz"),
        ("lake/files.py", "orchestrator"),
        ("tests/structure/test_owners.py", "orchestrator"),
        ("README.md", "orchestrator"),
    ],
)
def test_the_most_specific_pattern_wins(path, owner):
    assert owners.owners_of(path, OWNERS) == [owner]


def test_nobody_and_two_are_told():
    known: dict[str, owners.Owner] = {
        "a": {"owns": ["x/*"], "checks": []},
        "b": {"owns": ["x/**", "*/y"], "checks": []},
    }
    assert owners.owners_of("z/y", known) == ["b"]
    assert owners.owners_of("x/y", known) == ["a", "b"]
    assert owners.owners_of("x/y/z", known) == ["b"]
    assert owners.owners_of("top", known) == []


@pytest.mark.parametrize("name", OWNERS)
def test_every_check_can_be_run(name):
    assert OWNERS[name]["checks"]
    assert [wrong for check in OWNERS[name]["checks"] for wrong in not_runnable(check)] == []


@pytest.mark.parametrize(
    ("check", "wrong"),
    [
        ("make nothing", "make nothing"),
        (".venv/bin/nothing --all", ".venv/bin/nothing"),
        ("make test ARGS=tests/nothing", "tests/nothing"),
        ('make test ARGS="tests/lake tests/lake/test_nothing.py"', "tests/lake/test_nothing.py"),
    ],
)
def test_a_check_that_cannot_be_run_is_named(check, wrong):
    assert not_runnable(check) == [wrong]


def test_the_script_tells_whose_a_file_is(capsys):
    assert owners.main(["bronze/http.py", "no/such/folder"]) == 0
    assert capsys.readouterr().out.split() == ["dlt-ingestion", "bronze/http.py", "nobody", "no/such/folder"]
