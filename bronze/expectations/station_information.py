"""What the live feed told of stations: one version of one system and UTC day, all of its answers."""

from __future__ import annotations

from bronze.expectations.rules import WARNING, broken_rows, columns_are, not_empty, unique

_MOMENT = r"'20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ'"

RULES = [
    not_empty("A day is listed for its answers; one without stations is no answer."),
    columns_are(
        [
            "asked_at", "last_updated", "ttl", "published_version", "station_id", "legacy_id", "external_id",
            "name", "short_name", "lat", "lon", "capacity", "region_id", "station_type", "has_kiosk",
            "source_record", "other_fields", "batch", "version",
        ],
        "Silver reads these columns by name; a renamed field would turn into nulls.",
    ),
    broken_rows(
        "asked_at",
        "every row says when it was asked for, on the batch's UTC day",
        f"not coalesce(regexp_full_match(asked_at, {_MOMENT}), false) or left(asked_at, 10) <> right(batch, 10)",
        reason="Without its moment nobody knows from when on a station was so.",
        show=("asked_at",),
    ),
    unique(
        "asked_at",
        "station_id",
        reason="More than one in ten stations twice in an answer: two systems in one feed, or another key.",
        tolerance=0.1,
        where="trim(station_id) <> ''",
    ),
    broken_rows(
        "station_id",
        "nearly every entry has a station",
        "coalesce(trim(station_id), '') = ''",
        reason="Without ids nobody knows which station it is; the field may have another name.",
        tolerance=0.1,
        show=("asked_at", "station_id", "name"),
    ),
    broken_rows(
        "short_name",
        "nearly every station has the name that trips call it by",
        "coalesce(trim(short_name), '') = ''",
        reason="Without it no trip can be set beside the station.",
        tolerance=0.5,
        show=("asked_at", "station_id", "name", "short_name"),
    ),
    broken_rows(
        "coordinates",
        "stations lie somewhere on the globe",
        "coalesce(abs(try_cast(lat as double)) > 90 or abs(try_cast(lon as double)) > 180 "
        "or try_cast(lat as double) = 0 or try_cast(lon as double) = 0, true)",
        reason="A station without a place is of no city.",
        severity=WARNING,
        show=("asked_at", "station_id", "name", "lat", "lon"),
    ),
    broken_rows(
        "capacity",
        "the capacity is a count",
        "coalesce(try_cast(capacity as integer), -1) not between 0 and 9999",
        reason="Silver takes it for unknown.",
        severity=WARNING,
        show=("asked_at", "station_id", "name", "capacity"),
    ),
]  # fmt: skip
