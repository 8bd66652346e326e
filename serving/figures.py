"""Figures of the pages: Plotly, one look. Titles stand above them as text, which wraps on a phone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from math import log2

import polars as pl
from plotly.graph_objects import Bar, Figure, Heatmap, Scatter, Scattermap

from serving.filters import BIKES, CITIES, MEMBERS, day

#: Told apart by people who see colours differently (Okabe and Ito, 2008), and on white as on near-black.
BLUE, ORANGE, GREEN, PURPLE, GREY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#8A8A8A"
#: Thin lines: seen on near-black, where a pale blue of the above is not.
SKY = "#56B4E9"
COLOURS = [BLUE, ORANGE, GREEN, PURPLE]
#: Fewer, none, more: the middle is seen on light and dark.
FEWER_MORE = [[0, ORANGE], [0.5, "#9A9A9A"], [1, BLUE]]
_DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
_KIND_COLOURS = {"working day": BLUE, "day off": ORANGE}
#: The same value has the same colour on every page.
_NAMES = {**MEMBERS, **BIKES, "unknown": "Not known"}
_COLOUR_OF = {"member": BLUE, "casual": ORANGE, "classic": GREEN, "electric": PURPLE, "unknown": GREY}
#: The scale of a heat map lies on top of it, and leaves the width of a phone to the cells.
_SCALE_ON_TOP = {
    "orientation": "h",
    "thickness": 10,
    "len": 0.6,
    "x": 0,
    "xanchor": "left",
    "y": 1.01,
    "yanchor": "bottom",
}


def _finished(figure: Figure, x: str, y: str, *, height: int = 340) -> Figure:
    figure.update_layout(
        height=height,
        margin={"l": 10, "r": 10, "t": 34, "b": 10},
        colorway=COLOURS,
        legend={"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0, "title": None},
        hoverlabel={"namelength": -1},
        barcornerradius=2,
    )
    # An empty title would take the room of one.
    figure.update_xaxes(title=x or None, automargin=True)
    return figure.update_yaxes(title=y or None, automargin=True)


def _translucent(colour: str, alpha: float) -> str:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha})"


def _gaps(frame: pl.DataFrame) -> list[tuple[date, date]]:
    """Return the last day before and the first after each gap of more than a month."""
    ends = frame.group_by("stretch", maintain_order=True).agg(
        first=pl.col("trip_date").min(), last=pl.col("trip_date").max()
    )
    pairs = zip(ends["last"][:-1], ends["first"][1:], strict=True)
    return [(last, first) for last, first in pairs if (first - last).days > 31]


def _cut(figure: Figure, days: Sequence[date], gaps: Sequence[tuple[date, date]]) -> None:
    """Cut gaps out of a date axis, so that empty years take no room; a line stands where one was.

    Plotly's own ticks know nothing of the cuts and leave stretches without one. Here every stretch has the
    month of its middle, as far as they do not overlap on a phone, and then as many months more as fit.
    """
    # What is left of a gap on either side, so that one sees that there is one.
    rest = timedelta(max(1, len(days) // 120))
    figure.update_xaxes(
        rangebreaks=[{"bounds": [str(last + rest), str(first - rest)]} for last, first in gaps]
    )
    for last, _ in gaps:
        figure.add_vline(x=str(last + rest), line={"color": GREY, "width": 1, "dash": "dot"}, opacity=0.6)
    starts = [0, *(days.index(first) for _, first in gaps), len(days)]
    wanted = [(start + end) // 2 for start, end in pairwise(starts)]
    wanted += [place for place, one in enumerate(days) if one.day == 15]
    chosen: list[int] = []
    for place in wanted:
        if all(abs(place - other) >= len(days) / 9 for other in chosen):
            chosen.append(place)
    ticks = [days[place] for place in sorted(chosen)]
    figure.update_xaxes(
        tickvals=[str(one) for one in ticks],
        ticktext=[f"{one:%b}<br>{one:%Y}" for one in ticks],
        tickangle=0,
        tickfont_size=10,
    )


def trend(frame: pl.DataFrame) -> Figure:
    """Draw `demand.trend`: trips a day, their rolling mean, holidays; gaps in the data stay gaps."""
    figure = Figure()
    for (number,), part in frame.group_by("stretch", maintain_order=True):
        days = part["trip_date"].to_list()
        first = number == frame["stretch"][0]
        # A line needs two days.
        mode = "lines" if part.height > 1 else "markers"
        figure.add_scatter(
            x=days,
            y=part["trips"].to_list(),
            name="a day",
            legendgroup="day",
            showlegend=first,
            mode=mode,
            line={"color": _translucent(SKY, 0.8), "width": 1},
            marker_color=BLUE,
        )
        figure.add_scatter(
            x=days,
            y=part["week"].to_list(),
            name="mean of 7 days",
            legendgroup="week",
            showlegend=first,
            mode="lines",
            line={"color": BLUE, "width": 2.5},
        )
    free = frame.filter(pl.col("holiday_name").is_not_null())
    if free.height:
        figure.add_scatter(
            x=free["trip_date"].to_list(),
            y=free["trips"].to_list(),
            name="holiday",
            mode="markers",
            marker={"color": ORANGE, "size": 8, "symbol": "diamond"},
            text=free["holiday_name"].to_list(),
            hovertemplate="%{text}: %{y:,}<extra></extra>",
        )
    figure = _finished(figure, "", "trips a day")
    if gaps := _gaps(frame):
        _cut(figure, frame["trip_date"].to_list(), gaps)
    figure.update_yaxes(rangemode="tozero", tickformat=",")
    return figure.update_layout(hovermode="x unified")


def mix(frame: pl.DataFrame) -> Figure:
    """Draw `overview.by_month`: shares of kinds by month, in percent."""
    figure = Figure()
    for (kind,), part in frame.sort("kind", "trip_month").group_by("kind", maintain_order=True):
        figure.add_bar(
            x=part["trip_month"].to_list(),
            y=(100 * part["share"]).to_list(),
            name=_NAMES[str(kind)],
            marker_color=_COLOUR_OF[str(kind)],
            customdata=part["trips"].to_list(),
            hovertemplate="%{y:.1f} %, %{customdata:,} trips",
        )
    figure = _finished(figure, "", "share of trips, %", height=300)
    # Months as names: what the lake lacks between two months takes no room.
    return figure.update_layout(barmode="stack", hovermode="x unified").update_xaxes(type="category")


def week_heat(frame: pl.DataFrame) -> Figure:
    """Draw `demand.week_hours`: mean trips by hour and day of the week."""
    grid = _grid(frame, "day_of_week", list(range(1, 8)), "trips")
    figure = Figure(
        Heatmap(
            x=list(range(24)),
            y=_DAYS,
            z=grid,
            colorscale="Cividis",
            colorbar={**_SCALE_ON_TOP, "title": {"text": "trips an hour", "side": "top"}},
            hovertemplate="%{y} %{x}:00 – %{x}:59: %{z:,.1f} trips<extra></extra>",
            xgap=1,
            ygap=1,
        )
    )
    figure = _finished(figure, "hour of the day", "", height=340)
    return figure.update_yaxes(autorange="reversed").update_xaxes(dtick=3)


def _grid(frame: pl.DataFrame, row: str, rows: Sequence[object], value: str) -> list[list[float | None]]:
    found = {(one[row], one["trip_hour"]): one[value] for one in frame.iter_rows(named=True)}
    return [[found.get((name, hour)) for hour in range(24)] for name in rows]


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
    figure = _finished(figure, "hour of the day", "mean trips an hour", height=320)
    figure.update_yaxes(tickformat=",")
    return figure.update_xaxes(dtick=3).update_layout(hovermode="x unified")


def cities(frame: pl.DataFrame) -> Figure:
    """Draw `demand.cities`: mean trips a day by month and city, on a scale on which ratios compare."""
    figure = Figure()
    for (city,), part in frame.group_by("city", maintain_order=True):
        figure.add_scatter(
            x=part["trip_month"].to_list(),
            y=part["trips"].to_list(),
            name=CITIES[str(city)],
            mode="lines+markers",
            line_color={"nyc": BLUE, "jc": ORANGE}[str(city)],
            customdata=part["days"].to_list(),
            hovertemplate="%{y:,.0f} a day, over %{customdata} days",
        )
    figure = _finished(figure, "", "mean trips a day, log scale", height=320)
    months = sorted(frame["trip_month"].unique())
    figure.update_xaxes(type="category", categoryorder="array", categoryarray=months)
    ticks = _log_ticks(frame["trips"])
    figure.update_yaxes(type="log", tickvals=ticks, ticktext=[f"{value:,}" for value in ticks])
    return figure.update_layout(hovermode="x unified")


def _log_ticks(values: pl.Series) -> list[int]:
    """Return round numbers on a log scale, from just below the least value to just above the greatest."""
    positive = values.filter(values > 0)
    low, high = (positive.min(), positive.max()) if len(positive) else (1, 1)
    ticks = [lead * 10**power for power in range(9) for lead in (1, 2, 5)]
    return [tick for tick in ticks if tick * 2.5 > low and tick < high * 2.5]  # type: ignore[operator]


def in_frame(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the stations that a map shows at first: the busiest with a place, to 99 % of the movements.

    The rest are the ends of a few long rides, and would make the others a blot.
    """
    placed = frame.filter(pl.col("latitude").is_not_null())
    moved = placed["departures"] + placed["arrivals"]
    placed = placed.with_columns(moved=moved).sort("moved", "station_id", descending=[True, False])
    total = int(placed["moved"].sum())
    return placed.filter(placed["moved"].cum_sum() - placed["moved"] < 0.99 * total) if total else placed


