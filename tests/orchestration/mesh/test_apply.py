"""SQLMesh on the bundled sample, from dbt's files to a plan that an audit stops: one story, told once."""

from __future__ import annotations

import contextlib
import io
import os
import re
import runpy
import shutil
import time
from typing import Any

import duckdb
import pytest
from anyio.from_thread import start_blocking_portal

from bronze.landing import bronze_schemas
from lake import Lake, snapshots
from lake.catalog import pinned, relations
from lake.files import swap_link, write_json
from lake.versions import all_versions, decide
from orchestration.dbt import PROJECT
from orchestration.mesh import apply as mesh
from orchestration.mesh.__main__ import main
from orchestration.steps import land
from orchestration.upstreams import upstreams
from tests.lake.test_mcp import ask, serve
from tests.silver.lakefixture import dbt

# The story is two minutes of work, more on a busy machine, and is told before the first test.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]
PUBLISHED = len([*PROJECT.glob("silver/models/core/*.sql"), *PROJECT.glob("gold/models/marts/*.sql")])
ROUTES = "gold/models/marts/mart_routes.sql"
DAILY = "gold/models/marts/mart_demand_daily.sql"
# What dbt has parsed for SQLMesh. It has a name of its own, but in a process that had imported dbt's parser before.
PARSED = "target/*partial_parse.msgpack"
# Of the sample, with the autumn night whose hour comes twice.
MONTHS, ADDED = "2020-11, 2021-02..2021-04", "2021-04"


# Counts of rows: `count(*)`, with a filter, and a sum of such ones. A left join of days would add no row.
COUNTED = ("mart_demand_daily.trips", "mart_demand_daily.false_starts", "mart_covered_days.trips")


def landed(lake):
    """Land the sample as a run does, and accept all of it: the gate would take most of the time."""
    with upstreams(lake) as origin:
        outcomes = {one.outcome for one in land(lake, origin, lambda offer: offer.watch)}
    assert outcomes <= {"landed", "unchanged"}
    for version in all_versions(lake):
        decide(version, "accepted", by="test", reason="the sample is as it should be")
    return all_versions(lake)


def begin(lake, known):
    return snapshots.begin(lake, known, bronze_schemas(), {"origin": "sample"}, parent=None)


def lone_ride(snapshot):
    """Return a ride of the new month that is alone in a row of demand by day, and how parity shows that row.

    It is one of New York's, which has no holiday near that month: holidays stay as they are without it.
    """
    trips = relations(snapshot.path)["silver"]["fct_trips"]
    with duckdb.connect() as connection:
        ride, day, member_type = connection.sql(
            f"select any_value(trip_id), trip_date, member_type from ({trips}) "
            f"where trip_month = '{ADDED}' and city = 'nyc' group by trip_date, member_type, bike_type "
            f"having count(*) = 1 and any_value(batch) = 'nyc-{ADDED}' order by all limit 1"
        ).fetchone()
    return ride, f"trip_date={day}, city=nyc, member_type={member_type}"


def files(lake):
    return set(lake.root.rglob("*"))


def told(*arguments):
    """Run a command; return its exit status and what it said."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        status = main(list(arguments))
    return status, said.getvalue()


def change(project, name, old, new):
    """Change a model, and its time by seconds: SQLMesh's cache goes by whole ones."""
    file = project / name
    content = file.read_text()
    assert old in content
    file.write_text(content.replace(old, new, 1))
    later = time.time() + 10
    os.utime(file, (later, later))


