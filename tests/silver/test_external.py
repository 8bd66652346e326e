"""The materialization that writes Parquet: partitions, empty results, and what it must refuse to do."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import duckdb
import pytest

from lake.contents import carry, flatten
from tests.silver.lakefixture import PROJECT, Build, dbt

pytestmark = pytest.mark.slow

PARTS = "\n".join(
    [
        "{{ config(materialized='external', meta={'partition_by': 'part'}) }}",
        "select cast(n as integer) as n, part, cast(null as date) as seen_on,",
        "  timestamp '2024-05-01 08:00:00' as seen_at",
        "from ({{ var('query', \"select 1 as n, 'a' as part union all select 2, 'b'\") }}) as given",
    ]
)
WHOLE = "{{ config(materialized='external') }}\nselect * from {{ ref('parts') }} order by n"
TYPES = [("n", "INTEGER"), ("part", "VARCHAR"), ("seen_on", "DATE"), ("seen_at", "TIMESTAMP")]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A dbt project of two models with this project's macros."""
    root = tmp_path_factory.mktemp("project")
    models = root / "silver" / "models"
    models.mkdir(parents=True)
    shutil.copytree(PROJECT / "silver" / "macros", root / "silver" / "macros")
    (root / "dbt_project.yml").write_text(
        "name: tiny\nprofile: lakehouse\nmodel-paths: [silver/models]\nmacro-paths: [silver/macros]\n"
        "on-run-start: '{{ engine_settings() }}{{ layer_folders() }}'\n"
        "flags: {send_anonymous_usage_stats: false, partial_parse: false}\n"
    )
    (models / "parts.sql").write_text(PARTS)
    (models / "whole.sql").write_text(WHOLE)
    (models / "parts.yml").write_text(
        "models:\n  - name: parts\n    config: {contract: {enforced: true}}\n    columns:\n"
        + "".join(f"      - {{name: {name}, data_type: {kind.lower()}}}\n" for name, kind in TYPES)
    )
    return root


@pytest.fixture
def run(project, tmp_path):
    """Run the tiny project with parts from `query`."""

    def _run(query: str | None = None, **more):
        variables = ["--vars", f"{{query: {query!r}}}"] if query else []
        return dbt(tmp_path, tmp_path, *variables, project=project, command="run", **more)

    return _run


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def carried(parent: Build, out: Path) -> Path:
    """Link partition a of a build into another one's output as a snapshot does; return the link."""
    flatten(parent.out / "silver")
    carry(parent.out, "silver", out / "silver", lambda _, value: value != "a")
    return out / "silver" / "parts" / "part-a.0.parquet"


def test_partitions_keep_types_column_order_and_the_partition_column(run):
    build = run()
    assert build.failures() == {}
    assert files(build.out / "silver") == {
        "parts/_schema.parquet",
        "parts/part=a/data_0.parquet",
        "parts/part=b/data_0.parquet",
        "whole/data.parquet",
    }
    assert build.types("parts") == build.types("whole") == TYPES
    assert [row[:2] for row in build.rows("whole")] == [(1, "a"), (2, "b")]
    stored = f"'{build.out}/silver/parts/part=a/data_0.parquet'"
    with duckdb.connect() as connection:
        in_file = connection.execute(f"select part from read_parquet({stored}, hive_partitioning = false)")
        assert in_file.fetchall() == [("a",)]
        used = connection.execute(f"select distinct compression from parquet_metadata({stored})")
        assert used.fetchall() == [("ZSTD",)]
        encoded = connection.execute(f"select string_agg(encodings) from parquet_metadata({stored})")
        assert "DELTA" not in encoded.fetchall()[0][0], "not every reader knows the encodings of version 2"


def test_no_rows_give_a_typed_empty_table_and_empty_tables_downstream(run):
    build = run("select 1 as n, 'a' as part where false")
    assert build.failures() == {}
    assert files(build.out / "silver") == {"parts/_schema.parquet", "whole/data.parquet"}
    assert build.types("parts") == build.types("whole") == TYPES
    assert build.rows("parts") == build.rows("whole") == []


def test_a_null_in_the_partition_column_is_an_error(run):
    build = run("select 1 as n, 'a' as part union all select 2, null")
    assert "null in the partition column part of parts" in build.failures()["parts"]
    assert not any("DEFAULT" in name for name in files(build.out))


def test_a_partition_with_files_is_refused_and_the_linked_file_left_alone(run, tmp_path):
    parent = run(out=tmp_path / "parent")
    linked = carried(parent, tmp_path / "out")
    before = linked.read_bytes()

    refused = run("select 7 as n, 'c' as part union all select 9, 'a'")
    assert "partition a of parts already has files" in refused.failures()["parts"]
    assert linked.read_bytes() == before
    assert parent.rows("parts", columns="n") == [(1,), (2,)]


def test_partitions_of_the_parent_are_read_beside_the_new_one(run, tmp_path):
    carried(run(out=tmp_path / "parent"), tmp_path / "out")
    build = run("select 9 as n, 'b' as part")
    assert build.failures() == {}
    assert build.rows("whole", columns="n, part") == [(1, "a"), (9, "b")]


