"""Weather as answered: one version of one place and month, hourly, asked in GMT with a day's margin."""

from __future__ import annotations

from bronze.expectations.rules import (
    FINDING,
    WARNING,
    Rule,
    between,
    broken_query,
    broken_rows,
    columns_are,
    in_set,
    not_empty,
    unique,
)
from bronze.expectations.rules.columns import place

#: Units that silver knows how to convert, by variable.
UNITS = {
    "temperature_2m": ("°C", "°F"),
    "apparent_temperature": ("°C", "°F"),
    "relative_humidity_2m": ("%",),
    "precipitation": ("mm", "inch"),
    "rain": ("mm", "inch"),
    "snowfall": ("cm", "inch"),
    "wind_speed_10m": ("km/h", "mp/h", "mph", "m/s", "kn"),
    "wind_gusts_10m": ("km/h", "mp/h", "mph", "m/s", "kn"),
    "cloud_cover": ("%",),
    "weather_code": ("wmo code",),
}
IN_MONTH = "left(time, 7) = right(batch, 7)"
#: What the hours of the local month are made of: sums are published with the hour after, up to 05:00 GMT.
_NEEDED = (
    "time between right(batch, 7) || '-01T00:00' and strftime("
    "try_cast(right(batch, 7) || '-01' as timestamp) + interval 1 month + interval 5 hour, '%Y-%m-%dT%H:%M')"
)
CELSIUS = "case temperature_2m_unit when '°F' then (temperature_2m - 32) / 1.8 else temperature_2m end"


def _converted(variable: str, unit: str, factor: float) -> str:
    return f"case {variable}_unit when '{unit}' then {variable} * {factor} else {variable} end"


def _kmh(variable: str) -> str:
    return (
        f"{variable} * case {variable}_unit when 'mp/h' then 1.609 when 'mph' then 1.609 "
        f"when 'm/s' then 3.6 when 'kn' then 1.852 else 1 end"
    )


def _filled(variable: str, reason: str) -> Rule:
    """Return the critical rule that `variable` is missing in at most a tenth of the hours, within the month."""
    return broken_rows(
        f"filled_{variable}",
        f"{variable} is there for nearly every hour of the month",
        f"{variable} is null and {IN_MONTH}",
        reason=reason,
        tolerance=0.1,
        show=("time", variable),
    )


def _known(variable: str, reason: str) -> Rule:
    """Return a warning that `variable` is missing in an hour that the local month is made of."""
    return broken_rows(
        f"filled_{variable}",
        f"{variable} is there for every hour of the month",
        f"{variable} is null and {_NEEDED}",
        reason=reason,
        severity=WARNING,
        show=("time", variable),
    )


