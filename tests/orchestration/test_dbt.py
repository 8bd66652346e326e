"""The project is parsed once, for all processes: what is built next still reads what it is told to."""

from __future__ import annotations

import os
import shutil
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
from dbt_common.events.functions import fire_event
from dbt_common.events.types import Note

from orchestration import dbt as product
from orchestration.dbt import BuildError, failure, parsed, project_on
from tests.silver.lakefixture import Bronze, dbt, holiday

pytestmark = pytest.mark.slow

HOLIDAYS = ("--select", "stg_holidays")


def bronze_of(root, name):
    bronze = Bronze(root / "bronze")
    bronze.holidays("us-2024", [holiday("2024-12-31", name)])
    return bronze.finish()


def another_process(folder, name="build"):
    """Return the manifest that a process gets which has parsed nothing yet, with its bronze in `folder`."""
    product._PARSED.clear()
    database = folder / f"{name}.duckdb"
    with project_on(folder / "bronze", folder / "out", database):
        return parsed(folder / "bronze", database, ["--quiet", "--target-path", str(folder / "target")])


def places(manifest):
    """Return where the sources lie, as nodes and as what Jinja knows as `graph`."""
    nodes = [source.to_dict() for source in manifest.sources.values()]
    return str(nodes), str(manifest.flat_graph["sources"])


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    another_process(tmp_path_factory.mktemp("parsed"))
    return next(iter(product._PARSED.values()))


@pytest.fixture
def parses(packed, tmp_path, monkeypatch):
    """Begin with nothing kept; return what fills with each parse."""
    asked = []

    def parse(options):
        asked.append(options)
        return packed

    monkeypatch.setattr(product, "KEPT", tmp_path / "kept")
    monkeypatch.setattr(product, "_PARSED", {})
    monkeypatch.setattr(product, "_parse", parse)
    return asked


def test_the_next_build_reads_its_own_bronze_though_the_first_is_gone(tmp_path):
    first, second = bronze_of(tmp_path / "a", "New Year's Eve"), bronze_of(tmp_path / "b", "Hogmanay")
    assert dbt(tmp_path / "one", first, *HOLIDAYS).success
    shutil.rmtree(first)
    built = dbt(tmp_path / "two", second, *HOLIDAYS)
    assert (built.success, built.failures()) == (True, {})


def test_a_database_of_another_name_gets_the_project_parsed_anew(tmp_path):
    for name in ("build", "other"):
        manifest = another_process(tmp_path, name)
        assert {node.database for node in manifest.nodes.values()} == {name}


def test_the_next_process_does_not_parse_and_reads_its_own_bronze(tmp_path, parses):
    for own, other in (("a", "b"), ("b", "a")):
        for told in places(another_process(tmp_path / own)):
            assert f"'{tmp_path / own / 'bronze'}/" in told
            assert f"{tmp_path / other}" not in told
            assert product._ANY_BRONZE not in told
    assert len(parses) == 1


def test_the_environment_decides_nothing_but_where_bronze_lies(tmp_path):
    """What is kept serves every environment: one more variable would be that of the first.

    `LAKE_ROOT` says where it lies to whoever runs dbt by hand, and nothing where the other is told.
    """
    assert another_process(tmp_path).env_vars.keys() == {"LAKEHOUSE_BRONZE", "LAKE_ROOT"}


def test_another_model_or_engine_is_parsed_anew(tmp_path, parses, monkeypatch):
    another_process(tmp_path)
    monkeypatch.setattr(product, "version", lambda package: "1.0" if package == "dbt-adapters" else "2.0")
    another_process(tmp_path)
    monkeypatch.setattr(product, "_TESTED_BY", (*product._TESTED_BY, "config.py"))
    another_process(tmp_path)
    assert len(parses) == 3


