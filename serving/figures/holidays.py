"""Figures of the Holidays page."""

from __future__ import annotations

import polars as pl
from plotly.graph_objects import Figure

from serving.figures.axes import most_of
from serving.figures.style import COLOUR_OF, GREY, ORANGE, finished, short, translucent
from serving.filters import CITIES, day


def holidays(frame: pl.DataFrame) -> Figure:
    """Draw `holidays.impact`: each holiday's change against comparable days, with its 95 % interval."""
    named = frame.select("holiday_date", "holiday_name").unique().sort("holiday_date").rows()
    places = {when: number for number, (when, _) in enumerate(named)}
    cities = frame["city"].unique().sort().to_list()
    figure = Figure()
    for number, city in enumerate(cities):
        part = frame.filter(pl.col("city") == city)
        change = 100 * part["change"]
        # Two cities' points lie one above the other and not on each other.
        aside = 0.16 * (2 * number - 1) if len(cities) > 1 else 0.0
        figure.add_scatter(
            x=change.to_list(),
            y=[places[when] + aside for when in part["holiday_date"]],
            name=CITIES[city],
            mode="markers",
            marker={
                "size": 10,
                "color": COLOUR_OF[city],
                "symbol": {"nyc": "circle", "jc": "diamond"}[city],
            },
            error_x={
                "type": "data",
                "symmetric": False,
                "array": (100 * part["high"] - change).to_list(),
                "arrayminus": (change - 100 * part["low"]).to_list(),
                "thickness": 1.5,
            },
            customdata=part.select("holiday_name", "trips", "comparable_mean", "comparable_days").rows(),
            hovertemplate="%{customdata[0]}: %{x:+.0f} %, %{customdata[1]:,} trips, "
            "usually %{customdata[2]:,.0f} (%{customdata[3]} days)",
        )
    figure.add_vline(x=0, line={"color": GREY, "dash": "dot"})
    height = 120 + 52 * len(named)
    figure = finished(figure, "change of trips, %", "", height=height)
    figure.update_xaxes(range=[-105, most_of(100 * frame["change"])])
    return figure.update_yaxes(
        tickvals=list(places.values()),
        ticktext=[f"{short(name, 22)}<br>{day(when)}" for when, name in named],
        range=[len(named) - 0.4, -0.6],
    )


def holiday_hours(frame: pl.DataFrame) -> Figure:
    """Draw `holidays.hourly`: the holiday's hours over those of comparable days."""
    hours, days = frame["trip_hour"].to_list(), frame["days"][0]
    figure = Figure()
    figure.add_scatter(
        x=hours + hours[::-1],
        y=frame["high"].to_list() + frame["low"].to_list()[::-1],
        name=f"least to most of {days} comparable day{'s' * (days > 1)}",
        fill="toself",
        fillcolor=translucent(GREY, 0.25),
        line_width=0,
        mode="lines",
        hoverinfo="skip",
    )
    for column, name, colour in (("usual", "their mean", GREY), ("trips", "the holiday", ORANGE)):
        figure.add_scatter(
            x=hours,
            y=frame[column].to_list(),
            name=name,
            mode="lines",
            line={"color": colour, "width": 2.5},
        )
    figure = finished(figure, "hour of the day", "trips an hour").update_yaxes(tickformat=",")
    return figure.update_layout(hovermode="x unified").update_xaxes(dtick=3)