def full_colour(frame: pl.DataFrame) -> float:
    """Return the net flow a day from which a map's colour is full: few stations have more.

    Else a single station that fills up would leave all others grey.
    """
    return max(float(frame["net_a_day"].abs().quantile(0.95, "higher") or 0), 0.1)


def station_map(frame: pl.DataFrame, *, tiles: bool) -> Figure:
    """Draw `stations.stations`: size by departures, colour by net flow a day; `tiles` puts streets behind."""
    placed = frame.filter(pl.col("latitude").is_not_null()).sort("departures", descending=True)
    framed = in_frame(frame)
    most = full_colour(framed)
    look = {
        "size": [max(5.0, 34 * (count / placed["departures"][0]) ** 0.5) for count in placed["departures"]]
        if placed["departures"][0]
        else 6,
        "color": placed["net_a_day"].to_list(),
        "colorscale": FEWER_MORE,
        "cmin": -most,
        "cmax": most,
        "opacity": 0.85,
        "colorbar": {**_SCALE_ON_TOP, "title": {"text": "net bikes a day", "side": "top"}},
    }
    shared = {
        "mode": "markers",
        "text": placed["station_name"].to_list(),
        "customdata": placed.select("departures", "arrivals", "net_a_day").rows(),
        "hovertemplate": "<b>%{text}</b><br>%{customdata[0]:,} departures, %{customdata[1]:,} arrivals"
        "<br>net %{customdata[2]:+.1f} bikes a day<extra></extra>",
    }
    latitude, longitude = placed["latitude"].to_list(), placed["longitude"].to_list()
    south, north = min(framed["latitude"]), max(framed["latitude"])
    west, east = min(framed["longitude"]), max(framed["longitude"])
    if tiles:
        figure = Figure(Scattermap(lat=latitude, lon=longitude, marker=look, **shared))
        middle = {"lat": (south + north) / 2, "lon": (west + east) / 2}
        zoom = _zoom(north - south, east - west)
        figure.update_layout(map={"style": "open-street-map", "center": middle, "zoom": zoom})
        return _finished(figure, "", "", height=560)
    figure = Figure(Scatter(x=longitude, y=latitude, marker={**look, "line_width": 0}, **shared))
    figure = _finished(figure, "degrees east", "degrees north", height=560)
    # At 40.7 degrees north a degree of longitude is 0.758 of one of latitude. What the panel is wider or
    # higher than the frame shows the stations around.
    edge = max(0.05 * max(north - south, east - west), 0.002)
    figure.update_yaxes(scaleanchor="x", scaleratio=1 / 0.758, constrain="range", nticks=6)
    return figure.update_yaxes(range=[south - edge, north + edge]).update_xaxes(
        range=[west - edge, east + edge], constrain="range", nticks=6
    )