@pytest.mark.parametrize("damage", [lambda content: content[:-1], lambda content: bytes(len(content))])
def test_what_is_damaged_is_parsed_anew_and_kept_whole(tmp_path, parses, damage):
    another_process(tmp_path)
    [file] = product.KEPT.iterdir()
    whole = file.read_bytes()
    file.write_bytes(damage(whole))
    assert another_process(tmp_path).nodes
    assert len(parses) == 2
    assert file.read_bytes() == whole


def test_where_nothing_can_be_kept_every_process_parses(tmp_path, parses):
    product.KEPT.write_text("a file where the folder should be")
    assert another_process(tmp_path).nodes
    assert another_process(tmp_path).nodes
    assert len(parses) == 2


def test_old_ones_are_removed(tmp_path, parses, monkeypatch):
    monkeypatch.setattr(product, "_KEEP", 2)
    for name in ("one", "two", "three"):
        another_process(tmp_path, name)
    assert len(list(product.KEPT.iterdir())) == 2


def test_a_project_that_dbt_cannot_read_is_named_and_not_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(product, "KEPT", tmp_path / "kept")
    broken = tmp_path / "project"
    for name in ("dbt_project.yml", "profiles.yml"):
        broken.mkdir(exist_ok=True)
        shutil.copy2(product.PROJECT / name, broken)
    (broken / "silver" / "models").mkdir(parents=True)
    (broken / "silver" / "models" / "one.sql").write_text("select * from {{ ref('gone') }}")
    monkeypatch.setattr(product, "PROJECT", broken)
    with pytest.raises(BuildError, match=r"dbt cannot read the project: [\s\S]*gone"):
        another_process(tmp_path)
    assert not product.KEPT.exists()


def test_of_an_identity_that_fails_a_row_is_shown(tmp_path):
    """With its day and both figures, not only how many there are."""
    database = tmp_path / "build.duckdb"
    with duckdb.connect(str(database)) as connection:
        connection.sql(
            "create table days as from (values (date '2024-05-02', 7, 9), (date '2024-05-01', 5, 6)) t(day, expected, found)"
        )
    test = SimpleNamespace(compiled_code="select * from days where found <> expected")
    test.original_file_path = "gold/tests/days_add_up.sql"
    node = SimpleNamespace(
        node=test, status="fail", failures=2, message="Got 2 results, configured to fail if != 0"
    )
    told = "such as day = 2024-05-01, expected = 5, found = 6 (2 rows; gold/tests/days_add_up.sql)"
    assert failure(node, database) == told
    test.compiled_code = "select * from gone"
    assert failure(node, database) == f"{node.message} (2 rows; gold/tests/days_add_up.sql)"


def test_who_is_told_of_a_command_hears_nothing_of_what_comes_after(tmp_path):
    """What it writes to may be gone by then, and it is SQLMesh that speaks, or the next build."""
    database = tmp_path / "build.duckdb"
    told: list[Any] = []
    quiet = ["--quiet", "--target-path", str(tmp_path / "target")]
    with project_on(tmp_path, tmp_path / "out", database):
        manifest = parsed(tmp_path, database, quiet)
        product.invoke(["list", "--select", "dim_holidays", *quiet], manifest, told.append)
    assert told
    assert "debug" not in {event.info.level for event in told}
    told.clear()
    fire_event(Note(msg="afterwards"))
    assert not told


def test_an_option_that_the_caller_has_for_dbt_leaves_no_test_out(tmp_path, monkeypatch):
    monkeypatch.setenv("DBT_RESOURCE_TYPES", "model")
    database, quiet = tmp_path / "build.duckdb", ["--quiet", "--target-path", str(tmp_path / "target")]
    with project_on(tmp_path, tmp_path / "out", database):
        manifest = parsed(tmp_path, database, quiet)
        listed = product.invoke(["list", "--select", "dim_holidays", "--output", "name", *quiet], manifest)
    kinds = {name.partition("_dim_holidays")[0] for name in listed.result}
    assert {"dim_holidays", "every_row"} <= kinds
    assert os.environ["DBT_RESOURCE_TYPES"] == "model"
