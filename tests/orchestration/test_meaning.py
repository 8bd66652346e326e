"""What the models' YAML says reaches the snapshot, and decides nothing that is built."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from lake.errors import LakeError
from lake.meaning import Measure, TableMeaning, write_meanings
from lake.snapshots import Snapshot
from orchestration import dbt, plan
from orchestration.meaning import meanings

ROOT = Path(__file__).parents[2]
TRIPS = {
    "expression": "sum(trips)",
    "of": ["trips"],
    "unit": "trips",
    "description": "Trips started.",
    "adds_over": ["trip_date"],
}


def project(folder: Path, measures: object) -> Path:
    """Write a project of one model, which has these measures."""
    file = folder / "gold/models/marts/mart_tiny.yml"
    file.parent.mkdir(parents=True)
    columns = [
        {"name": "trip_date", "data_type": "date", "description": "Day."},
        {"name": "trips", "data_type": "bigint", "description": "Trips\n  started."},
    ]
    told = {
        "name": "mart_tiny",
        "description": "Trips by day. One row per\n day.",
        "config": {"meta": {"measures": measures}},
        "columns": columns,
        "data_tests": ["odd", {"every_row": {"arguments": {"unique": ["trip_date"]}}}],
    }
    file.write_text(yaml.safe_dump({"version": 2, "models": [told]}))
    return folder


def test_a_table_says_what_it_is_in_one_line_each(tmp_path):
    tiny = meanings(project(tmp_path, {"trips": TRIPS}))["gold.mart_tiny"]
    assert tiny.description == "Trips by day. One row per day."
    assert tiny.grain == "One row per day."
    assert tiny.key == ("trip_date",)
    assert tiny.columns["trips"] == "Trips started."
    assert tiny.measures == {
        "trips": Measure("sum(trips)", ("trips",), "trips", "Trips started.", ("trip_date",))
    }


def test_all_models_and_raw_tables_have_grain_and_columns():
    for name, one in meanings().items():
        assert one.grain.startswith("One "), name
        assert one.columns or "int_" in name, name
    assert {"bronze.trips", "bronze.versions", "silver.fct_trips", "gold.mart_routes"} <= meanings().keys()


@pytest.mark.parametrize(
    ("measures", "said"),
    [
        ([TRIPS], "measures is to be a mapping"),
        ({"trips": "sum(trips)"}, "measures.trips is to say expression, of, unit"),
        ({"trips": TRIPS | {"units": "km"}}, "measures.trips.units is not known"),
        ({"trips": {**TRIPS, "unit": None}}, "measures.trips.unit is to be a text"),
        ({"trips": {**TRIPS, "description": " "}}, "measures.trips.description is to be a text"),
        ({"trips": {**TRIPS, "adds_over": "trip_date"}}, "measures.trips.adds_over is to be a list"),
        ({"trips": {**TRIPS, "of": []}}, "measures.trips.of is to be a list"),
        ({"trips": {**TRIPS, "of": ["trip_date"]}}, "expression cannot be computed: Binder Error"),
        ({"trips": {**TRIPS, "adds_over": ["city"]}}, "adds_over: the table has no column city"),
        ({"trips": {**TRIPS, "expression": "sum(rides)"}}, "expression cannot be computed: Binder Error"),
        ({"trips": {**TRIPS, "expression": "sum(trips"}}, "expression cannot be computed: Parser Error"),
        ({"trips": {**TRIPS, "expression": "trips"}}, "expression is no aggregate"),
    ],
)
def test_a_measure_that_is_none_is_named_with_its_file_and_field(tmp_path, measures, said):
    with pytest.raises(LakeError, match=r"^gold/models/marts/mart_tiny\.yml: mart_tiny: ") as stopped:
        meanings(project(tmp_path, measures))
    assert said in str(stopped.value)


@pytest.fixture
def models(tmp_path, monkeypatch):
    """A copy of the models, whose fingerprint is asked for; one mart's file, and how to change it."""
    for name in ("silver/models", "silver/macros", "gold/models"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "dbt_project.yml", tmp_path)
    monkeypatch.setattr(dbt, "PROJECT", tmp_path)

    def change(file: str, old: str, new: str) -> None:
        text = (tmp_path / file).read_text()
        assert old in text
        (tmp_path / file).write_text(text.replace(old, new))

    return change


MART = "gold/models/marts/mart_demand_daily.yml"
SOURCE = "silver/models/sources/citibike.yml"
MEASURED = "    config: {meta: {measures: {all: {expression: sum(trips)}}}}\n    columns:"


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (MART, "Trips by day", "All trips by day"),
        (MART, "Trips started, all of them.", "Trips."),
        (MART, "    columns:", MEASURED),
        (MART, "A false start and a lost bike are trips", "Both are trips"),
        (SOURCE, "Latitude of the start", "Where it started"),
        (SOURCE, "# date.", "# day."),
        ("gold/models/exposures.yml", "How much is ridden", "How many ride"),
    ],
)
def test_other_words_build_nothing_anew(models, file, old, new):
    before = dbt.fingerprint()
    models(file, old, new)
    assert dbt.fingerprint() == before


@pytest.mark.parametrize(
    "name",
    [
        ".mart_demand_daily.sql.swp",
        "mart_demand_daily.sql~",
        "#mart_demand_daily.sql#",
        ".#mart_demand_daily.sql",
        ".DS_Store",
    ],
)
def test_what_an_editor_leaves_beside_models_builds_nothing_anew(models, tmp_path, name):
    before, folder = dbt.fingerprint(), tmp_path / "gold" / "models" / "marts"
    if name.startswith(".#"):
        (folder / name).symlink_to("anna@desk.4711")
    else:
        (folder / name).write_text("x")
    assert dbt.fingerprint() == before


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (MART, "data_type: bigint", "data_type: integer"),
        (MART, "trips > 0", "trips >= 0"),
        (MART, "name: season", "name: seasons"),
        (MART, "    columns:", "    config: {tags: [wide], meta: {measures: {}}}\n    columns:"),
        (SOURCE, "hive_types_autocast = false", "hive_types_autocast = true"),
        ("gold/models/marts/mart_demand_daily.sql", "select", "select  "),
        ("silver/macros/logic/built.sql", "build_months", "build_month"),
    ],
)
def test_what_decides_what_is_built_does(models, file, old, new):
    before = dbt.fingerprint()
    models(file, old, new)
    assert dbt.fingerprint() != before


def test_a_file_that_is_no_yaml_is_named(models):
    models(MART, "models:", "models: [")
    with pytest.raises(LakeError, match=r"mart_demand_daily\.yml is no YAML that can be read: .*line"):
        dbt.fingerprint()


def test_other_words_alone_are_a_reason_to_publish(tmp_path, monkeypatch):
    """A page asks for a measure by name: one that was added must not wait for the next month."""
    snapshot = Snapshot("a", tmp_path, None, {"accepted": [], "fingerprint": "f", "suites": {}})
    write_meanings(tmp_path, {})
    monkeypatch.setattr(plan, "meanings_of", lambda snapshot: {})
    assert plan.behind(snapshot, [], "f", {}) == []
    monkeypatch.setattr(plan, "meanings_of", lambda snapshot: {"gold.days": TableMeaning("Days.")})
    assert plan.behind(snapshot, [], "f", {}) == ["what is said of tables and measures"]
