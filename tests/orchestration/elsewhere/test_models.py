"""What models may be made of: what is compared, and nothing else; and what is said where tables differ."""

from __future__ import annotations

import duckdb
import pytest

from lake.catalog import relations
from lake.snapshots import Snapshot
from orchestration.elsewhere.__main__ import compare
from orchestration.elsewhere.compiled import Model, typed
from orchestration.elsewhere.listed import LISTED
from orchestration.elsewhere.run import spark_type
from orchestration.elsewhere.spark import UnlistedError, pattern_of, refuse_unlisted, to_spark
from orchestration.elsewhere.things import things
from tests.orchestration.lakes import once, sample_run
from tests.properties.models import compile_models
from tests.silver.lakefixture import COLUMNS

pytestmark = pytest.mark.slow
TABLE = {"rows": {"t": "varchar", "i": "integer", "d": "double", "day": "date"}}


def asked(sql):
    [model] = typed([Model("mart_asked", "gold/models/marts", sql)], TABLE)
    return model.tree


@pytest.fixture(scope="module")
def trees(tmp_path_factory):
    """Return the project's models with their types, by name."""
    compiled = once(tmp_path_factory, "compiled", compile_models)[1]
    sources = {
        f"source_{source}_{table}": columns
        | ({} if source == "lake" else {"batch": "varchar", "version": "varchar"})
        for (source, table), columns in COLUMNS.items()
    }
    return {
        one.name: one.tree
        for one in typed([Model(name, "", sql) for name, sql in compiled.sql.items()], sources)
    }


def test_models_are_made_of_what_is_compared(trees):
    refuse_unlisted(trees)  # which writes each of them in Spark's SQL


def test_the_list_holds_what_models_are_made_of_and_no_more(trees):
    assert {name for tree in trees.values() for name, _ in things(tree)} == LISTED.keys()


