"""The command itself on a project that is broken in earnest: dbt and Airflow read it, and say what they say."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.structure.copies import END, ROOT, copied, edit

pytestmark = pytest.mark.slow

MODULE, YAML = "bronze/sources/nager.py", "silver/models/sources/nager.yml"
DAG = "orchestration/dags/lakehouse.py"
#: What is broken in earnest: file, what is replaced, by what.
BREAKS = {
    "gaps": [
        (YAML, r"warn_after: .*", "error_after: {count: 800, period: day}"),
        ("silver/models/core/dim_holidays.yml", "One row per", "Rows of"),
        ("silver/macros/logic/accounts.sql", r'\{"source": "nager"[^}]*\},', ""),
        (DAG, r"source=sources\.names\(\)", 'source=["citibike"]'),
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
        copied(folder)
        for file, old, new in breaks:
            edit(folder, file, old, new)
        command = [sys.executable, "-m", "tests.conformance", "--source", "nager", "--root", str(folder)]
        running[name] = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
    yield running
    for process in running.values():
        process.kill()
        process.communicate()


def told_of(process: subprocess.Popen) -> list[str]:
    """Return the lines of the command, which must end in 1 and without a traceback."""
    out, err = process.communicate(timeout=500)
    assert process.returncode == 1, out + err
    assert "Traceback" not in err
    return [" ".join(line.split()) for line in out.splitlines()]


def test_real_breaks_are_named_and_nothing_else(started):
    """Not through a changed manifest: dbt itself reads the broken project, and Airflow the broken DAG."""
    told = told_of(started["gaps"])
    lacking = [" ".join(line.partition(": ")[0].split()[1:]) for line in told if line.startswith("lacks")]
    assert lacking == [
        f"silver freshness {YAML}",
        "silver core model silver/models/core/dim_holidays.yml",
        "silver account silver/macros/logic/accounts.sql",
        "orchestration DAG orchestration/dags/lakehouse.py",
    ]


def test_what_breaks_an_import_or_dbt_is_told_and_not_a_traceback(started):
    told = "\n".join(told_of(started["unreadable"]))
    assert "nager: lacks 1, " in told
    assert f"lacks bronze source {MODULE}: mend the module, which cannot be imported: SyntaxError" in told
    assert re.search("unread silver .*: dbt cannot read the project: .*hollidays", told)
    assert "unread gold mart, identity, suite: for the same reason" in told
    assert re.search("unread orchestration DAG: Airflow cannot read the DAGs: .*nowhere", told)
