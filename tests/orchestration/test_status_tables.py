"""`make status` as it is read: in a narrow terminal, and in a pipe."""

from __future__ import annotations

import pytest

from lake import locate, status
from lake.rollback import rollback
from lake.snapshots import publish
from lake.tags import tag
from lake.versions import decide
from orchestration.__main__ import main
from tests.lake.rows import land
from tests.lake.test_snapshots import FACTS, build


def report():
    """Return where the refused batch's report lies, which is a long path."""
    [found] = [one.report for one in status().batches if one.report]
    return found


@pytest.fixture
def snapshot():
    """A tagged snapshot, a refused batch with a report, and a held one that is published."""
    lake = locate()
    kept, refused = land(lake, "b-1", [1]), land(lake, "b-2", [1], None)
    decide(
        refused, "refused", by="suite things", reason="of a certain reason", details={"report": "somewhere"}
    )
    published = publish(lake, build(lake), FACTS)
    tag(lake, "before-easter-and-all-that-came", published.id, by="anna")
    decide(kept, "held", by="anna", reason="because")
    return published


def test_in_a_pipe_everything_stands_whole_on_its_line(snapshot, capsys, monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    assert main(["status"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line != line.rstrip()] == []
    assert any(snapshot.id in line and "before-easter-and-all-that-came" in line for line in lines)
    assert any("things b-2" in line and report() in line and "a certain reason" in line for line in lines)
    [held] = [line for line in lines if "things b-1" in line]
    assert "no version is in force; version 1 stays published until the next run" in held


def test_while_the_lake_is_pinned_no_run_is_waited_for(snapshot, capsys, monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    rollback(locate(), snapshot.id, by="anna", reason="a trial")
    main(["status"])
    assert "version 1 stays published until `make release` and a run" in capsys.readouterr().out


def test_in_a_narrow_terminal_nothing_is_cut(snapshot, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["status"]) == 0
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 80
    assert "…" not in shown
    # The last column, put together again from where it begins.
    start = next(line.index("in force, why") for line in shown.splitlines() if "in force, why" in line)
    assert report() in "".join(line[start:].strip() for line in shown.splitlines())
