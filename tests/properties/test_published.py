"""Whatever ids, names, coordinates and times a file holds, what is made of it passes every critical rule.

A gate on a layer refuses all months: a rule that one odd row can break keeps the others from being published.
"""

from __future__ import annotations

import contextlib
import functools
import importlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bronze.expectations.rules import CRITICAL
from bronze.sources.citibike.trips_csv import LEGACY, MODERN
from orchestration.gate.judge import suites
from tests.properties.test_trips_to_marts import as_csv

pytestmark = pytest.mark.slow

#: Tables of weather and holidays are empty here.
TABLES = [
    (layer, table)
    for layer in ("silver", "gold")
    for table in suites(layer)
    if not any(word in table for word in ("weather", "holiday", "answers"))
]
number = st.sampled_from(
    [
        "40.7196", "-74.0431", "74.0431", "45.506264", "-73.568906", "0.0", "0", "-0.0", "nan", "NaN", "inf",
        "-inf", "1e308", "1e-300", "-1e308", "91", "180.5", "abc", "", "NULL", "40,7", " 40.72 ",
    ]
) | st.floats().map(str)  # fmt: skip
identifier = (
    st.sampled_from(
        [
            "5379.10", "5379.1", "3185", "3185.0", "0.0", "5.38E+03", "5,38e+03", "E+", "A+1", "3650", "SYS035",
            "JCSYS", "Lab - NYC", "5379,1", "05379.10", '="5379.10"', "'5379.10", '=""', "5379.E3",
            "MTL-ECO5-03", "JC072", "HB103", "5348.06_old", "", " ", "NULL", "\\N",
        ]
    )
    | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6)
)  # fmt: skip
name = st.sampled_from(
    ["Grove St", "grove  st", "8D Mobile 01", "", "NULL", 'O\'Neil "x"', "\n", "é" * 300]
) | (st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6))


@st.composite
def places(draw, latitude, longitude):
    row = {}
    for end in ("start", "end"):
        row[f"{end}_station_id"], row[f"{end}_station_name"] = draw(identifier), draw(name)
        row[f"{end}_{latitude}"], row[f"{end}_{longitude}"] = draw(number), draw(number)
    return row


#: Rides of three months that are sound in all else.
MONTHS = ("2024-10", "2024-11", "2024-12")
modern = st.builds(
    lambda place, day, month, bike: {
        **place,
        "ride_id": f"{month}-{day}-{bike}",
        "rideable_type": bike,
        "started_at": f"{month}-{day:02} 08:00:00",
        "ended_at": f"{month}-{day:02} 08:10:00",
        "member_casual": "member",
    },
    places("lat", "lng"),
    st.integers(1, 28),
    st.sampled_from(MONTHS),
    st.sampled_from(["classic_bike", "electric_bike", "", "scooter"]),
)
legacy = st.builds(
    lambda place, day, bike: {
        **place,
        "tripduration": "600",
        "starttime": f"2017-11-{day:02} 08:00:00",
        "stoptime": f"2017-11-{day:02} 08:10:00",
        "bikeid": bike,
        "usertype": "Subscriber",
        "birth_year": "1984",
        "gender": "1",
    },
    places("station_latitude", "station_longitude"),
    st.integers(1, 28),
    st.sampled_from(["1", "2"]),
)


def broken_by(rule):
    """Return when a row breaks the rule; none where it takes more than one row to say."""
    said = rule.arguments
    match rule.expectation:
        case "ConditionWithin":
            return said["condition"]
        case "ExpectColumnValuesToNotBeNull":
            return f"{said['column']} is null"
        case "ExpectColumnValuesToBeInSet":
            return f"{said['column']} not in {tuple(said['value_set'])}"
        case "ExpectColumnValuesToBeBetween":
            low, high = said["min_value"], said["max_value"]
            above, below = ("null" if limit is None else limit for limit in (low, high))
            return f"{said['column']} < {above} or {said['column']} > {below}"
    return None


def breaking(subject, rule):
    """Return the query of what breaks a rule on a table as a whole."""
    said = rule.arguments
    match rule.expectation:
        case "RowsWithin":
            return said["unexpected_rows_query"].format(batch=subject)
        case "ExpectTableRowCountToBeBetween":
            return f"select 1 from {subject} having count(*) = 0"
        case other:
            raise NotImplementedError(other)


def critical(layer, table):
    rules = importlib.import_module(f"{layer}.expectations.{table}").RULES
    return [rule for rule in rules if rule.severity == CRITICAL]


