"""Sightings of stations: one row per month, station id and name."""

from __future__ import annotations

from bronze.expectations.rules import FINDING, broken_query, broken_rows, columns, columns_are, unique

RULES = [
    columns_are(
        [
            "trip_month", "station_id", "station_name", "starts", "ends", "first_seen_on", "last_seen_on",
            "points", "points_elsewhere", "latitude", "longitude",
        ],
        "dim_stations is made of these columns.",
    ),
    unique(
        "trip_month",
        "station_id",
        "station_name",
        reason="A month counted twice bends a station's place.",
    ),
    broken_rows(
        "key",
        "every row has its month and station",
        "trip_month is null or coalesce(trim(station_id), '') = ''",
        reason="A row in another month's files is not rebuilt with its month.",
        show=("trip_month", "station_id"),
    ),
    broken_rows(
        "seen",
        "somebody started or ended there, between the first and the last day",
        "starts < 0 or ends < 0 or starts + ends = 0 or first_seen_on is null "
        "or first_seen_on > last_seen_on",
        reason="A station is known by its trips only.",
        show=("trip_month", "station_id", "starts", "ends", "first_seen_on", "last_seen_on"),
    ),
    columns.place(
        "The station's place is made of these.",
        show=("trip_month", "station_id", "latitude", "longitude"),
    ),
    broken_query(
        "all_ends",
        "starts and ends add up to those of the trips",
        """
        select * from (
            select coalesce(sum(starts), 0) as starts, coalesce(sum(ends), 0) as ends,
                (select count(start_station_id) from silver.fct_trips) as trips_starting,
                (select count(end_station_id) from silver.fct_trips) as trips_ending
            from {batch}
        )
        where starts <> trips_starting or ends <> trips_ending
        """,
        reason="A month that was not rebuilt with its trips shows here.",
        counts=FINDING,
    ),
]  # fmt: skip
