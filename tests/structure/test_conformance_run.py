"""The command itself on a project that is broken or begun in earnest: dbt and Airflow read it, and say what they say."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.structure.copies import END, ROOT, copied, edit
from tests.structure.skeletons import SKELETONS, begun, gaps, with_skeletons

pytestmark = pytest.mark.slow

MODULE, YAML = "bronze/sources/nager.py", "silver/models/sources/nager.yml"
DAG = "orchestration/dags/lakehouse.py"
#: What is broken in earnest: file, what is replaced, by what. Beside the gaps stand skeletons of every kind.
BREAKS = {
    "gaps": [
        (YAML, r"warn_after: .*", "error_after: {count: 800, period: day}"),
        ("silver/models/core/dim_holidays.yml", "One row per", "Rows of"),
        ("silver/macros/logic/accounts.sql", r'\{"source": "nager"[^}]*\},', ""),
        (DAG, r"source=sources\.names\(\)", 'source=[one for one in sources.names() if one != "nager"]'),
    ],
    "unreadable": [
        (MODULE, END, "this is no Python"),
        ("silver/models/staging/stg_holidays.sql", '"holidays"', '"hollidays"'),
        (DAG, END, "import nowhere"),
    ],
}


@pytest.fixture(scope="module")
def started(tmp_path_factory):
    """Run the command on copies that are broken in earnest; it goes on beside the other tests."""
    running = {}
    for name, breaks in BREAKS.items():
        folder = tmp_path_factory.mktemp(name)
        if name == "gaps":
            with_skeletons(folder)
        else:
            copied(folder)
        for file, old, new in breaks:
            edit(folder, file, old, new)
        only = [] if name == "gaps" else ["--source", "nager"]
        running[name] = subprocess.Popen(
            [sys.executable, "-m", "tests.conformance", *only, "--root", str(folder)],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
    yield running
    for process in running.values():
        process.kill()
        process.communicate()


def told_of(process: subprocess.Popen) -> dict[str, list[str]]:
    """Return the lines of the command by source, which must end in 1 and without a traceback."""
    out, err = process.communicate(timeout=500)
    assert process.returncode == 1, out + err
    assert "Traceback" not in err
    told = {}
    for part in re.split(r"^(?=\S)", out, flags=re.MULTILINE)[1:]:
        lines = [" ".join(line.split()) for line in part.splitlines()]
        told[lines[0].partition(":")[0]] = lines
    return told


@pytest.fixture(scope="module")
def told(started):
    """What is said of each source of the project that has gaps: not through a changed manifest, dbt itself reads it."""
    return told_of(started["gaps"])


def test_real_breaks_are_named_and_nothing_else(told):
    """Airflow reads the broken DAG."""
    lines = told["nager"]
    lacking = [" ".join(line.partition(": ")[0].split()[1:]) for line in lines if line.startswith("lacks")]
    assert lacking == [
        f"silver freshness {YAML}",
        "silver core model silver/models/core/dim_holidays.yml",
        "silver account silver/macros/logic/accounts.sql",
        "orchestration DAG orchestration/dags/lakehouse.py",
    ]


@pytest.mark.parametrize("name", SKELETONS)
def test_each_piece_of_a_skeleton_is_a_gap(told, name):
    wanted = gaps(name, SKELETONS[name][0])
    _, *lines = told[name]
    lacking = [line.removeprefix("lacks ") for line in lines if line.startswith("lacks")]
    assert len(lacking) == len(wanted), lacking
    assert {one for one in wanted if not any(line.startswith(one) for line in lacking)} == set()
    assert [line for line in lines if not line.startswith("lacks")] == ["ok orchestration DAG"]


def test_no_other_source_has_a_gap(told):
    """One that is being written lacks what its next slices bring."""
    others = told.keys() - SKELETONS.keys() - begun() - {"nager"}
    assert others
    assert [line for name in others for line in told[name][1:] if not line.startswith("ok")] == []


def test_what_breaks_an_import_or_dbt_is_told_and_not_a_traceback(started):
    told = "\n".join(line for lines in told_of(started["unreadable"]).values() for line in lines)
    assert "nager: lacks 1, " in told
    assert f"lacks bronze source {MODULE}: mend the module, which cannot be imported: SyntaxError" in told
    assert re.search("unread silver .*: dbt cannot read the project: .*hollidays", told)
    assert "unread gold mart, identity, suite: for the same reason" in told
    assert re.search("unread orchestration DAG: Airflow cannot read the DAGs: .*nowhere", told)
