"""Weather and demand: one row per city and local hour."""

from __future__ import annotations

from bronze.expectations.rules import WARNING, broken_rows, columns, columns_are, not_empty, unique

_KEY = ("city", "trip_date", "trip_hour")

RULES = [
    not_empty("This mart feeds the page on weather."),
    columns_are(
        [
            "trip_month", "trip_date", "trip_hour", "city", "trips", "member_trips", "casual_trips",
            "temperature_c", "apparent_temperature_c", "precipitation_mm", "snowfall_cm", "wind_speed_kmh",
            "cloud_cover_pct", "temperature_band", "rain_band", "wind_band",
        ],
        "Pages and notebooks read these columns by name.",
    ),
    unique(*_KEY, reason="An hour listed twice, as the doubled autumn hour may be, counts its trips twice."),
    columns.every_trip("Hours lost in matching trips with the weather would be the interesting ones."),
    columns.trip_day("trip_hour", show=("trip_month", *_KEY)),
    columns.trip_hour(),
    columns.city(),
    broken_rows(
        "parts",
        "members' and casual trips are among the trips",
        "coalesce(trips, -1) < 0 or coalesce(member_trips, -1) < 0 or coalesce(casual_trips, -1) < 0 "
        "or member_trips + casual_trips > trips",
        reason="A part larger than the whole means that rows were counted in different ways.",
        show=(*_KEY, "trips", "member_trips", "casual_trips"),
    ),
    broken_rows(
        "ranges",
        "weather is possible: -40 to 50 °C, 0 to 200 mm, 0 to 250 km/h",
        "temperature_c not between -40 and 50 or precipitation_mm not between 0 and 200 "
        "or wind_speed_kmh not between 0 and 250",
        reason="Outside this a unit was not converted; a few such hours are the upstream's.",
        tolerance=0.01,
        show=(*_KEY, "temperature_c", "precipitation_mm", "wind_speed_kmh"),
    ),
    broken_rows(
        "bands",
        "hours with a temperature are in a band of temperature, and those with precipitation in one of rain",
        "(temperature_c is not null and temperature_band is null) "
        "or (precipitation_mm is not null and rain_band is null)",
        reason="An hour in no band is missing from the comparison.",
        show=(*_KEY, "temperature_c", "temperature_band", "precipitation_mm", "rain_band"),
    ),
    broken_rows(
        "weather",
        "nearly every hour has weather",
        "temperature_c is null",
        reason="Hours without weather are left out of the comparison.",
        severity=WARNING,
        tolerance=0.1,
        show=_KEY,
    ),
]  # fmt: skip
