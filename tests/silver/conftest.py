from __future__ import annotations

from pathlib import Path

import pytest

from tests.silver.lakefixture import Bronze, Build, dbt, holiday, hour, legacy, modern

SKEWED = modern("SKEW", "2024-10-05 08:10:00", "2024-10-05 08:09:00")
UNREADABLE = modern("TEXT", "10/5/24 8:10", "2024-10-05 08:20:00")
TWICE = modern("TWICE", "2024-10-06 09:00:00.100", "2024-10-06 09:10:00.100")
TWICE_TIDIED = {**TWICE, "start_station_name": "Elm  Row & 2 St "}
TWICE_RENAMED = {**TWICE, "start_station_name": "Elm Row and 2 St"}
AUTUMN = [f"2024-10-{day:02}T{clock:02}:00" for day in (30, 31) for clock in range(24)] + [
    f"2024-11-{day:02}T{clock:02}:00" for day in range(1, 6) for clock in range(24)
]


def small_lake(root: Path) -> Bronze:
    """Put together a lake that holds every kind of row silver has to judge."""
    bronze = Bronze(root)
    bronze.trips(
        "nyc-2024-10",
        [
            modern("A", "2024-10-05 08:00:00.250", "2024-10-05 08:10:00.750"),
            modern("B", "2024-10-05 08:00:00", "2024-10-05 08:00:59", rideable_type="electric_bike"),
            modern("C", "2024-10-05 08:00:00", "2024-10-06 08:00:01", member_casual="casual"),
            modern("D", "2024-09-30 23:59:59", "2024-10-01 00:10:00", end_station_id="", end_station_name=""),
            modern("E", "2024-10-07 08:00:00", "2024-10-07 08:10:00", end_lat="0.0", end_lng="0.0",
                   end_station_id="SYS041", end_station_name="Yard 7 Depot"),
            SKEWED,
            UNREADABLE,
            modern("BLANK", "", "2024-10-05 08:20:00"),
            TWICE,
            TWICE_TIDIED,
            {**SKEWED, "ride_id": "A"},
        ],
    )  # fmt: skip
    bronze.trips(
        "jc-2024-10",
        [
            TWICE_RENAMED,
            modern("J", "2024-10-05 08:00:00", "2024-10-05 08:10:00", start_station_id="JC001", start_lat="",
                   start_lng=""),
        ],
    )  # fmt: skip
    bronze.trips(
        "nyc-2024-11", [modern("F", "2024-11-03 01:58:56.079", "2024-11-03 01:06:26.257")], version=3
    )
    ride = legacy("2017-11-04 10:00:00", "2017-11-04 10:10:00", "600")
    bronze.trips(
        "jc-2017-11",
        [
            ride,
            {**ride, "source_member": "copy.csv"},
            {**ride, "bikeid": "1"},
            legacy("2017-11-05 00:50:00", "2017-11-05 01:20:00", "5400", birth_year="1850", usertype=""),
        ],
    )
    slashed = legacy("11/23/2017 17:53:13", "11/23/2017 18:01:28", "495")
    bronze.trips(
        "nyc-2017-11",
        [
            slashed,
            legacy("11/3/2017 2:07", "11/3/2017 2:17", "605"),
            # The same ride in the other form of dates.
            {**slashed, "starttime": "2017-11-23 17:53:13", "stoptime": "2017-11-23 18:01:28",
             "source_member": "copy.csv"},
        ],
    )  # fmt: skip
    bronze.trips("nyc-2017-12", [legacy("12/3/2017 2:07", "12/3/2017 2:17", "605")])
    bronze.weather("new-york-2024-11", [hour(time) for time in AUTUMN])
    bronze.weather(
        "new-york-2024-10",
        [hour("2024-11-01T03:00", precipitation=2.0), hour("2024-11-01T04:00", precipitation=1.0)],
    )
    bronze.weather("new-york-2024-09", [hour("2024-09-30T12:00", temperature_2m_unit="K")])
    bronze.holidays(
        "us-2024",
        [
            holiday("2024-10-14", "Columbus Day", counties='["US-NY", "US-NJ"]', **{"global": False}),
            holiday("2024-10-14", "Another People's Day", counties='["US-OR"]', **{"global": False}),
            holiday("2024-11-05", "Election Day", counties='["US-NJ"]', **{"global": False}),
            holiday("2024-12-31", "New Year's Day"),
            holiday("some day", "Nothing"),
        ],
    )
    bronze.holidays("us-2025", [holiday("2024-12-31", "New Year's Day")])
    return bronze


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Silver of the small lake, built once with all its dbt tests."""
    work = tmp_path_factory.mktemp("silver")
    return dbt(
        work,
        small_lake(work / "bronze").finish(),
        "--select",
        "path:silver",
        "--indirect-selection",
        "cautious",
    )
