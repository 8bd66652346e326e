"""Distances of trips: one row per local day, city, kind of rider, kind of bike and distance."""

from __future__ import annotations

from bronze.expectations.rules import between, columns, columns_are, not_empty, unique

_KEY = ("trip_date", "city", "member_type", "bike_type", "kilometres")

RULES = [
    not_empty("Medians of the page of demand come from this mart."),
    columns_are(["trip_month", *_KEY, "trips"], "Pages read these columns by name."),
    unique(*_KEY, reason="A distance listed twice counts its trips twice."),
    columns.every_ride(),
    columns.trip_day(show=("trip_month", *_KEY)),
    columns.city(),
    columns.member_type(),
    columns.bike_type(),
    between(
        "kilometres",
        0,
        200,
        reason="No station with a place lies farther away; null is an end without one.",
    ),
    columns.some_trip("A row without trips is no distance that anybody rode.", show=(*_KEY, "trips")),
]
