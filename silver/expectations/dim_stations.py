"""Stations: one row per station id that a trip started or ended at."""

from __future__ import annotations

from bronze.expectations.rules import (
    WARNING,
    broken_query,
    broken_rows,
    columns,
    columns_are,
    not_empty,
    unique,
)

RULES = [
    not_empty("Without stations there is no map and no list of them."),
    columns_are(
        [
            "station_id", "station_name", "station_names", "other_ids", "lives", "first_seen_on",
            "last_seen_on", "latitude", "longitude", "city", "is_depot", "lies_elsewhere",
            "points_elsewhere", "has_coordinates",
        ],
        "Marts read these columns by name.",
    ),
    unique("station_id", reason="A station listed twice doubles its trips wherever it is looked up."),
    broken_rows(
        "id",
        "every station has an id",
        "coalesce(trim(station_id), '') = ''",
        reason="Trips without a station would be gathered under a place that does not exist.",
        show=("station_id", "station_name"),
    ),
    broken_rows(
        "mangled",
        "no id is a number rounded by a spreadsheet (5.77E+03)",
        r"regexp_full_match(station_id, '[0-9]+([.,][0-9]*)?[eE]\+?[0-9]+')",
        reason="Several real stations would be merged into one that does not exist; station_ids has such "
        "ids.",
        show=("station_id", "station_name"),
    ),
    broken_rows(
        "name",
        "every station has a name",
        "coalesce(trim(station_name), '') = ''",
        reason="A list of stations is read by name.",
        severity=WARNING,
        show=("station_id", "station_name"),
    ),
    broken_rows(
        "names",
        "the latest name is one of the station's names",
        "station_name is not null and not coalesce(list_contains(station_names, station_name), false)",
        reason="The latest name and the list are made from the same sightings.",
        severity=WARNING,
        show=("station_id", "station_name", "station_names"),
    ),
    broken_rows(
        "seen",
        "first and last day seen are there and in order",
        "first_seen_on is null or last_seen_on is null or first_seen_on > last_seen_on",
        reason="Openings and closings of stations are told from these days.",
        show=("station_id", "first_seen_on", "last_seen_on"),
    ),
    columns.city(),
    columns.place(show=("station_id", "station_name", "latitude", "longitude")),
    columns.lies_elsewhere(show=("station_id", "station_name", "points_elsewhere")),
    broken_query(
        "lives",
        "name, place and number of lives are those of station_lives",
        """
        select station_id, station_name, latitude, longitude, lives from {batch}
        where (station_id, coalesce(station_name, ''), coalesce(latitude, 0), lives) not in (
            select (
                station_id,
                coalesce(max(station_name) filter (is_latest), ''),
                coalesce(max(latitude) filter (is_latest), 0),
                count(*)
            )
            from silver.station_lives group by station_id
        )
        """,
        reason="The name of one station at the place of another sends people the wrong way.",
        show=("station_id", "station_name", "latitude", "longitude", "lives"),
    ),
    broken_rows(
        "has_coordinates",
        "has_coordinates says whether both coordinates are there",
        "has_coordinates is distinct from (latitude is not null and longitude is not null)",
        reason="Maps choose the stations to draw by it.",
        show=("station_id", "latitude", "longitude", "has_coordinates"),
    ),
    broken_rows(
        "placed",
        "nearly every station has coordinates",
        "not has_coordinates",
        reason="Depots have none; many others without mean that coordinates were lost on the way.",
        severity=WARNING,
        tolerance=0.05,
        show=("station_id", "station_name", "is_depot"),
    ),
]  # fmt: skip