@pytest.mark.parametrize(
    ("sql", "thing"),
    [
        ("select levenshtein(t, 'a') as n from rows", "levenshtein(text, text)"),
        ("select cast(d as smallint) as n from rows", "cast double to smallint"),
        ("select round(d, 2) as n from rows", "round(double, 2)"),
        ("select strftime(day, '%d.%m.') as n from rows", "timetostr(date, '%d.%m.')"),
        ("select date_diff('week', day, day) as n from rows", "datediff(date, date, WEEK)"),
        ("select list_filter([t], lambda one: one <> 'a') as n from rows", "lambda"),
        ("select t from rows qualify d = max(d) over (partition by i)", "qualify"),
        ("select x.t from rows as x anti join rows as y on x.t = y.t", "join anti"),
        ("select any_thing(t) as n from rows", "any_thing(text)"),
        ("select t glob '*a' as n from rows", "glob(text, text)"),
        ("select list(distinct d order by d) as n from rows", "arrayagg(distinct double in order)"),
        ("select avg(d order by d desc) as n from rows", "avg(double in reverse)"),
        ("select list(t order by i, t desc) as n from rows", "arrayagg(text in reverse)"),
        ("select list(distinct t order by t desc) as n from rows", "arrayagg(distinct text in reverse)"),
        ("select ltrim(t) as n from rows", "trim(text) position leading"),
        ("select rtrim(t) as n from rows", "trim(text) position trailing"),
        ("select trim(leading 'x' from t) as n from rows", "trim(text, text) position leading"),
        ("select lpad(t, 7, '0') as n from rows", "pad(text, int, text) is_left"),
        (
            "select sum(i) over (order by i rows between 1 preceding and current row) as n from rows",
            "frame rows 1 ",
        ),
        (
            "select sum(i) over (order by i rows between unbounded preceding and current row exclude ties) as n from rows",
            "frame rows unbounded preceding current row ties",
        ),
        (
            "select sum(i) over (order by i range between unbounded preceding and current row) as n from rows",
            "frame range",
        ),
        ("select coalesce(d / 1000000000000, 0.5) as n from rows", "coalesce of decimal and double"),
        ("select case when i > 1 then d else 0.5 end as n from rows", "case of decimal and double"),
        ("select d as n from rows union all select 0.5 from rows", "union all of decimal and double"),
        (
            "select array_to_string(list(d order by d), ',') as n from rows",
            "arraytostring(list of double, text)",
        ),
        ("select cast(list(d) as varchar[]) as n from rows", "cast list of double to text[]"),
        ("select t from rows where i > (select avg(d) from rows)", "compare(int, query of double)"),
        ("select count(*) filter (i > 1) over (order by i) as n from rows", "window of a filter"),
        ("select max(d) over (order by t) as n from rows", "max(double) over a window"),
        (
            "select sum(i) over (w rows unbounded preceding) as n from rows window w as (order by t)",
            "window by name and more",
        ),
        ("select lag(t) over (order by 1) as n from rows", "ordered by a literal"),
        ("select i + unnest([1]) as n from rows", "explode within"),
        ("select row_number() over () as n from rows", "window in no order"),
        ("select lag(t ignore nulls) over (partition by i) as n from rows", "window in no order"),
        ("select lead(t) over told as n from rows window told as (partition by i)", "window in no order"),
        ("select list(t order by t nulls first) as n from rows", "ordered(text) nulls_first"),
        ("select list_filter([t], lambda one: one is not null and one > 'a') as n from rows", "lambda"),
        ("select list_filter([t], lambda one: t is not null) as n from rows", "lambda"),
        ("select list_filter([t], lambda one: one is null) as n from rows", "lambda"),
        ("select unnest([t]) as n, unnest(['a', 'b']) as o from rows", "select of several explode"),
        ("select t, count(*) as n from rows group by all", "group all"),
        ("select distinct on (t) t, i from rows", "distinct on"),
        ("select t from rows union all by name select t from rows", "union all by_name"),
        ("select i // i as n from rows", "intdiv(int, int)"),
        ("select i // 0 as n from rows", "intdiv(int, int)"),
        ("select i % (i + 1) as n from rows", "mod(int, int)"),
        ("select i % 0 as n from rows", "mod(int, int)"),
        ("select d / 0 as n from rows", "div(double, int)"),
        ("select i // cast(4e-1 as integer) as n from rows", "intdiv(int, int)"),
        ("select i // try_cast(3 as integer) as n from rows", "intdiv(int, int)"),
        ("select i / 170141183460469231731687303715884105727 as n from rows", "div(int, int)"),
        ("select i / 123456789012345.678 as n from rows", "div(int, decimal)"),
        ("select i / '2' as n from rows", "div(int, text)"),
        ("select percentile_cont(0.5) within group (order by d) as n from rows", "percentilecont(decimal)"),
        ("select array_to_string([cast(d as float)], ',') as n from rows", "arraytostring(list of ?, text)"),
        ("select array_to_string([[d]], ',') as n from rows", "arraytostring(list of list of double, text)"),
        ("select unnest(generate_series(1, i)) as n from rows", "generateseries(int, int)"),
        ("select regexp_replace(t, 'a', 'b') as n from rows", "regexpreplace(text, text, text)"),
    ],
)
def test_what_is_not_compared_is_refused_by_name_before_anything_runs(sql, thing):
    try:
        tree = asked(sql)
    except duckdb.CatalogException:
        return  # DuckDB itself does not know it
    with pytest.raises(UnlistedError, match="mart_asked: ") as refused:
        refuse_unlisted({"mart_sound": asked("select t from rows"), "mart_asked": tree})
    assert f"mart_asked: {thing}" in str(refused.value)
    assert "mart_sound" not in str(refused.value)


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        (
            r"select regexp_matches(t, '\p{L}') as n from rows",
            "a pattern with something that was not compared",
        ),
        (
            "select regexp_matches(t, '(?P<a>a)') as n from rows",
            "a pattern with something that was not compared",
        ),
        ("select regexp_replace(t, '^a$', 'b', 'i') as n from rows", "not compared"),
        ("select regexp_replace(t, '^a$', '$1', 'g') as n from rows", "a replacement with something"),
        (r"select regexp_replace(t, '^(a)$', '\1b', 'g') as n from rows", "a replacement with something"),
        (r"select regexp_replace(t, '^(a)$', '\\', 'g') as n from rows", "a replacement with something"),
        ("select regexp_full_match(t, t) as n from rows", "a pattern that is no text"),
        (
            "select unnest(generate_series(m, m, interval '-1' hour)) as n from (select cast(t as timestamp) as m from rows)",
            "a series whose step",
        ),
    ],
)
def test_what_is_listed_and_used_in_a_way_that_is_not_compared_is_refused(sql, said):
    with pytest.raises(UnlistedError, match=said):
        to_spark(asked(sql))