RULES = [
    not_empty("A month without weather would drop out of every comparison by weather."),
    columns_are(
        [
            "location", "latitude", "longitude", "elevation", "utc_offset_seconds", "timezone",
            "timezone_abbreviation", "time",
            *(name for variable in UNITS for name in (variable, f"{variable}_unit")),
            "source_record", "other_fields", "batch", "version",
        ],
        "Silver reads these columns by name; a variable that changed its name would turn into nulls.",
    ),
    broken_rows(
        "gmt",
        "the answer is in GMT (utc_offset_seconds is 0)",
        "utc_offset_seconds is distinct from 0",
        reason="The upstream gives one offset for a whole answer, so local answers are an hour off for half "
        "of the year.",
        show=("time", "utc_offset_seconds", "timezone"),
    ),
    broken_rows(
        "time_format",
        "hours are written as YYYY-MM-DDTHH:MM",
        r"not coalesce(regexp_full_match(time, '\d{4}-\d{2}-\d{2}T\d{2}:\d{2}'), false) "
        "or try_cast(time as timestamp) is null",
        reason="An hour that cannot be read cannot be matched with trips.",
        show=("time",),
    ),
    place(
        "Weather of another place looks as good: a digit of the question is wrong, or its numbers are exchanged.",
        show=("location", "latitude", "longitude"),
    ),
    unique("time", reason="An hour answered twice would count its rain twice in the day's total."),
    broken_query(
        "hours_complete",
        "every hour of the month in New York time is answered",
        # 5 hours more than the GMT month: the last local evening ends in the next month
        """
        select strftime(hour, '%Y-%m-%dT%H:%M') as missing_hour
        from (
            select unnest(generate_series(
                min(cast(right(batch, 7) || '-01' as timestamp)),
                min(cast(right(batch, 7) || '-01' as timestamp)) + interval 1 month + interval 4 hour,
                interval 1 hour
            )) as hour
            from {batch}
        )
        where strftime(hour, '%Y-%m-%dT%H:%M') not in (select time from {batch} where time is not null)
        """,
        reason="A day with missing hours gets a wrong mean and too little rain.",
        counts="hours missing",
    ),
    broken_rows(
        "units",
        "every unit is one that silver converts",
        " or ".join(
            f"({variable} is not null "
            f"and coalesce({variable}_unit, '') not in ({', '.join(map(repr, units))}))"
            for variable, units in UNITS.items()
        ),
        reason="A number without a known unit cannot be compared: 30 is a hot day or a frosty one.",
        show=("time", *(f"{variable}_unit" for variable in UNITS)),
    ),
    broken_rows(
        "temperature_range",
        "temperatures lie between -40 and 50 °C",
        f"{CELSIUS} not between -40 and 50",
        reason="New York has never seen such a temperature: the unit or the place is wrong.",
        show=("time", "temperature_2m", "temperature_2m_unit"),
    ),
    broken_query(
        "temperature_mean",
        "the month's mean temperature lies between -15 and 33 °C",
        f"""
        select round(avg({CELSIUS}), 1) as mean_temperature_c from {{batch}}
        having avg({CELSIUS}) not between -15 and 33
        """,
        reason="Fahrenheit under the name of Celsius passes hour by hour in winter, but not on average.",
        counts=FINDING,
    ),
    broken_rows(
        "precipitation_range",
        "precipitation lies between 0 and 200 mm an hour",
        f"{_converted('precipitation', 'inch', 25.4)} not between 0 and 200",
        reason="More than any hour on record, or less than nothing: the unit or the variable is wrong.",
        show=("time", "precipitation", "precipitation_unit"),
    ),
    _filled(
        "temperature_2m",
        "Without temperatures the month has no weather at all; the upstream may fill it in later.",
    ),
    _filled(
        "precipitation",
        "Without precipitation wet days would look like bad days for bikes; the upstream may fill it in "
        "later.",
    ),
    broken_rows(
        "days_known",
        "every hour of the month has its temperature and precipitation",
        f"(temperature_2m is null or precipitation is null) and {_NEEDED}",
        reason="A day with an unknown hour has no total and no mean; the upstream may fill it in later.",
        severity=WARNING,
        show=("time", "temperature_2m", "precipitation"),
    ),
    _known("apparent_temperature", "The felt temperature is shown, not compared; blanks are visible."),
    _known("rain", "A day with an unknown hour has no total of rain."),
    _known("snowfall", "A day with an unknown hour has no total of snow."),
    _known("wind_speed_10m", "Comparisons by wind leave these hours out, and their days have no mean."),
    _known("relative_humidity_2m", "Humidity is shown, not compared; blanks are visible."),
    _known("wind_gusts_10m", "Gusts are shown, not compared; blanks are visible."),
    _known("cloud_cover", "Comparisons by cloud cover leave these hours out, and their days have no mean."),
    _known("weather_code", "The code is shown, not compared; blanks are visible."),
    broken_rows(
        "wind_range",
        "wind and gusts lie between 0 and 250 km/h",
        f"{_kmh('wind_speed_10m')} not between 0 and 250 or {_kmh('wind_gusts_10m')} not between 0 and 250",
        reason="Stronger than any hurricane here: the unit is likely to be wrong.",
        severity=WARNING,
        show=("time", "wind_speed_10m", "wind_speed_10m_unit", "wind_gusts_10m", "wind_gusts_10m_unit"),
    ),
    broken_rows(
        "other_ranges",
        "rain and snow lie between 0 and 200 mm and cm, and the felt temperature between -70 and 70 °C",
        f"{_converted('rain', 'inch', 25.4)} not between 0 and 200 "
        f"or {_converted('snowfall', 'inch', 2.54)} not between 0 and 200 "
        f"or {CELSIUS.replace('temperature_2m', 'apparent_temperature')} not between -70 and 70",
        reason="A sentinel such as -999, or another unit: silver takes the value for unknown.",
        severity=WARNING,
        show=("time", "rain", "snowfall", "apparent_temperature"),
    ),
    between("relative_humidity_2m", 0, 100, reason="A share cannot be outside 0 to 100 %.", severity=WARNING),
    between("cloud_cover", 0, 100, reason="A share cannot be outside 0 to 100 %.", severity=WARNING),
    between("weather_code", 0, 99, reason="WMO codes have two digits at most.", severity=WARNING),
    in_set("timezone", ["GMT", "UTC"], reason="Asked in GMT; another name hints at a changed upstream.",
           severity=WARNING),
]  # fmt: skip
