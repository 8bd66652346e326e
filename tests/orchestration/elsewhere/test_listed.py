"""Everything on the list means the same on DuckDB and, translated, on Sail or Spark, whatever values it meets."""

from __future__ import annotations

import os
from decimal import Decimal

import duckdb
import pytest

from orchestration.elsewhere.listed import LISTED
from orchestration.elsewhere.things import things
from tests.orchestration.elsewhere.hostile import CASES


def test_each_thing_on_the_list_is_compared_and_nothing_else():
    assert CASES.keys() == LISTED.keys()


@pytest.mark.slow
def test_each_case_has_what_it_is_there_to_compare(ask):
    missing = [
        thing for thing, case in CASES.items() if thing not in {name for name, _ in things(ask(case)[0].tree)}
    ]
    assert not missing


@pytest.fixture(scope="module")
def sail():
    """Return a session on Sail, or on the server at REMOTE."""
    from orchestration.elsewhere.run import session

    remote = os.environ.get("REMOTE") or None
    wanted = "pyspark" if remote else "pysail"
    pytest.importorskip(wanted, reason=f"{wanted} is not installed: `make elsewhere` does that")
    with session(remote) as spark:
        yield spark


def plain(value):
    """Return a value in one form for both engines; 0.0 and -0.0 are one, as in SQL."""
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, Decimal):
        return float(value)
    return 0.0 if isinstance(value, float) and value == 0 else value


def rows(found):
    return sorted(repr([plain(value) for value in row]) for row in found)


@pytest.mark.parametrize("thing", sorted(CASES))
def test_it_means_the_same(thing, pools, ask, sail):
    from orchestration.elsewhere.spark import to_spark

    asked, files = ask(CASES[thing])
    for name, file in files.items():
        sail.read.parquet(str(file)).createOrReplaceTempView(name)
    here = rows(pools[0].execute(asked.sql).fetchall())
    there = rows(row.values() for row in sail.sql(to_spark(asked.tree)).toArrow().to_pylist())
    assert here, "it compares nothing"
    only = [
        [one for one in mine if one not in others][:12]
        for mine, others in ((here, {*there}), (there, {*here}))
    ]
    assert here == there, "\n".join(["only DuckDB:", *only[0], "only elsewhere:", *only[1]])


def test_a_table_without_rows_has_its_columns(sail, tmp_path):
    from orchestration.elsewhere.compiled import Model, typed
    from orchestration.elsewhere.run import build

    sql = "select 'a' as t, timestamp '2024-01-01' as m, ['a'] as l from {} where {}"
    models = typed(
        [
            Model("void", "gold/models/marts", sql.format("(select 1 as i) as of_i", "i > 1")),
            Model("reader", "gold/models/marts", "select t from void"),
        ],
        {},
    )
    build(sail, models, tmp_path)
    told = duckdb.sql(f"describe from '{tmp_path}/built/gold/void/*.parquet'").fetchall()
    assert {name: kind for name, kind, *_ in told} == models[0].columns
    assert list((tmp_path / "built" / "gold" / "reader").glob("*.parquet"))
