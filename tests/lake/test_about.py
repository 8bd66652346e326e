"""What the lake tells about itself in SQL: comments, and the views of the schema `lake`."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lake as lake_package
from lake import locate
from lake.branches import branch
from lake.files import write_json
from lake.meaning import Measure, TableMeaning, write_meanings
from lake.snapshots import publish
from lake.sql import literal, name, values
from lake.versions import STATES, all_versions, decide
from tests.lake.rows import land
from tests.lake.test_snapshots import FACTS, build
from tests.lake.test_status import run_lake

ODD = "it's; drop schema gold cascade; -- \\ \" \n\t é \x1b[31m $$ 🚲"
MEANS = {
    "bronze.things": TableMeaning("Things. One row per thing.", "One row per thing.", (), {"amount": ODD}),
    "gold.mart": TableMeaning(
        ODD,
        "One row per lake.",
        ("total",),
        {"total": "Sum of the amounts, units."},
        {
            "total": Measure("sum(total)", ("total",), "units", ODD, ("total",)),
            "rows": Measure("count(total)", ("total",), "rows", "Rows."),
        },
    ),
    "gold.gone": TableMeaning("A table that is not there."),
}


def publish_told(lake):
    snapshot = build(lake)
    made = write_meanings(snapshot.path, MEANS)
    return publish(lake, snapshot, FACTS | {"rows": {"gold.mart": 1}, "meaning_sha256": made})


@pytest.fixture
def lake():
    lake = locate()
    land(lake, "b-1", [1, 2])
    land(lake, "b-2", [4])
    publish_told(lake)
    return lake


def rows(query):
    with lake_package.connect() as connection:
        return connection.sql(query).fetchall()


def test_views_and_columns_say_what_they_are(lake):
    assert rows("select comment from duckdb_views() where view_name = 'mart'") == [(ODD,)]
    assert rows(
        "select comment from duckdb_columns() where column_name in ('amount', 'total') order by 1"
    ) == [
        ("Sum of the amounts, units.",),
        (ODD,),
    ]
    assert rows("select total from gold.mart") == [(7,)]
    undescribed = rows("select view_name from duckdb_views() where schema_name = 'lake' and comment is null")
    assert undescribed == []


def test_tables_are_told_with_what_they_take(lake):
    told = rows("select layer, table_name, grain, key, rows, files, partitions from lake.tables")
    assert told == [
        ("bronze", "things", "One row per thing.", None, None, 3, 2),
        ("bronze", "versions", None, None, None, 1, None),
        ("gold", "mart", "One row per lake.", ["total"], 1, 1, None),
    ]
    ((size,),) = rows("select bytes from lake.tables where table_name = 'mart'")
    assert size == (lake.current / "gold" / "mart" / "data.parquet").stat().st_size


def test_columns_are_told_with_type_and_unit(lake):
    told = rows("select column_name, data_type, description from lake.columns where table_name = 'mart'")
    assert told == [("total", "BIGINT", "Sum of the amounts, units.")]


def test_a_measure_can_be_computed_as_it_is_told(lake):
    told = rows(
        "select measure, expression, reads, unit, description, adds_over from lake.measures order by 1"
    )
    assert told == [
        ("rows", "count(total)", ["total"], "rows", "Rows.", []),
        ("total", "sum(total)", ["total"], "units", ODD, ["total"]),
    ]
    assert rows(f"select {told[1][1]}, measure.total(total) from gold.mart") == [(7, 7)]


def test_snapshots_are_those_that_are_complete(lake):
    land(lake, "b-3", [8])
    newest = publish_told(lake)
    build(lake)  # not published
    (lake.snapshots / "notes").mkdir()
    (lake.snapshots / "notes" / "snapshot.json").write_text("{}")
    status = lake_package.status()
    told = rows(
        "select id, parent, strftime(completed_at, '%Y-%m-%dT%H:%M:%S+00:00'), is_current, origin from lake.snapshots"
    )
    assert told == [
        (one.id, one.parent, one.completed_at, one.is_current, one.origin) for one in status.snapshots
    ]
    assert len(told) == 2
    with lake_package.connect(newest.parent) as older:
        assert older.sql("select id from lake.snapshots where is_read").fetchall() == [(newest.parent,)]


def told_by_status():
    return [
        (one.source, one.table, one.batch, one.version, one.state, one.rows,
         datetime.fromisoformat(one.landed_at).replace(tzinfo=None), one.by, one.reason, one.report, one.in_force)
        for one in lake_package.status().batches
    ]  # fmt: skip


@pytest.mark.slow
@given(
    st.lists(st.tuples(st.sampled_from(["a-1", "b-1", "c"]), st.sampled_from([*STATES, None])), max_size=6)
)
@settings(max_examples=15, deadline=None)
def test_batches_are_what_status_tells(tmp_path_factory, landed):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAKE_ROOT", str(tmp_path_factory.mktemp("lake")))
        lake = locate()
        for number, (batch, state) in enumerate(landed):
            land(lake, batch, [number], state)
        publish(lake, build(lake), FACTS)
        assert rows("from lake.batches") == told_by_status()


def test_what_was_decided_since_is_told_as_the_text_it_is(lake):
    version = land(lake, "b-9", [1], "refused")
    path = version.path / "verdict.json"
    write_json(path, (version.verdict or {}) | {"reason": ODD})
    assert rows("select reason, in_force from lake.batches where state = 'refused'") == [(ODD, None)]
    assert rows("from lake.batches") == told_by_status()
    assert len(all_versions(lake)) == 3


def test_checks_are_those_of_the_gates_log(lake):
    assert rows("select count(*) from lake.checks") == [(0,)]
    check = {
        "name": "total", "title": ODD, "column": "total", "severity": "critical", "reason": "Sums.", "success": False,
        "counts": "rows", "unexpected_count": 3, "element_count": 7, "exception": None, "show": [], "batches": [],
    }  # fmt: skip
    folder = lake.reports / "gates" / "gold" / "mart"
    folder.mkdir(parents=True)
    result = {
        "subject": "gold.mart",
        "layer": "gold",
        "table": "mart",
        "passed": False,
        "checks": [check, check],
    }
    content = {"judged_at": "2026-05-01T12:00:00+00:00", "snapshot": None, "result": result, "gx": {}}
    write_json(folder / "20260501-120000-000000-gold.mart.json", content)
    told = rows("from lake.checks")
    assert told == 2 * [
        (datetime(2026, 5, 1, 12), None, "gold", "mart", "gold.mart", False,  # noqa: DTZ001 - UTC, as all of the lake
         "total", ODD, "total", "critical", "Sums.", False, "rows", 3, 7, None)
    ]  # fmt: skip


def test_the_shell_has_the_same(lake):
    query = "select layer, table_name, (select count(*) from lake.batches) from lake.tables where bytes > 0"
    shown = run_lake("sql", "--query", f"copy ({query}) to '/dev/stdout'")
    assert "COPY is no query" in shown.stderr
    shown = run_lake("sql", "--query", query)
    assert shown.returncode == 0, shown.stderr
    assert "Success" not in shown.stdout, "nothing but the answer"
    assert all(f"{table}" in shown.stdout for _, table, _ in rows(query))


def test_opening_leaves_the_connection_as_it_was(lake):
    with lake_package.connect() as connection, duckdb.connect() as plain:
        for setting in ("threads", "disabled_optimizers"):
            query = f"select current_setting('{setting}')"
            assert connection.sql(query).fetchall() == plain.sql(query).fetchall()
        assert connection.sql("select current_setting('threads')").fetchone()[0] <= (os.cpu_count() or 1)
        connection.execute("begin").execute("commit")  # none was left open


@given(st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
@settings(deadline=None)
def test_no_text_is_more_than_a_text(text):
    assert duckdb.sql(f"select {literal(text)}").fetchone() == (text,)
    assert duckdb.sql(values({"a": "varchar", "b": "varchar[]"}, [(text, [text])])).fetchall() == [
        (text, [text])
    ]
    if text:
        assert duckdb.sql(f"select 1 as {name(text)}").columns == [text]


def refuse(lake, batch):
    """Let a version be refused as the gate does, and return where its report lies."""
    version = land(lake, batch, [1], None)
    report = lake.quarantine / "shop" / "things" / f"{batch}-version-1" / "report.md"
    report.parent.mkdir(parents=True)
    report.write_text("so many rows")
    decide(version, "refused", by="suite bronze.things", reason="no", details={"report": str(report)})
    return report


def reports(lake):
    told = [one.report for one in lake_package.status(lake.root).batches if one.state == "refused"]
    with lake_package.connect(root=lake.root) as connection:
        assert connection.sql(
            "select report from lake.batches where state = 'refused' order by batch"
        ).fetchall() == [(one,) for one in told]
    return told


def test_a_lake_that_was_moved_tells_its_reports_where_they_lie_now(lake, tmp_path):
    before = refuse(lake, "b-5")
    assert reports(lake) == [str(before)]
    moved = lake.root.rename(tmp_path / "moved")
    (now,) = reports(locate(moved))
    assert now == f"{moved}/quarantine/shop/things/b-5-version-1/report.md"
    assert Path(now).read_text() == "so many rows"


def test_a_branch_tells_its_own_reports_and_those_of_its_lake_where_each_lies(lake, tmp_path):
    refuse(lake, "b-5")
    refuse(branch(lake, "trial", by="me"), "b-6")
    moved = lake.root.rename(tmp_path / "moved")
    told = reports(locate(moved / "branches" / "trial"))
    assert [Path(one).read_text() for one in told] == ["so many rows"] * 2
    assert [Path(one).relative_to(moved).parts[0] for one in told] == ["quarantine", "branches"]
