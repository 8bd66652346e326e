"""Stations as the live feed told them: one version of one system and UTC day, all of its answers."""

from __future__ import annotations

from bronze.expectations.rules import WARNING, broken_rows, columns_are, not_empty, unique

_MOMENT = r"'20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ'"
_FLAGS = ("is_installed", "is_renting", "is_returning")


def _is_no_count(column: str) -> str:
    return f"coalesce(try_cast({column} as integer), -1) not between 0 and 9999"


RULES = [
    not_empty("A day is listed for its answers; one without stations is no answer."),
    columns_are(
        [
            "asked_at", "last_updated", "ttl", "published_version", "station_id", "legacy_id",
            "num_bikes_available", "num_ebikes_available", "num_bikes_disabled", "num_docks_available",
            "num_docks_disabled", "num_scooters_available", "num_scooters_unavailable", "is_installed",
            "is_renting", "is_returning", "last_reported", "source_record", "other_fields", "batch", "version",
        ],
        "Silver reads these columns by name; a renamed field would turn into nulls.",
    ),
    broken_rows(
        "asked_at",
        "every row says when it was asked for, on the batch's UTC day",
        f"not coalesce(regexp_full_match(asked_at, {_MOMENT}), false) or left(asked_at, 10) <> right(batch, 10)",
        reason="A status without its moment says nothing, and one of another day is another batch's.",
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
        reason="Without ids nobody knows whose bikes they are; the field may have another name.",
        tolerance=0.1,
        show=("asked_at", "station_id"),
    ),
    broken_rows(
        "counts",
        "bikes are counts, and so are docks where there are any",
        f"{_is_no_count('num_bikes_available')} "
        f"or (num_docks_available is not null and {_is_no_count('num_docks_available')})",
        reason="Silver cannot read them; a new version of GBFS may write them otherwise.",
        tolerance=0.1,
        show=("asked_at", "station_id", "num_bikes_available", "num_docks_available"),
    ),
    broken_rows(
        "flags",
        "installed, renting and returning are yes or no",
        " or ".join(f"coalesce({flag}, '') not in ('0', '1', 'true', 'false')" for flag in _FLAGS),
        reason="Silver tells by them which stations are out of service and not empty.",
        tolerance=0.1,
        show=("asked_at", "station_id", *_FLAGS),
    ),
    broken_rows(
        "up_to_date",
        "the feed was made within an hour of being asked for",
        "abs(try_cast(last_updated as bigint) - epoch(try_strptime(asked_at, '%Y-%m-%dT%H:%M:%SZ'))) > 3600",
        reason="An upstream that stands still gives old answers, which are taken for those of the moment.",
        severity=WARNING,
        show=("asked_at", "last_updated"),
    ),
]  # fmt: skip
