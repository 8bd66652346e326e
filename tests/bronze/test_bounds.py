"""Where bounds of raw values lie, and what only warns: a value on a bound passes, and the one beyond it is counted."""

from __future__ import annotations

import importlib
from collections import Counter

import pytest

from orchestration.gate import judge as gate
from tests.bronze.sound import GOOD, LEGACY

pytestmark = pytest.mark.slow

#: By table: of a column the lowest and the highest value that pass, the step beyond, and the rule that tells.
BOUNDS = {
    "weather": [
        ("temperature_2m", -40, 50, 0.1, "temperature_range"),
        ("precipitation", 0, 200, 0.1, "precipitation_range"),
        ("wind_speed_10m", 0, 250, 0.1, "wind_range"),
        ("wind_gusts_10m", 0, 250, 0.1, "wind_range"),
        ("rain", 0, 200, 0.1, "other_ranges"),
        ("snowfall", 0, 200, 0.1, "other_ranges"),
        ("apparent_temperature", -70, 70, 0.1, "other_ranges"),
        ("relative_humidity_2m", 0, 100, 0.1, "range_relative_humidity_2m"),
        ("cloud_cover", 0, 100, 0.1, "range_cloud_cover"),
        ("weather_code", 0, 99, 1, "range_weather_code"),
    ],
    "station_information": [
        ("capacity", 0, 9999, 1, "capacity"),
        ("lat", -90, 90, 0.1, "coordinates"),
        ("lon", -180, 180, 0.1, "coordinates"),
    ],
}
#: By table, what a column of some rows is for a warning to tell them; the rows, counted from 0, and how many it tells.
TOLD = {
    "trips": {
        "coordinates": ("start_lat", "'45.5'", range(5), 5),
        "known_rideable_type": ("rideable_type", "'scooter'", [6], 1),
        "known_member_casual": ("member_casual", "'annual'", [7], 1),
    },
    "legacy trips": {"known_usertype": ("usertype", "'Dependent'", [0], 1)},
    "weather": {
        "filled_apparent_temperature": ("apparent_temperature", "null", [1], 1),
        "filled_rain": ("rain", "null", [2], 1),
        "filled_snowfall": ("snowfall", "null", [3], 1),
        "filled_wind_speed_10m": ("wind_speed_10m", "null", [4], 1),
        "filled_relative_humidity_2m": ("relative_humidity_2m", "null", [5], 1),
        "filled_wind_gusts_10m": ("wind_gusts_10m", "null", [6], 1),
        "filled_cloud_cover": ("cloud_cover", "null", [7], 1),
        "filled_weather_code": ("weather_code", "null", [8], 1),
        "days_known": ("temperature_2m", "null", [9], 1),
        "known_timezone": ("timezone", "'America/New_York'", [10], 1),
    },
    "holidays": {
        "types_known": ("types", """'["Public","Regional"]'""", [5], 1),
        "global_or_counties": ('"global"', "counties is not null", [3], 1),
        "fixed_days": ("date", "'2021-07-06'", [4], 1),
        "unique_date_name_types_counties": ("date", "'2021-01-01'", [7], 2),
    },
    "station_status": {"up_to_date": ("last_updated", "'1714600000'", [0], 1)},
    "station_information": {
        "coordinates": ("lat", "null", [0], 1),
        "capacity": ("capacity", "'many'", [1], 1),
    },
}
SOUND = {**GOOD, "legacy trips": LEGACY}
#: Rows of the weather's batch before this one are of the evening before its month.
FIRST = 100


def judged(table, values):
    """Judge the sound rows with other values `(column, value, rows)`; return how many rows each rule tells."""
    columns: dict[str, list[str]] = {}
    for column, value, rows in values:
        columns.setdefault(column, []).extend(f"when {row} then {value}" for row in rows)
    changed = ", ".join(
        f"case row {' '.join(cases)} else {column} end as {column}" for column, cases in columns.items()
    )
    row = f"source_record - {FIRST if table == 'weather' else 1} as row"
    query = (
        f"with good as ({SOUND[table]}) "
        f"select * exclude (row) replace ({changed}) from (select *, {row} from good)"
    )
    name = table.removeprefix("legacy ")
    result = gate.judge(layer="bronze", table=name, relation_sql=query, subject="a version")
    assert [check.exception for check in result.checks if check.exception] == []
    return {check.name: check.unexpected_count for check in result.checks if not check.success}


@pytest.mark.parametrize("table", BOUNDS)
def test_a_value_on_its_bounds_passes_and_the_next_is_told(table):
    """Each in rows of its own: so many are told as there are values."""
    text = "{}" if table == "weather" else "'{}'"
    within, beyond, told = [], [], Counter[str]()
    for number, (column, low, high, step, rule) in enumerate(BOUNDS[table]):
        for row, value, outside in ((2 * number, low, low - step), (2 * number + 1, high, high + step)):
            within.append((column, text.format(value), [row]))
            beyond.append((column, text.format(round(outside, 1)), [row]))
            told[rule] += 1
    assert judged(table, within) == {}
    assert judged(table, beyond) == told


@pytest.mark.parametrize("table", TOLD)
def test_a_warning_tells_its_rows(table):
    faults = TOLD[table]
    assert judged(table, [fault[:3] for fault in faults.values()]) == {
        rule: count for rule, (*_, count) in faults.items()
    }


@pytest.mark.parametrize("table", GOOD)
def test_each_warning_is_tried(table):
    rules = importlib.import_module(f"bronze.expectations.{table}").RULES
    warnings = {rule.name for rule in rules if rule.severity == "warning"}
    tried = {
        *TOLD.get(table, {}),
        *TOLD.get(f"legacy {table}", {}),
        *(rule for *_, rule in BOUNDS.get(table, [])),
    }
    assert warnings - tried == set()
