"""Figures of the Availability page: orange has no bikes, blue has no docks."""

from __future__ import annotations

import polars as pl
from plotly.graph_objects import Bar, Figure, Heatmap, Scatter

from serving.figures.axes import columns_axis
from serving.figures.outline import BEHIND as BEHIND
from serving.figures.outline import on_a_map
from serving.figures.style import BLUE, FEWER_MORE, ORANGE, SCALE_ON_TOP, distinct, finished

_KINDS = (("empty_pct", "no bike", ORANGE), ("full_pct", "no dock", BLUE))


def station_map(frame: pl.DataFrame) -> Figure:
    """Draw `availability.stations` with a place: size by the time without bikes or docks, colour by which of them."""
    lean = frame["full_pct"] - frame["empty_pct"]
    most = max(float(lean.abs().quantile(0.95, "higher") or 0), 1.0)
    lacks = (frame["empty_pct"] + frame["full_pct"]).clip(upper_bound=100)
    figure = Figure(
        Scatter(
            x=frame["longitude"].to_list(),
            y=frame["latitude"].to_list(),
            mode="markers",
            marker={
                "size": [6 + 2.2 * one**0.5 for one in lacks],
                "color": lean.to_list(),
                # No dock is more, on the right.
                "colorscale": FEWER_MORE,
                "cmin": -most,
                "cmax": most,
                "opacity": 0.85,
                "line_width": 0,
                "colorbar": {
                    **SCALE_ON_TOP,
                    "title": {"text": "% without docks less % without bikes", "side": "top"},
                },
            },
            text=frame["station_name"].to_list(),
            customdata=frame.select("empty_pct", "full_pct", "hours_in_service").rows(),
            hovertemplate="<b>%{text}</b><br>no bike %{customdata[0]:.1f} %, no dock %{customdata[1]:.1f} %"
            "<br>of %{customdata[2]:,.1f} hours in service<extra></extra>",
            showlegend=False,
        )
    )
    ends = ((min(frame[place]), max(frame[place])) for place in ("latitude", "longitude"))
    return on_a_map(figure, *ends)


def longest(frame: pl.DataFrame, measure: str) -> Figure:
    """Draw stations by `empty_pct` or `full_pct`, the first on top."""
    _, name, colour = next(one for one in _KINDS if one[0] == measure)
    # Of the feed's ids a few letters tell two apart; what stands on the station is its short name.
    called = frame.with_columns(
        called=pl.when(pl.struct("station_name", "short_name").is_unique())
        .then("short_name")
        .otherwise(pl.col("station_id").str.head(4))
    )
    figure = Figure(
        Bar(
            y=distinct(called, "called"),
            x=frame[measure].to_list(),
            orientation="h",
            marker_color=colour,
            customdata=frame["hours_in_service"].to_list(),
            hovertemplate=f"%{{y}}: {name} %{{x:.1f}} % of %{{customdata:,.1f}} hours<extra></extra>",
        )
    )
    figure = finished(figure, f"% of the time, {name}", "", height=110 + 28 * frame.height)
    figure.update_xaxes(rangemode="tozero", nticks=5)
    return figure.update_yaxes(autorange="reversed")


def day(frame: pl.DataFrame) -> Figure:
    """Draw `availability.by_hour`: the day's course, Monday to Friday drawn through and weekends dotted."""
    figure = Figure()
    every = pl.DataFrame({"status_hour": range(24)}, schema={"status_hour": frame["status_hour"].dtype})
    for (kind,), asked in frame.group_by("kind", maintain_order=True):
        # Hours in which nobody asked are gaps.
        part = every.join(asked, on="status_hour", how="left", maintain_order="left")
        for measure, name, colour in _KINDS:
            figure.add_scatter(
                x=part["status_hour"].to_list(),
                y=part[measure].to_list(),
                name=f"{name}, {kind}",
                mode="lines+markers",
                marker={"size": 4},
                line={
                    "color": colour,
                    "width": 2,
                    "dash": "dot" if kind == "weekend" else "solid",
                },
                customdata=part["days"].to_list(),
                hovertemplate="%{y:.1f} %, %{customdata} days",
            )
    figure = finished(figure, "hour of the day", "% of the time in service", height=360)
    figure.update_yaxes(rangemode="tozero")
    return figure.update_layout(hovermode="x unified").update_xaxes(dtick=3, range=[-0.5, 23.5])


def by_flow(frame: pl.DataFrame) -> Figure:
    """Draw `availability.by_flow`: minutes without a bike, more or fewer than usual at the station."""
    minutes = frame["minutes"].to_list()
    figure = Figure(
        Bar(
            y=[f"{bar}<br>{hours:,} h" for bar, hours in frame.select("bar", "hours").rows()],
            x=minutes,
            orientation="h",
            marker_color=[ORANGE if one > 0 else BLUE for one in minutes],
            hovertemplate="%{y}: %{x:+.2f} minutes<extra></extra>",
        )
    )
    figure = finished(figure, "minutes without a bike, off the usual", "", height=110 + 38 * frame.height)
    return figure.update_yaxes(autorange="reversed", type="category").update_xaxes(nticks=5)


def observed(frame: pl.DataFrame) -> Figure:
    """Draw `availability.observed`: of which hours of which days there are answers, in minutes; blank is none."""
    days = frame["status_date"].unique().sort()
    known = {(day, hour): min(minutes, 60) for day, hour, minutes, *_ in frame.iter_rows()}
    figure = Figure(
        Heatmap(
            x=days.cast(pl.String).to_list(),
            y=list(range(24)),
            z=[[known.get((day, hour)) for day in days] for hour in range(24)],
            colorscale="Cividis",
            zmin=0,
            zmax=60,
            colorbar={**SCALE_ON_TOP, "title": {"text": "minutes observed", "side": "top"}},
            hovertemplate="%{x} %{y}:00: %{z:.0f} minutes<extra></extra>",
            hoverongaps=False,
        )
    )
    figure = finished(figure, "", "hour of the day", height=380).update_yaxes(dtick=3, showgrid=False)
    figure.update_yaxes(range=[-0.5, 23.5])
    return columns_axis(figure, days).update_xaxes(showgrid=False)
