"""Lives of station ids: one row per station id and station that it was."""

from __future__ import annotations

from bronze.expectations.rules import (
    FINDING,
    WARNING,
    between,
    broken_query,
    broken_rows,
    columns,
    columns_are,
    unique,
)

_KEY = ("station_id", "life")

RULES = [
    columns_are(
        [
            *_KEY, "station_name", "first_seen_on", "last_seen_on", "sightings", "latitude", "longitude",
            "lies_elsewhere", "is_depot", "is_latest",
        ],
        "dim_stations is made of these columns.",
    ),
    unique(*_KEY, reason="A life listed twice doubles the station."),
    between("life", 1, None, reason="Lives are counted from 1."),
    broken_query(
        "one_latest",
        "of each station one life is the latest, and none was seen later",
        """
        select station_id, count(*) as lives from {batch} group by station_id
        having count(*) filter (is_latest) <> 1
            or max(last_seen_on) <> max(last_seen_on) filter (is_latest)
        """,
        reason="The dimension shows the latest life; two would double the station, and none would lose it.",
        counts="stations",
    ),
    broken_rows(
        "seen",
        "first and last day seen are there and in order",
        "first_seen_on is null or last_seen_on is null or first_seen_on > last_seen_on",
        reason="From when to when an id was which station is told from these days.",
        show=(*_KEY, "first_seen_on", "last_seen_on"),
    ),
    broken_query(
        "all_sightings",
        "sightings add up to those by month",
        """
        select * from (
            select coalesce(sum(sightings), 0) as sightings,
                (select coalesce(sum(starts + ends), 0) from silver.station_months) as by_month
            from {batch}
        )
        where sightings <> by_month
        """,
        reason="A month in no life, or in two, shows here.",
        counts=FINDING,
    ),
    broken_rows(
        "form",
        "every id has a form that the upstreams publish",
        r"not is_depot and not "
        r"regexp_full_match(station_id, '(JC|HB|SYS)\d{3}|[1-9]\d{1,3}|[1-9]\d{3}\.\d{2}')",
        reason="It may be one of the other stations, written in a way that nobody foresaw: see its name. Until "
        "then its starts and ends (`sightings`) count at a station of their own.",
        severity=WARNING,
        show=(*_KEY, "station_name", "sightings"),
    ),
    columns.place(show=(*_KEY, "station_name", "latitude", "longitude")),
    broken_query(
        "given_to_another",
        "no id was given to another station",
        """
        select * from {batch}
        where station_id in (select station_id from {batch} group by station_id having count(*) > 1)
        """,
        reason="Its trips are those of several stations: whoever compares years must tell them apart.",
        severity=WARNING,
        show=(*_KEY, "station_name", "first_seen_on", "last_seen_on"),
    ),
]  # fmt: skip