def rows_of(at, query):
    with duckdb.connect(str(at), read_only=True) as connection:
        return connection.sql(query).fetchall()


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    """Some models on bronze without a month, all on a snapshot with it; then a copy of the project, models changed.

    Where bronze is another one every model is built anew: to have all of them twice would take a third of the time.
    """
    base = tmp_path_factory.mktemp("mesh")
    lake, at = Lake(base / "lake"), base / "database" / "mesh.duckdb"
    notes: dict[str, Any] = {"touched": set()}
    lake.root.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAKE_ROOT", str(lake.root))
        patch.setenv("LAKEHOUSE_SQLMESH_DB", str(at))
        patch.setenv("COLUMNS", "200")
        patch.setenv("SAMPLE__TRIPS", "2000")
        patch.setenv("SOURCES__MONTHS", MONTHS)
        # What sqlglot can print it looks up once, at its first use: of tests before, without what SQLMesh adds.
        patch.setattr("sqlglot.generator._DISPATCH_CACHE", {})
        known = landed(lake)
        older = begin(lake, [one for one in known if not one.batch.endswith(ADDED)])
        with mesh.context(older.bronze.resolve(), at) as loaded:
            mesh.plan(loaded, select_models=["+main.mart_routes"])
        notes["first"] = rows_of(at, "select distinct batch from main.fct_trips order by all")
        begun = begin(lake, known)
        assert dbt(base / "dbt", begun.bronze, out=begun.path, command="run").success
        notes["second"] = snapshots.publish(lake, begun, {"rows": {}}).id
        before = files(lake)
        notes["two"] = told("parity")
        notes["again"] = told("apply")

        project = base / "project"
        for name in ("config.py", "dbt_project.yml", "profiles.yml"):
            project.mkdir(exist_ok=True)
            shutil.copy2(PROJECT / name, project)
        for name in ("silver/models", "silver/macros", "silver/tests", "gold/models", "gold/tests"):
            shutil.copytree(PROJECT / name, project / name)
        # What SQLMesh and dbt have worked out stays true of the models that are not changed.
        worked_out = f"target/sqlmesh/{notes['second']}"
        shutil.copytree(PROJECT / worked_out, project / worked_out)
        for parsed in PROJECT.glob(PARSED):
            shutil.copy2(parsed, project / "target")
        snapshot = pinned(lake)
        notes["ride"], notes["row"] = lone_ride(snapshot)
        bronze = snapshot.bronze.resolve()
        column = "        counted.member_trips,\n        counted.electric"
        added = "        counted.trips - counted.member_trips as casual_trips,\n"
        change(project, ROUTES, column, added + column)
        change(
            project,
            DAILY,
            'built_month("trip_month") }}',
            f"built_month(\"trip_month\") }}}} and trip_id is distinct from '{notes['ride']}'",
        )
        said = io.StringIO()
        with contextlib.redirect_stdout(said), mesh.context(bronze, at, project) as loaded:
            planned = mesh.plan(loaded, "dev")
            notes["changed"] = {
                new.name.split(".")[-1].strip('"'): new.change_category.name
                for new in planned.context_diff.new_snapshots.values()
            }
            loaded.table_diff(
                source="prod",
                target="dev",
                select_models={"main.mart_demand_daily"},
                on=["trip_date", "city", "member_type", "bike_type"],
                skip_grain_check=True,
            )
            notes["lineage"] = [
                list(mesh.lineage(loaded, column).lines())
                for column in ("mart_weather_effect.temperature_c", "conservation.rows_bronze", *COUNTED)
            ]
        notes["dev"] = said.getvalue()
        notes["dev parity"] = mesh.parity(snapshot, at, "main__dev")

        change(project, ROUTES, "select * from named", "select * replace (0 as trips) from named")
        said = io.StringIO()
        with (
            contextlib.redirect_stdout(said),
            mesh.context(bronze, at, project) as loaded,
            pytest.raises(mesh.MeshError) as failed,
        ):
            mesh.plan(loaded)
        notes["blocked"] = str(failed.value), said.getvalue()
        notes["prod parity"] = mesh.parity(snapshot, at)
        notes["touched"] |= before ^ files(lake)
    return lake, at, notes


def test_every_model_is_the_same_in_both(story):
    _, _, notes = story
    status, said = notes["two"]
    assert status == 0, said
    assert f"{PUBLISHED} models, " in said
    assert said.count("  same\n") == PUBLISHED


def test_planning_again_does_nothing(story):
    _, _, notes = story
    status, said = notes["again"]
    assert status == 0, said
    assert "No changes to plan" in said
    assert f"SQLMesh is at snapshot {notes['second']}: nothing to do" in said


def test_new_bronze_is_built_by_the_same_command(story):
    _, at, notes = story
    status, said = notes["two"]
    assert status == 0, said
    assert f"SQLMesh is at snapshot {notes['second']}: built what has changed" in said
    assert len(notes["first"]) > 2
    assert (f"nyc-{ADDED}",) not in notes["first"]
    found = rows_of(at, f"select batch from main.fct_trips where trip_id = '{notes['ride']}'")
    assert found == [(f"nyc-{ADDED}",)]


def test_sqlmesh_writes_nothing_into_the_lake(story):
    _, _, notes = story
    assert notes["touched"] == set()


def test_its_own_command_line_reads_the_same_bronze_however_the_lake_is_named(tmp_path, monkeypatch):
    """Read from another path every model would be a changed one, and `plan dev` would build all of them."""
    lake = Lake(tmp_path / "lake")
    facts: dict[str, Any] = {
        "parent": None,
        "completed_at": "",
        "accepted": [],
        "origin": "sample",
        "rows": {},
    }
    (lake.snapshots / "one").mkdir(parents=True)
    write_json(lake.snapshots / "one" / "snapshot.json", facts)
    swap_link(lake.current, "snapshots/one")
    link = tmp_path / "link"
    link.symlink_to(lake.root)
    monkeypatch.delenv("LAKEHOUSE_BRONZE", raising=False)
    monkeypatch.setenv("LAKE_ROOT", str(link))
    configured = runpy.run_path(str(PROJECT / "config.py"))
    assert configured["BRONZE"] == str(pinned(lake).bronze.resolve())


