"""Figures of the Demand page."""

from __future__ import annotations

import polars as pl
from plotly.graph_objects import Figure, Heatmap

from serving.figures.axes import counts_axis, month_after, months_axis
from serving.figures.style import (
    BLUE,
    COLOUR_OF,
    DAYS,
    GREEN,
    ORANGE,
    PURPLE,
    SCALE_ON_TOP,
    finished,
    hour_grid,
)
from serving.filters import CITIES, MEMBERS


def week_heat(frame: pl.DataFrame) -> Figure:
    """Draw `demand.week_hours`: mean trips by hour and day of the week."""
    grid = hour_grid(frame, "day_of_week", list(range(1, 8)), "trips")
    figure = Figure(
        Heatmap(
            x=list(range(24)),
            y=DAYS,
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
        points: list[tuple[str, float | None, int | None]] = []
        for month, trips, days in whole.select("trip_month", "trips", "days").iter_rows():
            if points and (after := month_after(points[-1][0])) != month:
                # A month that no city has is not on the axis.
                points.append((after if after in months else points[-1][0], None, None))
            points.append((month, trips, days))
        x, y, days_of = (list(one) for one in zip(*points, strict=True))
        figure.add_scatter(
            x=x,
            y=y,
            name=CITIES[str(city)],
            mode="lines+markers",
            line_color=COLOUR_OF[str(city)],
            customdata=days_of,
            hovertemplate="%{y:,.0f} a day, over %{customdata} days",
        )
    figure = months_axis(finished(figure, "", "", height=320), months)
    counts_axis(figure, frame["trips"], "mean trips a day")
    return figure.update_layout(hovermode="x unified")


def durations(frame: pl.DataFrame) -> Figure:
    """Draw `demand.durations`: the share of each kind's trips by minutes, with its median."""
    return _spread(frame, "minutes", "min", "minutes, 60 for an hour and more").update_xaxes(dtick=10)


def distances(frame: pl.DataFrame) -> Figure:
    """Draw `demand.distances`: the share of each kind's trips by kilometres, with its median."""
    return _spread(frame, "kilometres", "km", "kilometres, 8 for that and more")


def _spread(frame: pl.DataFrame, measure: str, unit: str, title: str) -> Figure:
    """Draw a distribution by kind of rider.

    A kind with less than a hundredth of the trips is left out: a handful of them makes towers.
    """
    kinds = frame.with_columns(every=pl.col("trips").sum().over("member_type"))
    frame = kinds.filter(pl.col("every") >= pl.col("trips").sum() / 100)
    figure = Figure()
    for (kind,), part in frame.group_by("member_type", maintain_order=True):
        colour, median = COLOUR_OF[str(kind)], part["median"][0]
        figure.add_scatter(
            x=part[measure].to_list(),
            y=(100 * part["share"]).to_list(),
            name=f"{MEMBERS[str(kind)]}, median {median:.1f} {unit}",
            mode="lines",
            line={"color": colour, "width": 2, "shape": "hv", "dash": "dot" if kind == "casual" else "solid"},
            customdata=part["trips"].to_list(),
            hovertemplate="%{y:.1f} %, %{customdata:,} trips",
        )
        figure.add_vline(x=median, line={"color": colour, "width": 1, "dash": "dash"})
    figure = finished(figure, title, "share of trips, %", height=320)
    return figure.update_layout(hovermode="x unified").update_yaxes(rangemode="tozero")
