"""The project is parsed once a process: whatever is built next must still read what it was told to read."""

from __future__ import annotations

import shutil

from orchestration.dbt import parsed, project_on
from tests.silver.lakefixture import Bronze, dbt, holiday

HOLIDAYS = ("--select", "stg_holidays")


def bronze_of(root, name):
    bronze = Bronze(root / "bronze")
    bronze.holidays("us-2024", [holiday("2024-12-31", name)])
    return bronze.finish()


def test_the_next_build_reads_its_own_bronze_though_the_first_is_gone(tmp_path):
    first, second = bronze_of(tmp_path / "a", "New Year's Eve"), bronze_of(tmp_path / "b", "Hogmanay")
    assert dbt(tmp_path / "one", first, *HOLIDAYS).success
    shutil.rmtree(first)
    built = dbt(tmp_path / "two", second, *HOLIDAYS)
    assert (built.success, built.failures()) == (True, {})


def test_a_database_of_another_name_gets_the_project_parsed_anew(tmp_path):
    bronze = bronze_of(tmp_path, "New Year's Day")
    for name in ("build", "other"):
        database = tmp_path / f"{name}.duckdb"
        with project_on(bronze, tmp_path / "out", database):
            manifest = parsed(bronze, database, ["--quiet", "--target-path", str(tmp_path / "target")])
        assert {node.database for node in manifest.nodes.values()} == {name}
