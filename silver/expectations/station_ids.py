"""Station ids that went through a spreadsheet: one row per month and published id."""

from __future__ import annotations

from bronze.expectations.rules import WARNING, between, broken_rows, columns_are, in_set, unique

_KEY = ("trip_month", "published_id")
_SHOWN = (*_KEY, "station_id", "reason", "sightings")
_JOINED = ("only_form", "same_name", "same_place", "other_form_in_use")
_APART = ("other_name", "other_place")

RULES = [
    columns_are(
        [*_KEY, "station_id", "reason", "sightings"],
        "Trips and stations read these columns by name.",
    ),
    unique(*_KEY, reason="An id decided twice doubles the trips that have it."),
    broken_rows(
        "key",
        "every row has its month and published id",
        "trip_month is null or coalesce(trim(published_id), '') = ''",
        reason="A row in another month's files is not rebuilt with its month.",
        show=_SHOWN,
    ),
    in_set("reason", [*_JOINED, *_APART, "rounded"], reason="Two stations become one for a reason only."),
    broken_rows(
        "decision",
        "the station is the one that the reason names",
        f"(reason in {_JOINED} and coalesce(station_id = published_id, true)) "
        f"or (reason in {_APART} and station_id is distinct from published_id) "
        "or (reason = 'rounded' and station_id is not null)",
        reason="A station joined against its reason has the trips of another.",
        show=_SHOWN,
    ),
    between("sightings", 1, None, reason="An id that nobody started or ended at was not published."),
    broken_rows(
        "joined",
        "no id lost a zero",
        f"reason in {_JOINED}",
        reason="They count at the station with the whole id, whose `other_ids` in dim_stations name them.",
        severity=WARNING,
        show=_SHOWN,
    ),
    broken_rows(
        "apart",
        "no id looks like a cut one and is another station's",
        f"reason in {_APART}",
        reason="Names or places of the month speak against joining them: they stay two stations.",
        severity=WARNING,
        show=_SHOWN,
    ),
    broken_rows(
        "rounded",
        "no id was rounded (5.77E+03)",
        "reason = 'rounded'",
        reason="It can be any of several stations: these starts and ends count at none.",
        severity=WARNING,
        show=_SHOWN,
    ),
]
