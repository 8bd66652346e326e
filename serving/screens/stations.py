"""Stations: where people ride, and where bikes run out or pile up."""

from __future__ import annotations

from functools import partial

import polars as pl
import streamlit as st

from serving import view
from serving.figures import stations as figures
from serving.filters import CITIES
from serving.panels import NothingToShowError, draw, panel, table
from serving.queries import stations as queries

now = view.current()
reader, chosen = now.reader, now.filters
_TOP = 10

st.title("Stations")
st.caption(chosen.told)

with panel("Departures and net flow by station"):
    known = queries.stations(reader, chosen)
    if known.is_empty():
        raise NothingToShowError("No station was used in these months by these riders and bikes.")
    months = queries.months(reader, chosen)
    placed = known.filter(pl.col("latitude").is_not_null())
    framed = figures.in_frame(known)
    outside = len(placed) - len(framed)
    elsewhere = int(known["lies_elsewhere"].sum())
    st.caption(
        f"Stations are counted by month: {months[0]} to {months[-1]}. Size: departures. Colour: arrivals "
        "minus departures a day; orange runs out of bikes, blue fills up"
        + (f", in full from {figures.full_colour(framed):.1f} on. " if len(framed) else ". ")
        + f"{len(placed)} of {len(known)} stations have a place."
        + (f" {elsewhere} lie elsewhere than around New York." if elsewhere else "")
        + (
            f" The frame is drawn around those with 99 % of the trips; a double click shows the {outside} "
            "others."
            if outside
            else ""
        )
    )
    tiles = st.toggle(
        "Streets behind the stations",
        help="The tiles come from the web (OpenStreetMap); without it the map behind them is empty.",
    )
    draw(
        placed,
        partial(figures.station_map, tiles=tiles),
        "stations",
        data=known,
        empty="None of these stations has a place.",
    )

left, right = st.columns(2)
with left, panel(f"The {_TOP} busiest stations", "Trips that started and ended there."):
    draw(queries.stations(reader, chosen).head(_TOP), figures.ranking, "busiest")

with (
    right,
    panel(
        "Rebalancing need", "Stations that lose and gain the most bikes a day: so many have to be carried."
    ),
):
    ordered = queries.stations(reader, chosen).sort("net_a_day", "station_id")
    lost, gained = (
        ordered.filter(pl.col("net_a_day") < 0).head(_TOP // 2 + 2),
        ordered.filter(pl.col("net_a_day") > 0).tail(_TOP // 2 + 2),
    )
    need = ordered.filter(pl.col("net_a_day") > 0)["net_a_day"].sum()
    draw(
        pl.concat([lost, gained]), figures.rebalancing, "rebalancing", empty="Every station keeps its bikes."
    )
    st.caption(
        f"Over all stations about **{need:,.0f} bikes a day** end where they are not taken away again."
    )

with panel("One station"):
    known = queries.stations(reader, chosen)
    if known.is_empty():
        raise NothingToShowError("No station was used in these months by these riders and bikes.")
    names = {
        one[
            "station_id"
        ]: f"{one['station_name']} ({one['station_id']}, {CITIES.get(one['city'], one['city'])})"
        for one in known.iter_rows(named=True)
    }
    asked = st.query_params.get("station")
    station = st.selectbox(
        "Station",
        list(names),
        index=list(names).index(asked) if asked in names else 0,
        format_func=names.__getitem__,
        key="station",
    )
    st.query_params["station"] = station
    first, second = st.columns(2)
    with first:
        st.markdown("**Departures and arrivals by month**")
        draw(queries.profile(reader, chosen, station), figures.profile, "station-months")
    with second:
        st.markdown("**Where its trips go to and come from**")
        st.caption("All riders and bikes.")
        table(
            queries.routes(reader, chosen, station, count=5),
            "station-routes",
            {"station_name": "station", "minutes": "minutes"},
            empty="No trip has this station at one end and a known one at the other.",
        )
