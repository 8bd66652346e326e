"""Availability: which stations run out of bikes or docks, when, and whether it is the flow of trips."""

from __future__ import annotations

from functools import partial

import polars as pl
import streamlit as st

from analysis.slopes import emptied
from analysis.stats import TooLittleDataError
from serving import view
from serving.figures import availability as figures
from serving.panels import NothingToShowError, draw, finding, panel, part, table
from serving.queries import availability as queries

now = view.current()
reader, chosen = now.reader, now.filters
_TOP = 10

st.caption(chosen.told)
finding(lambda: queries.told(reader, chosen))
hours = queries.observed(reader, chosen)
note = queries.seen(hours, chosen)
nothing = "No station was observed on these days. Choose other dates, or reset the filters in the sidebar."

with panel("Stations without bikes or docks", note=note):
    known = queries.stations(reader, chosen).filter(pl.col("hours_in_service") > 0)
    if known.is_empty():
        raise NothingToShowError(nothing)
    placed = known.filter(pl.col("latitude").is_not_null())
    elsewhere = int(known["lies_elsewhere"].sum())
    st.caption(
        "Size: the part of the time in service without bikes or without docks. Colour: which of them; orange has no bikes, "
        f"blue has no docks. {len(placed)} of {len(known)} stations have a place."
        + (
            f" {elsewhere} {'lies' if elsewhere == 1 else 'lie'} elsewhere than around New York."
            if elsewhere
            else ""
        )
        + (f" {figures.BEHIND}" if len(placed) else "")
    )
    draw(placed, figures.station_map, "availability", data=known, empty="None of these stations has a place.")

with panel(
    "Longest without",
    "Of the time in service that was observed. Stations that were seen for less than half as long as most are left "
    "out here: an hour is not a station's usual.",
    note,
):
    typical = known.filter("is_typical")
    for side, name, measure in zip(st.columns(2), ("bikes", "docks"), ("empty_pct", "full_pct"), strict=True):
        with side, part(f"The {_TOP} stations without {name} for longest"):
            most = typical.filter(pl.col(measure) > 0).sort(measure, "station_id", descending=[True, False])
            draw(
                most.head(_TOP),
                partial(figures.longest, measure=measure),
                f"without-{name}",
                data=most,
                empty=f"No station was without {name}." if typical.height else nothing,
            )

with panel(
    "Hours of the day",
    "Of all stations' time in service. Hours in which nobody asked are gaps; holidays count as the day of the week they "
    "fall on.",
    note,
):
    draw(queries.by_hour(reader, chosen), figures.day, "availability-hours", empty=nothing)

with panel(
    "Is it the flow of trips?",
    "Minutes of an hour in service without a bike, less the station's mean, by the bikes that left it less those that "
    "came to it in the hour before. In the hour before, for while a station is empty nobody can take a bike from it. Bikes "
    "that a lorry brings or takes away are no trips.",
    note,
):
    try:
        st.markdown(f"**{emptied(queries.flow(reader, chosen))}**")
    except TooLittleDataError as error:
        st.markdown(f"**The data does not tell:** {error}.")
    with part("Minutes without a bike, after more bikes came or left"):
        draw(
            queries.by_flow(reader, chosen),
            figures.by_flow,
            "flow",
            empty="Of the hours before these no trips are known.",
        )
    with part("Stations whose trips are not known"):
        apart = queries.without_trips(reader, chosen)
        shared = apart.filter(pl.col("reason").str.starts_with("two"))["short_name"].n_unique()
        st.caption(
            "They count above, and not for the flow. Feed and trips meet by a station's short name."
            + (f" Short names that two stations have at once: {shared}." if shared else "")
        )
        table(
            apart,
            "without-trips",
            {"short_name": "short name", "station_name": "station"},
            empty="Of every station trips are known.",
        )

with panel(
    "What was observed",
    "The feed only says how things are now: an answer holds until the next one, for an hour at most. Blank hours are those "
    "in which nobody asked, and the one that clocks skip in spring.",
    note,
):
    draw(hours, figures.observed, "observed", empty=nothing)
