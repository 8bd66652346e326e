"""Lengths of trips: one row per local day, city, kind of rider, kind of bike and length."""

from __future__ import annotations

from bronze.expectations.rules import between, columns, columns_are, not_empty, unique

_KEY = ("trip_date", "city", "member_type", "bike_type", "minutes")

RULES = [
    not_empty("Medians of the first page come from this mart."),
    columns_are(["trip_month", *_KEY, "trips"], "Pages read these columns by name."),
    unique(*_KEY, reason="A length listed twice counts its trips twice."),
    columns.every_ride(),
    columns.trip_day(show=("trip_month", *_KEY)),
    columns.city(),
    columns.member_type(),
    columns.bike_type(),
    between("minutes", 1, 1440, reason="Shorter ones are false starts, and longer ones lost bikes."),
    columns.some_trip("A row without trips is no length that anybody rode.", show=(*_KEY, "trips")),
]
