"""Questions of the Holidays page."""

from __future__ import annotations

from datetime import date

import polars as pl

from analysis import stats
from lake.words import many
from serving.filters import Filters
from serving.findings import changed
from serving.reader import Reader


def impact(reader: Reader, chosen: Filters) -> pl.DataFrame:
    """Return the chosen holidays against comparable days, by date and city.

    Columns: holiday_date, holiday_name, city, trips, comparable_days, comparable_mean, change, low and high
    (shares of the comparable mean, -0.2 is a fifth fewer; low and high bound the 95 % interval, null where
    there is none). Holidays without anything to
    compare with are left out. Riders not known have no comparison of their own.
    """
    return reader.ask(
        """
        select holiday_date, holiday_name, city, trips, comparable_days,
            round(comparable_mean, 1) as comparable_mean,
            round(difference / comparable_mean, 4) as change,
            round(interval_low / comparable_mean, 4) as low,
            round(interval_high / comparable_mean, 4) as high
        from gold.mart_holiday_impact
        where holiday_date between $first and $last
            and ($city is null or city = $city)
            and member_type = coalesce($member, 'all')
            and comparable_mean > 0
        order by holiday_date, city
        """,
        **chosen.parameters,
    )


def why_none(reader: Reader) -> str:
    """Say why a choice has no holiday: none is known to the snapshot, or none of the choice can be compared."""
    if reader.ask("from gold.mart_covered_days where is_holiday limit 1").is_empty():
        return (
            "None of the days that are covered is known as a public holiday. Should one of them be one, Lake health says what "
            "became of the batches of holidays."
        )
    return "No public holiday with days to compare it with lies in this choice. Choose other dates, riders or cities."


def told(reader: Reader, chosen: Filters) -> str:
    """Say what the chosen holidays did to trips: the sentence of the page.

    Cities celebrate together: of one day there is one figure, of their trips added up.

    Raises:
        TooLittleDataError: there are no two holidays with days to compare.
    """
    known = impact(reader, chosen).filter(pl.col("comparable_days") >= 2, pl.col("trips") > 0)
    by_day = known.group_by("holiday_date", maintain_order=True).agg(
        pl.col("trips", "comparable_mean").sum(),
        clear=((pl.col("low") > 0) | (pl.col("high") < 0)).any(),
    )
    clear = by_day["clear"].sum()
    effect = stats.mean_ratio("public holidays", by_day["trips"], by_day["comparable_mean"])
    return changed(
        "A public holiday",
        effect,
        f"{many(by_day.height, 'holiday')}, of which {clear or 'none'} {'stand' if clear > 1 else 'stands'} out alone",
    )


def hourly(reader: Reader, chosen: Filters, holiday: date, city: str) -> pl.DataFrame:
    """Return a holiday hour by hour beside its comparable days: those of `gold.mart_holiday_impact`.

    Columns: trip_hour, trips (on the holiday), usual (mean), low and high (least and most) of the comparable
    days, days (how many they are).
    """
    return reader.ask(
        """
        with days as (
            select trip_date from gold.mart_covered_days
            where city = $city and abs(date_diff('day', $holiday, trip_date)) <= 28
                and isodow(trip_date) = isodow(cast($holiday as date))
                and (trip_date = $holiday or not is_holiday)
        ),
        counted as (
            select trip_date, trip_hour, sum(trips) as trips
            from gold.mart_demand_hourly
            where city = $city and abs(date_diff('day', $holiday, trip_date)) <= 28
                and ($member is null or member_type = $member) and ($bike is null or bike_type = $bike)
            group by all
        ),
        filled as (
            select trip_date, hours.trip_hour, coalesce(trips, 0) as trips
            from days cross join range(24) as hours (trip_hour)
            left join counted using (trip_date, trip_hour)
        )
        select trip_hour::integer as trip_hour,
            coalesce(sum(trips) filter (where trip_date = $holiday), 0)::bigint as trips,
            round(avg(trips) filter (where trip_date <> $holiday), 2) as usual,
            min(trips) filter (where trip_date <> $holiday)::bigint as low,
            max(trips) filter (where trip_date <> $holiday)::bigint as high,
            count(*) filter (where trip_date <> $holiday) as days
        from filled
        group by trip_hour
        having days > 0
        order by trip_hour
        """,
        **(chosen.parameters | {"city": city, "holiday": holiday}),
    )
