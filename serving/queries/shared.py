"""Questions that more than one page asks."""

from __future__ import annotations

from datetime import date

from serving.reader import Reader

#: Days on which a city was in service, for a `with` clause. The weather mart has a row for every hour of
#: them, whether anybody rode or not; days with a few stray trips of another month's file have fewer.
COVERED = """
covered as (
    select city, trip_date
    from gold.mart_weather_effect
    where ($city is null or city = $city)
    group by city, trip_date
    having count(*) >= 23
)
"""


def bounds(reader: Reader) -> tuple[date, date] | None:
    """Return the first and last day with trips, or None if there is none."""
    first, last = reader.ask("select min(trip_date), max(trip_date) from gold.mart_demand_daily").row(0)
    return (first, last) if first else None