def _zoom(high: float, wide: float) -> float:
    """Return the map's zoom at which so many degrees fit into 360 pixels of height and 300 of width.

    At zoom 0 the world is 512 pixels wide, and each step doubles that.
    """
    upright = 360 * 360 * 0.758 / (512 * max(high, 0.005))
    across = 300 * 360 / (512 * max(wide, 0.005))
    return log2(min(upright, across))


def ranking(frame: pl.DataFrame) -> Figure:
    """Draw stations' departures and arrivals, the first on top."""
    names = _distinct(frame)
    figure = Figure()
    for column, colour in (("departures", BLUE), ("arrivals", ORANGE)):
        figure.add_bar(
            y=names,
            x=frame[column].to_list(),
            name=column,
            orientation="h",
            marker_color=colour,
            hovertemplate="%{x:,}",
        )
    figure = _finished(figure, "trips", "", height=110 + 34 * frame.height)
    figure.update_xaxes(nticks=4, tickformat=",")
    return figure.update_yaxes(autorange="reversed").update_layout(barmode="group", hovermode="y unified")


def _distinct(frame: pl.DataFrame, longest: int = 26) -> list[str]:
    """Return names of stations, cut, and told apart by their ids where two are called the same."""
    cut = [_short(name, longest) for name in frame["station_name"]]
    return [
        f"{name} ({one})" if cut.count(name) > 1 else name
        for name, one in zip(cut, frame["station_id"], strict=True)
    ]


