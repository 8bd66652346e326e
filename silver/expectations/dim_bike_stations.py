"""Stations as the live feed told them over time: one row per system, station and moment from which it was so."""

from __future__ import annotations

from bronze.expectations.rules import FINDING, broken_query, broken_rows, columns, columns_are, unique

_KEY = ("system", "station_id", "valid_from_utc")

RULES = [
    columns_are(
        [
            "system", "station_id", "legacy_id", "short_name", "station_name", "latitude", "longitude",
            "capacity", "region_id", "station_type", "city", "lies_elsewhere", "valid_from_utc", "valid_to_utc",
            "last_told_at_utc", "is_latest",
        ],
        "Pages read these columns by name.",
    ),
    unique(*_KEY, reason="A station was one thing at a time."),
    broken_rows(
        "times",
        "times follow each other, and the last has no end",
        "valid_from_utc > last_told_at_utc or is_latest <> (valid_to_utc is null) "
        "or last_told_at_utc >= valid_to_utc",
        reason="Whoever asks how a station was at a moment finds one row.",
        show=(*_KEY, "valid_to_utc", "last_told_at_utc"),
    ),
    broken_query(
        "one_latest",
        "every station is something now",
        """
        select system, station_id from {batch} group by system, station_id
        having count(*) filter (where is_latest) <> 1
        """,
        reason="A station without a last row would be on no map, one with two on it twice.",
        counts="stations",
    ),
    broken_query(
        "all_stations",
        "every station that was told of is here",
        """
        select system, station_id from silver.bike_station_days
        except
        select system, station_id from {batch}
        """,
        reason="A month that was built and not taken up shows here.",
        counts=FINDING,
    ),
    columns.city(),
    columns.lies_elsewhere(show=(*_KEY, "station_name", "latitude", "longitude")),
]  # fmt: skip
