"""A project that is broken or begun in earnest: dbt and Airflow read it, and say what they say."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys

import pytest

from orchestration import dbt
from tests.conformance.__main__ import report
from tests.conformance.project import Project
from tests.structure.copies import END, ROOT, copied, edit
from tests.structure.skeletons import SKELETONS, begun, gaps, with_skeletons

pytestmark = pytest.mark.slow

MODULE, YAML = "bronze/sources/nager.py", "silver/models/sources/nager.yml"
DAG = "orchestration/dags/lakehouse.py"
#: What is broken in earnest: file, what is replaced, by what. Beside the gaps stand skeletons of every kind.
GAPS = [
    (YAML, r"warn_after: .*", "error_after: {count: 800, period: day}"),
    ("silver/models/core/dim_holidays.yml", "One row per", "Rows of"),
    ("silver/macros/logic/accounts.sql", r'\{"source": "nager"[^}]*\},', ""),
    (DAG, r"source=sources\.names\(\)", 'source=[one for one in sources.names() if one != "nager"]'),
]
UNREADABLE = [
    (MODULE, END, "this is no Python"),
    ("silver/models/staging/stg_holidays.sql", '"holidays"', '"hollidays"'),
    (DAG, END, "import nowhere"),
]
#: What dbt need not read to find that a staging model names no table.
NOT_LOOKED_AT = (
    "gold/models",
    "gold/tests",
    "silver/tests",
    "silver/models/core",
    "silver/models/intermediate",
)


@pytest.fixture(scope="module")
def started(tmp_path_factory):
    """Run the command on a copy that has gaps; it goes on beside the other test."""
    folder = tmp_path_factory.mktemp("gaps")
    with_skeletons(folder)
    for file, old, new in GAPS:
        edit(folder, file, old, new)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.conformance", "--root", str(folder)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    yield process
    process.kill()
    process.communicate()


def test_what_breaks_an_import_or_dbt_is_told(started, tmp_path, monkeypatch):
    """In this process, which has dbt: the one that has begun says how the command ends."""
    copied(tmp_path)
    for folder in NOT_LOOKED_AT:
        shutil.rmtree(tmp_path / folder)
    for file, old, new in UNREADABLE:
        edit(tmp_path, file, old, new)
    monkeypatch.setattr(dbt, "PROJECT", tmp_path)
    monkeypatch.setattr(dbt, "KEPT", tmp_path / "target" / "parsed")
    project = Project(tmp_path)
    project.begin_asking()
    lines, is_whole = report(project, "nager")
    assert not is_whole
    told = "\n".join(" ".join(line.split()) for line in lines)
    assert "nager: lacks 1, " in told
    assert f"lacks bronze source {MODULE}: mend the module, which cannot be imported: SyntaxError" in told
    assert re.search("unread silver .*: dbt cannot read the project: .*hollidays", told)
    assert "unread gold mart, identity, suite: for the same reason" in told
    assert re.search("unread orchestration DAG: Airflow cannot read the DAGs: .*nowhere", told)


@pytest.fixture(scope="module")
def told(started):
    """What is said of each source of the project that has gaps: not through a changed manifest, dbt itself reads it."""
    out, err = started.communicate(timeout=500)
    assert started.returncode == 1, out + err
    assert "Traceback" not in err
    found = {}
    for part in re.split(r"^(?=\S)", out, flags=re.MULTILINE)[1:]:
        lines = [" ".join(line.split()) for line in part.splitlines()]
        found[lines[0].partition(":")[0]] = lines
    return found


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
