"""Figures of the Demand page."""

from __future__ import annotations

import polars as pl
from plotly.graph_objects import Figure, Heatmap

from serving.figures.style import BLUE, COLOUR_OF, GREEN, ORANGE, PURPLE, SCALE_ON_TOP, finished, hour_grid
from serving.filters import CITIES

_DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]


def week_heat(frame: pl.DataFrame) -> Figure:
    """Draw `demand.week_hours`: mean trips by hour and day of the week."""
    grid = hour_grid(frame, "day_of_week", list(range(1, 8)), "trips")
    figure = Figure(
        Heatmap(
            x=list(range(24)),
            y=_DAYS,
            z=grid,
            colorscale="Cividis",
            colorbar={**SCALE_ON_TOP, "title": {"text": "trips an hour", "side": "top"}},
            hovertemplate="%{y} %{x}:00 – %{x}:59: %{z:,.1f} trips<extra></extra>",
            xgap=1,
            ygap=1,
        )
    )
    figure = finished(figure, "hour of the day", "", height=340)
    return figure.update_yaxes(autorange="reversed").update_xaxes(dtick=3)


def season_hours(frame: pl.DataFrame) -> Figure:
    """Draw `demand.day_hours`: the day's course by season, working days drawn through and days off dotted."""
    colours = {"winter": BLUE, "spring": GREEN, "summer": ORANGE, "autumn": PURPLE}
    first = {season: (season, kind) for season, kind in frame.select("season", "kind").rows()[::-1]}
    figure = Figure()
    for (season, kind), part in frame.group_by("season", "kind", maintain_order=True):
        figure.add_scatter(
            x=part["trip_hour"].to_list(),
            y=part["trips"].to_list(),
            name=str(season),
            legendgroup=str(season),
            showlegend=(season, kind) == first[season],
            mode="lines",
            hovertemplate=f"{season}, {kind}: %{{y:,.0f}} (mean of {part['days'][0]} days)<extra></extra>",
            line={
                "color": colours[str(season)],
                "width": 2,
                "dash": "solid" if kind == "working day" else "dot",
            },
        )
    figure = finished(figure, "hour of the day", "mean trips an hour", height=320)
    figure.update_yaxes(tickformat=",")
    return figure.update_xaxes(dtick=3).update_layout(hovermode="x unified")


def cities(frame: pl.DataFrame) -> Figure:
    """Draw `demand.cities`: mean trips a day by month and city, on a scale on which ratios compare.

    No line goes across a month that a city lacks.
    """
    months = set(frame["trip_month"])
    figure = Figure()
    for (city,), whole in frame.group_by("city", maintain_order=True):
        gaps = [
            after for one in whole["trip_month"] if (after := _after(one)) not in set(whole["trip_month"])
        ]
        gaps = [one for one in gaps if one < str(whole["trip_month"].max())]
        months.update(gaps)
        part = pl.concat([whole, pl.DataFrame({"trip_month": gaps})], how="diagonal").sort("trip_month")
        figure.add_scatter(
            x=part["trip_month"].to_list(),
            y=part["trips"].to_list(),
            name=CITIES[str(city)],
            mode="lines+markers",
            line_color=COLOUR_OF[str(city)],
            customdata=part["days"].to_list(),
            hovertemplate="%{y:,.0f} a day, over %{customdata} days",
        )
    figure = finished(figure, "", "mean trips a day, log scale", height=320)
    figure.update_xaxes(type="category", categoryorder="array", categoryarray=sorted(months))
    ticks = _log_ticks(frame["trips"])
    figure.update_yaxes(type="log", tickvals=ticks, ticktext=[f"{value:,}" for value in ticks])
    return figure.update_layout(hovermode="x unified")


def _after(month: str) -> str:
    """Return the month after one, both as YYYY-MM."""
    number = 12 * int(month[:4]) + int(month[5:])
    return f"{number // 12}-{number % 12 + 1:02}"


def _log_ticks(values: pl.Series) -> list[int]:
    """Return round numbers on a log scale, from just below the least value to just above the greatest."""
    positive = values.filter(values > 0)
    low, high = (positive.min(), positive.max()) if len(positive) else (1, 1)
    ticks = [lead * 10**power for power in range(9) for lead in (1, 2, 5)]
    return [tick for tick in ticks if tick * 2.5 > low and tick < high * 2.5]  # type: ignore[operator]