@functools.cache
def agreed():
    """Return the columns that the suites want of each table."""
    return {
        f"{layer}.{table}": sorted(rule.arguments["column_set"])
        for layer, table in TABLES
        for rule in critical(layer, table)
        if rule.expectation == "ExpectTableColumnsToMatchSet"
    }


@functools.cache
def asked(layer, table):
    """Return one query for all other critical rules of a table: the names of those that do not hold.

    What a row alone breaks is asked of all rows at once: to plan a query takes longer than to ask these few.
    """
    subject, of_rows, others = f"{layer}.{table}", [], []
    for rule in critical(layer, table):
        if condition := broken_by(rule):
            of_rows.append(f"if(bool_or({condition}), $${subject}: {rule.name}$$, null)")
        elif rule.expectation != "ExpectTableColumnsToMatchSet":
            others.append(f"select $${subject}: {rule.name}$$ where exists ({breaking(subject, rule)})")
    assert of_rows
    rows = f"select unnest([{', '.join(of_rows)}]) as broken from {subject}"
    return " union all ".join([f"from ({rows}) where broken is not null", *others])


#: One that a rule of its own keeps from being published would be missed.
SOUND = {
    "ride_id": "SOUND",
    "rideable_type": "classic_bike",
    "started_at": "2024-11-02 08:00:00",
    "ended_at": "2024-11-02 08:10:00",
    "start_station_name": "Grove St",
    "start_station_id": "JC005",
    "end_station_name": "Newport",
    "end_station_id": "JC066",
    "start_lat": "40.7196",
    "start_lng": "-74.0431",
    "end_lat": "40.727",
    "end_lng": "-74.034",
    "member_casual": "member",
}


@contextlib.contextmanager
def published(models, files):
    """Give silver and gold of some files, after a look whether they break a critical rule."""
    with models.build(files) as lake:
        columns = "list_sort(list(column_name)) from duckdb_columns() group by all"
        there = dict(lake.sql(f"select concat(schema_name, '.', table_name), {columns}").fetchall())
        assert {name: there.get(name) for name in agreed()} == agreed()
        for layer, table in TABLES:
            assert models.ask(asked(layer, table)) == []
        yield lake


#: Times as files have had them, and the ends of what the format can say.
times = st.sampled_from(
    [
        "0001-01-01 00:00:00", "0000-01-01 00:00:00", "1900-01-01 00:00:00", "1970-01-01 00:00:00",
        "2000-01-01 00:00:00", "2023-11-15 08:00:00", "2024-10-31 23:59:59", "2024-11-03 01:30:00",
        "2024-11-15 08:00:00", "2025-11-30 23:59:59", "2261-12-31 00:00:00", "9999-12-31 23:59:59.999999",
    ]
) | st.datetimes().map(lambda moment: f"{moment.isoformat(' ', 'seconds'):0>19}")  # fmt: skip


@settings(max_examples=15)
@given(st.lists(st.tuples(times, times, st.booleans()), min_size=1, max_size=6))
def test_a_ride_of_any_time_keeps_nothing_from_being_published(models, odd):
    rows = [
        SOUND | {"ride_id": f"ODD{number}", "started_at": start, "ended_at": start if same else end}
        for number, (start, end, same) in enumerate(odd)
    ]
    # So many that the odd ones are few: the gate on bronze refuses a file that is wrong as a whole.
    sound = [SOUND | {"ride_id": f"R{number}"} for number in range(600)]
    with published(models, {"jc-2024-11": {"new.csv": as_csv([*sound, *rows], MODERN)}}) as lake:
        years = "select min(year), max(year) from silver.dim_dates"
        assert all(2023 <= year <= 2025 for year in lake.sql(years).fetchone())
        counted = "select rows_kept + rows_rejected from silver.conservation where is_conserved"
        assert lake.sql(counted).fetchall() == [(600 + len(odd),)]


@settings(max_examples=15)
@given(st.lists(modern, min_size=1, max_size=8), st.lists(legacy, max_size=5))
def test_odd_ids_names_and_coordinates_keep_nothing_from_being_published(models, new, old):
    files = {
        "jc-2024-11": {"new.csv": as_csv([SOUND, *new], MODERN)},
        "nyc-2024-12": {"other.csv": as_csv(new[:3], MODERN)},
        "jc-2017-11": {"old.csv": as_csv(old, LEGACY)},
    }
    with published(models, files):
        pass