def _short(name: str, longest: int) -> str:
    return name if len(name) <= longest else f"{name[: longest - 1].rstrip()}…"


def rebalancing(frame: pl.DataFrame) -> Figure:
    """Draw stations that run out and that fill up, by net bikes a day."""
    net = frame["net_a_day"].to_list()
    figure = Figure(
        Bar(
            y=_distinct(frame),
            x=net,
            orientation="h",
            marker_color=[ORANGE if value < 0 else BLUE for value in net],
            hovertemplate="%{y}: %{x:+.1f} bikes a day<extra></extra>",
        )
    )
    figure = _finished(figure, "net bikes a day", "", height=110 + 28 * frame.height)
    return figure.update_yaxes(autorange="reversed")


def profile(frame: pl.DataFrame) -> Figure:
    """Draw one station's departures and arrivals by month."""
    figure = Figure()
    for column, colour in (("departures", BLUE), ("arrivals", ORANGE)):
        figure.add_bar(
            x=frame["trip_month"].to_list(), y=frame[column].to_list(), name=column, marker_color=colour
        )
    figure = _finished(figure, "", "trips a month", height=300).update_yaxes(tickformat=",")
    return figure.update_layout(barmode="group", hovermode="x unified").update_xaxes(type="category")


def temperature(frame: pl.DataFrame) -> Figure:
    """Draw `weather.by_temperature`: mean trips an hour, and the middle half of the hours."""
    figure = Figure()
    for (kind,), part in frame.group_by("kind", maintain_order=True):
        x, colour = part["temperature_c"].to_list(), _KIND_COLOURS[str(kind)]
        figure.add_scatter(
            x=x + x[::-1],
            y=part["high"].to_list() + part["low"].to_list()[::-1],
            fill="toself",
            fillcolor=_translucent(colour, 0.15),
            line_width=0,
            mode="lines",
            hoverinfo="skip",
            showlegend=False,
        )
        figure.add_scatter(
            x=x,
            y=part["trips"].to_list(),
            name=str(kind),
            mode="lines+markers",
            line_color=colour,
            customdata=part["hours"].to_list(),
            hovertemplate="%{y:,.0f} trips, over %{customdata} hours",
        )
    figure = _finished(figure, "temperature, °C", "trips an hour")
    return figure.update_layout(hovermode="x unified").update_yaxes(rangemode="tozero", tickformat=",")


def bands(frame: pl.DataFrame) -> Figure:
    """Draw `weather.by_band`: change against a typical dry hour, with the middle half of the days."""
    change = 100 * frame["change"]
    figure = Figure(
        Bar(
            y=frame["band"].to_list(),
            x=change.to_list(),
            orientation="h",
            marker_color=[ORANGE if value < 0 else BLUE for value in change],
            error_x={
                "type": "data",
                "symmetric": False,
                # The mean of few days with many trips may lie outside the middle half of them.
                "array": (100 * frame["high"] - change).clip(0).to_list(),
                "arrayminus": (change - 100 * frame["low"]).clip(0).to_list(),
                "color": GREY,
                "thickness": 1.5,
            },
            customdata=frame["hours"].to_list(),
            hovertemplate="%{y}: %{x:+.1f} %, over %{customdata:,} hours<extra></extra>",
        )
    )
    figure = _finished(figure, "change of trips, %", "", height=300).update_xaxes(nticks=4)
    return figure.update_yaxes(autorange="reversed", type="category")