def test_a_group_is_called_as_elsewhere_in_what_replaces_it():
    sql = r"select regexp_replace(t, '^(a|[b|\]]|x\.)$', '\1', 'g') as n from rows"
    assert "'$1'" in to_spark(asked(sql))


def test_steps_of_one_name_stay_apart():
    """Spark's generator would put both beside each other, and the inner one be read for the outer."""
    sql = "with a as (select i from (with b as (select 1 as i) select i from b)), b as (select 2 as i) select i from b"
    assert to_spark(asked(sql)).count("WITH") == 2


def test_classes_of_a_pattern_are_spelt_out():
    tree = asked(r"select regexp_matches(t, '\s\S\b\.') as n from rows")
    [node] = [node for name, node in things(tree) if name.startswith("regexp")]
    assert pattern_of(node.expression) == r"[ \t\n\f\r][^ \t\n\f\r](?-u:\b)\."


def test_types_are_those_of_spark():
    kinds = ("VARCHAR[]", "TIMESTAMP", "BIGINT", "DECIMAL(9,3)")
    assert [spark_type(kind) for kind in kinds] == [
        "ARRAY<STRING>",
        "TIMESTAMP_NTZ",
        "BIGINT",
        "DECIMAL(9, 3)",
    ]


@pytest.fixture
def sides(tmp_path):
    """Return what writes a table on both sides, published by month: a query each, or None."""

    def write(**tables):
        for table, queries in tables.items():
            for side, query in zip(("published", "built"), queries, strict=True):
                if query:
                    folder = tmp_path / side / "gold" / table
                    folder.mkdir(parents=True)
                    name = "trip_month-2024-01.0" if side == "published" else "part-0"
                    duckdb.sql(query).write_parquet(str(folder / f"{name}.parquet"))
        return Snapshot("s1", tmp_path / "published", None, {}), tmp_path / "built"

    return write


def test_what_differs_is_told_with_its_rows(sides, capsys):
    snapshot, built = sides(
        same=["select 1 as i"] * 2,
        other=[f"select i::integer as i, 1.5 as d from range({first}, 4) as of_i (i)" for first in (2, 3)],
        kind=["select 1 as i", "select 'a' as i"],
        bare=[f"select {value} as i where false" for value in ("1", "'a'")],
        order=["select 1 as i, 2 as j", "select 2 as j, 1 as i"],
        gone=["select 1 as i", None],
        new=[None, "select 1 as i"],
    )
    assert compare(snapshot, built, has_changed=False) == 1
    said = capsys.readouterr().out
    assert "gold.other, only published: i=2, d=1.5\n" in said
    assert said.count(": i=") == 1
    for table in ("kind", "bare"):
        assert f"gold.{table}: column i: INTEGER is VARCHAR now\n" in said
    assert "gold.order: its columns stand in another order\n" in said
    assert "gold.gone is gone\n" in said
    assert "gold.new is new\n" in said
    assert "gold.same" not in said
    assert said.endswith("1 of 7 tables the same as published\n")


def test_models_that_have_changed_are_no_fault_of_the_engine(sides, capsys):
    snapshot, built = sides(same=["select 1 as i"] * 2)
    assert compare(snapshot, built, has_changed=True) == 0
    told, warned = capsys.readouterr().out.splitlines()
    assert told == "1 of 1 tables the same as published"
    assert warned.startswith("the models have changed since: until `make run`")


def test_every_table_of_the_sample_is_the_same_on_sail(tmp_path_factory, tmp_path, capsys):
    pytest.importorskip("pysail", reason="Sail is not installed: `make listed` does that")
    from lake.catalog import pinned
    from orchestration.elsewhere.__main__ import elsewhere

    lake = sample_run(tmp_path_factory)[0]
    snapshot = pinned(lake)
    told = relations(snapshot.path.resolve())
    assert elsewhere(snapshot, None, tmp_path) == 0
    number = len(told["silver"] | told["gold"])
    assert f"{number} of {number} tables the same as published" in capsys.readouterr().out