def test_a_changed_model_is_classified_and_built_in_an_environment_of_its_own(story):
    _, at, notes = story
    changed = notes["changed"]
    assert changed["mart_routes"] == "NON_BREAKING"
    assert changed["mart_demand_daily"] == "BREAKING"
    assert "fct_trips" not in changed
    built = rows_of(at, "select table_schema from information_schema.tables where table_name = 'mart_routes'")
    assert sorted(built) == [("main",), ("main__dev",)]


def test_table_diff_tells_the_rows_of_two_environments_apart(story):
    _, _, notes = story
    counts = notes["dev"].partition("Row Counts:")[2].partition("COMMON ROWS")[0]
    assert re.search(r"PROD ONLY: +1 rows", counts), counts
    assert "DEV ONLY" not in counts


def test_parity_names_the_models_and_rows_that_differ(story):
    _, _, notes = story
    # An environment has the changed models and what depends on them, and no others.
    absent = ("SQLMesh does not have it, dbt has written it",)
    differing = {
        one.model: one.differences for one in notes["dev parity"] if one.differences not in ((), absent)
    }
    # What sums demand by day lacks the ride as well, and was built anew with it.
    assert {"mart_routes", "mart_demand_daily"} <= differing.keys() <= notes["changed"].keys()
    assert differing["mart_routes"] == ("column casual_trips: only SQLMesh has it",)
    number, row = differing["mart_demand_daily"]
    assert number == "1 row only in dbt"
    assert notes["row"] in row


def test_an_audit_of_a_model_blocks_and_the_environment_stays_as_it_was(story):
    _, _, notes = story
    error, said = notes["blocked"]
    assert error == "SQLMesh did not apply the plan, and prod is as it was: Plan application failed."
    assert "'every_row_mart_routes_" in said.replace("\n", "")
    assert "routes_parts_fit" in said
    assert "audit error: " in said
    assert [one.model for one in notes["prod parity"] if one.differences] == []


def test_a_test_of_several_models_warns_and_does_not_block(story):
    """SQLMesh lets no audit block that belongs to more than one model: dbt is the one that stops there."""
    _, _, notes = story
    assert "every_trip_is_in_the_marts" in notes["dev"]
    assert "audits failed 1" in notes["dev"]


def test_lineage_goes_down_to_bronze(story):
    _, _, notes = story
    temperature, rows, *_ = notes["lineage"]
    assert temperature[0] == "mart_weather_effect.temperature_c"
    assert {line.strip() for line in temperature if "bronze" in line} >= {
        "bronze open_meteo.weather.temperature_2m",
        "bronze open_meteo.weather.temperature_2m_unit",
    }
    assert rows[0] == "conservation.rows_bronze"
    assert {line.strip() for line in rows} >= {
        "bronze citibike.trips.* (rows)",
        "bronze nager.holidays.* (rows)",
    }


def test_lineage_of_a_count_tells_what_rows_it_counts(story):
    _, _, notes = story
    _, _, trips, false_starts, covered = notes["lineage"]
    below = ["fct_trips.* (rows)", "int_trips_typed.* (rows)", "stg_bike_trips.* (rows)"]
    below.append("bronze citibike.trips.* (rows)")
    assert trips == ["mart_demand_daily.trips", *("  " * depth + one for depth, one in enumerate(below, 1))]
    assert false_starts[1:5] == trips[1:]
    assert false_starts[5] == "  fct_trips.is_false_start"
    assert covered == ["mart_covered_days.trips", *("  " + one for one in trips)]


def test_lineage_is_told_by_the_tool_of_agents_as_well(story, tmp_path):
    lake, at, _ = story
    # None has been built, where the story's was: of a database elsewhere dbt would parse every file anew.
    aside = at.rename(tmp_path / at.name)
    before = files(lake)
    try:
        with (
            start_blocking_portal() as portal,
            portal.wrap_async_context_manager(
                serve(lake, LAKEHOUSE_SQLMESH_DB=str(at), HOME=str(tmp_path))
            ) as client,
        ):
            made, failed = ask(portal, client, "lineage", column="gold.mart_demand_daily.trips")
    finally:
        aside.replace(at)
    assert not failed, made
    assert "'bronze citibike.trips.*'" in str(made["answer"])
    assert files(lake) == before