def rain_heat(frame: pl.DataFrame) -> Figure:
    """Draw `weather.rain_by_hour`: change by rain and hour of the day."""
    known = frame["band"].unique().to_list()
    rows = [band for band in ("dry", "drizzle", "rain", "heavy rain") if band in known]
    percent = frame.with_columns(change=100 * pl.col("change"))
    figure = Figure(
        Heatmap(
            x=list(range(24)),
            y=rows,
            z=_grid(percent, "band", rows, "change"),
            colorscale=FEWER_MORE,
            zmin=-100,
            zmax=100,
            colorbar={**_SCALE_ON_TOP, "title": {"text": "change of trips, %", "side": "top"}},
            hovertemplate="%{y} at %{x}:00: %{z:+.0f} %<extra></extra>",
            xgap=1,
            ygap=1,
        )
    )
    # A line through the empty cells would look like a value.
    figure = _finished(figure, "hour of the day", "", height=320).update_yaxes(showgrid=False)
    return figure.update_xaxes(dtick=3)


def whatif_day(frame: pl.DataFrame) -> Figure:
    """Draw a day of the model: typical hours, expected hours, and where eight of ten days lie."""
    hours = frame["trip_hour"].to_list()
    figure = Figure()
    figure.add_scatter(
        x=hours + hours[::-1],
        y=frame["high"].to_list() + frame["low"].to_list()[::-1],
        name="8 of 10 days",
        fill="toself",
        fillcolor=_translucent(BLUE, 0.2),
        line_width=0,
        mode="lines",
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=hours, y=frame["trips"].to_list(), name="expected", mode="lines", line={"color": BLUE, "width": 2.5}
    )
    figure.add_scatter(
        x=hours,
        y=frame["typical"].to_list(),
        name="typical dry day",
        mode="lines",
        line={"color": ORANGE, "width": 2, "dash": "dot"},
    )
    figure = _finished(figure, "hour of the day", "trips an hour")
    figure.update_layout(hovermode="x unified").update_yaxes(rangemode="tozero", tickformat=",")
    return figure.update_xaxes(dtick=3)


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
                "color": {"nyc": BLUE, "jc": ORANGE}[city],
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
    figure = _finished(figure, "change of trips, %", "", height=height)
    return figure.update_yaxes(
        tickvals=list(places.values()),
        ticktext=[f"{_short(name, 22)}<br>{day(when)}" for when, name in named],
        range=[len(named) - 0.4, -0.6],
    )


def holiday_hours(frame: pl.DataFrame) -> Figure:
    """Draw `holidays.hourly`: the holiday's hours over those of comparable days."""
    hours = frame["trip_hour"].to_list()
    figure = Figure()
    figure.add_scatter(
        x=hours + hours[::-1],
        y=frame["high"].to_list() + frame["low"].to_list()[::-1],
        name=f"least to most of {frame['days'][0]} comparable days",
        fill="toself",
        fillcolor=_translucent(GREY, 0.25),
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
    figure = _finished(figure, "hour of the day", "trips an hour").update_yaxes(tickformat=",")
    return figure.update_layout(hovermode="x unified").update_xaxes(dtick=3)


def reasons(frame: pl.DataFrame) -> Figure:
    """Draw `health.rejected`: rows by reason."""
    figure = Figure(
        Bar(
            y=[reason.replace("_", " ") for reason in frame["reason"]],
            x=frame["rows"].to_list(),
            orientation="h",
            marker_color=ORANGE,
            hovertemplate="%{y}: %{x:,} rows<extra></extra>",
        )
    )
    figure = _finished(figure, "rows", "", height=110 + 36 * frame.height).update_xaxes(tickformat=",")
    return figure.update_yaxes(autorange="reversed")