def test_a_rewritten_single_file_leaves_the_link_to_the_old_one_alone(run, tmp_path):
    parent = run(out=tmp_path / "parent")
    (tmp_path / "out" / "silver" / "whole").mkdir(parents=True)
    os.link(parent.out / "silver/whole/data.parquet", tmp_path / "out" / "silver" / "whole" / "data.parquet")
    build = run("select 9 as n, 'b' as part")
    assert build.rows("whole", columns="n") == [(9,)]
    assert parent.rows("whole", columns="n") == [(1,), (2,)]


@pytest.mark.parametrize("name", ["part-a.0.parquet", "data.parquet"])
def test_partitions_with_other_columns_are_refused_and_what_is_none_as_well(run, tmp_path, name):
    old = tmp_path / "out" / "silver" / "parts"
    old.mkdir(parents=True)
    duckdb.connect().execute(
        "copy (select 1::bigint as n, 'a' as part, null::date as seen_on, timestamp '2024-05-01' as seen_at) "
        f"to '{old}/{name}' (format parquet)"
    )
    build = run("select 9 as n, 'b' as part")
    assert "schema drift" in build.failures()["parts"]
    assert name in build.failures()["parts"]
    assert files(old) == {"_schema.parquet", name}


def test_a_broken_contract_is_an_error(run):
    build = run("select 1 as n, 5 as part")
    assert "contract" in build.failures()["parts"].lower()
    assert files(build.out) == set()


def test_a_contract_may_have_another_name_for_a_type(project, run):
    contract = project / "silver" / "models" / "parts.yml"
    before = contract.read_text()
    contract.write_text(before.replace("varchar", "text").replace("integer", "int4"))
    try:
        build = run()
        assert build.failures() == {}
        assert build.types("parts") == TYPES
        assert (
            "contract" in run("select 1 as n, 5 as part", out=build.out / "other").failures()["parts"].lower()
        )
    finally:
        contract.write_text(before)


def test_a_contract_in_another_order_is_an_error(project, run):
    """dbt builds the contract's order without a word, and SQLMesh that of the query."""
    contract = project / "silver" / "models" / "parts.yml"
    before = contract.read_text()
    lines = before.splitlines()
    swapped = "\n".join([*lines[:-2], lines[-1], lines[-2]]) + "\n"
    try:
        for text in (swapped, swapped.replace("varchar", "text")):  # and where dbt compares the types
            contract.write_text(text)
            said = run().failures()["parts"]
            assert "has the query's columns in another order: n, part, seen_on, seen_at is" in said
    finally:
        contract.write_text(before)


def test_a_column_more_than_the_contract_has_is_an_error(project, run):
    model = project / "silver" / "models" / "parts.sql"
    model.write_text(PARTS.replace("part, cast(null", "part, 1 as unheard_of, cast(null"))
    try:
        assert "unheard_of" in run().failures()["parts"]
    finally:
        model.write_text(PARTS)


def test_work_that_is_there_as_a_table_or_view_is_made_anew(project, run, tmp_path):
    work = project / "silver" / "models" / "work.sql"
    try:
        for number, kind in enumerate(("table", "view", "view", "table")):
            work.write_text(
                f"{{{{ config(materialized='{kind}') }}}}\nfrom ({{{{ var('query') }}}}) select n"
            )
            assert run(f"select {number} as n, 'a' as part", out=tmp_path / str(number)).failures() == {}
            with duckdb.connect(tmp_path / "build.duckdb") as connection:
                assert connection.sql("from work").fetchall() == [(number,)]
                named = "from information_schema.tables select table_name, table_type where table_name like '%work%'"
                assert connection.sql(named).fetchall() == [
                    ("work", {"table": "BASE TABLE"}.get(kind, "VIEW"))
                ]
    finally:
        work.unlink()


def test_every_connection_of_a_build_has_the_settings(project, run, tmp_path):
    assert "engine_settings()" in (PROJECT / "dbt_project.yml").read_text()
    wanted = ("preserve_insertion_order", "partitioned_write_flush_threshold", "parquet_metadata_cache")
    asked = ", ".join(f"cast(current_setting('{name}') as varchar) as {name}" for name in wanted)
    work = project / "silver" / "models" / "work.sql"
    work.write_text(f"{{{{ config(materialized='table') }}}}\nselect {asked}")
    try:
        assert run().failures() == {}
        with duckdb.connect(tmp_path / "build.duckdb") as connection:
            assert connection.sql("from work").fetchall() == [("false", "122880", "true")]
    finally:
        work.unlink()


def test_scratch_output_is_cleared_and_written_again(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    scratch = tmp_path / "target" / "scratch"
    first = run(out=Path())
    assert first.failures() == {}
    again = run("select 3 as n, 'b' as part", out=Path())
    assert again.failures() == {}
    assert files(scratch / "silver" / "parts") == {"_schema.parquet", "part=b/data_0.parquet"}
