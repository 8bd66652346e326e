"""Stations: where people ride, and where bikes run out or pile up."""

from __future__ import annotations

from functools import partial

import duckdb
import polars as pl
import streamlit as st

from serving import view
from serving.figures import stations as figures
from serving.filters import CITIES
from serving.panels import NothingToShowError, draw, finding, panel, part, table
from serving.queries import shared as shared_queries
from serving.queries import stations as queries
from serving.queries import stations_balance as balance
from serving.reader import MissingTableError

now = view.current()
reader, chosen = now.reader, now.filters
_TOP, _ROUTES = 10, 50

st.caption(chosen.told)
finding(lambda: balance.told(balance.by_day(reader, chosen)))
# The marts of stations by kind of rider and bike, and of routes, are by month.
whole = (
    f"Counted by whole months: {shared_queries.months_here(reader, chosen)}." if chosen.cuts_a_month else ""
)
try:
    over = balance.one_way(reader, chosen)
except (MissingTableError, duckdb.Error):
    over = ""  # the panels that need what is missing say so
flow = f"{now.note} {over}".strip()
by_month = f"{now.note} {whole}".strip()
flow_by_month = f"{flow} {whole}".strip()

with panel("Departures and net flow by station", note=flow_by_month):
    known = queries.stations(reader, chosen)
    if known.is_empty():
        raise NothingToShowError(now.nothing)
    placed = known.filter(pl.col("latitude").is_not_null())
    framed = figures.in_frame(known)
    outside = len(placed) - len(framed)
    elsewhere = int(known["lies_elsewhere"].sum())
    st.caption(
        "Size: departures. Colour: arrivals minus departures a day; orange runs out of bikes, blue fills up"
        + (f", in full from {figures.full_colour(framed):.1f} on. " if len(framed) else ". ")
        + f"{len(placed)} of {len(known)} stations have a place."
        + (
            f" {elsewhere} {'lies' if elsewhere == 1 else 'lie'} elsewhere than around New York."
            if elsewhere
            else ""
        )
        + (
            f" The frame is drawn around those with 99 % of the trips; a double click shows the {outside} "
            "others."
            if outside
            else ""
        )
    )
    view.ask_address("streets", {"off": False, "on": True})
    tiles = st.toggle(
        "Street map from the web",
        key="streets",
        help="The tiles come from OpenStreetMap; without the web the map behind the stations is empty.",
    )
    view.keep("streets", "on" if tiles else "")
    # Where points can be clicked Streamlit has a finger move the map, and it would get stuck on it.
    touched = view.on_a_phone()
    st.caption(
        "Ringed is the station chosen below."
        + ("" if touched else " A click on another opens that.")
        + ("" if tiles else f" {figures.BEHIND}")
    )
    view.ask_address("station", {one: one for one in known["station_id"]})
    draw(
        placed,
        partial(figures.station_map, tiles=tiles, chosen=st.session_state["station"]),
        "stations",
        data=known,
        clicked=None if touched else "station",
        empty="None of these stations has a place.",
    )

with panel(
    f"The {_TOP} busiest stations",
    "Trips that started and ended there. A station is an id: one that was given another stands here under each.",
    by_month,
):
    draw(queries.stations(reader, chosen).head(_TOP), figures.ranking, "busiest", empty=now.nothing)

with panel("The busiest routes", note=flow_by_month):
    routes = queries.flows(reader, chosen, count=_ROUTES)
    st.caption(
        f"The {_ROUTES} pairs of stations with the most trips between them, or as many as there are, both ways "
        "together, of all riders and bikes; the more, the wider the line. Rides back to where they began have none."
    )
    if not routes.is_empty():
        one = routes.row(0, named=True)
        st.markdown(
            f"Most: {one['trips']:,} trips between {one['station_name']} and {one['other_name']}, {one['there']:,} "
            f"there and {one['back']:,} back."
        )
    led = "No trip led from one of these stations to another."
    draw(routes, figures.flows, "routes", empty=led if balance.by_day(reader, chosen).height else now.nothing)

with panel(
    "Rebalancing need",
    "A station's level is its arrivals minus its departures since midnight, of all riders and bikes. The need "
    "of a day are the bikes above zero at its end, over all stations: so many have to be carried for the next "
    "day to begin as this one did. The swing is the way from a station's lowest to its highest level, over "
    "all stations: so many bikes and docks it takes to get through the day.",
    flow,
):
    days = balance.by_day(reader, chosen)
    if days.is_empty():
        raise NothingToShowError(now.nothing)
    with part("Bikes to be carried and swing, day by day"):
        draw(days, figures.need_by_day, "need-by-day")
    left, right = st.columns(2)
    with left, part("Bikes above their station's level of midnight, by hour"):
        draw(balance.by_hour(days), figures.need_by_hour, "need-by-hour")
    with right, part("Stations that lose and gain the most bikes a day"):
        ordered = balance.by_station(reader, chosen)
        lost = ordered.filter(pl.col("net_a_day") < 0).head(_TOP // 2 + 2)
        gained = ordered.filter(pl.col("net_a_day") > 0).tail(_TOP // 2 + 2)
        draw(
            pl.concat([lost, gained]),
            figures.rebalancing,
            "rebalancing",
            data=ordered,
            empty="Every station keeps its bikes.",
        )

with panel("One station", note=flow_by_month):
    known = queries.stations(reader, chosen)
    if known.is_empty():
        raise NothingToShowError(now.nothing)
    names = {
        one[
            "station_id"
        ]: f"{one['station_name']} ({one['station_id']}, {CITIES.get(one['city'], one['city'])})"
        for one in known.iter_rows(named=True)
    }
    station = st.selectbox("Station", list(names), format_func=names.__getitem__, key="station")
    view.keep("station", station if station != next(iter(names)) else "")
    first, second = st.columns(2)
    with first, part("Departures and arrivals by month"):
        draw(queries.profile(reader, chosen, station), figures.profile, "station-months")
    with second, part("Where its trips go to and come from"):
        st.caption("All riders and bikes. Minutes: the months' medians, by trips.")
        table(
            queries.routes(reader, chosen, station, count=5),
            "station-routes",
            {"station_name": "station", "minutes": "minutes"},
            empty="No trip has this station at one end and a known one at the other.",
        )
    with part("Bikes it gains and loses, by hour and weekday"):
        st.caption(
            "Mean over the chosen days, all riders and bikes: orange hours empty it, blue ones fill it."
        )
        draw(balance.by_weekday(reader, chosen, station), figures.week, "station-week", empty=now.nothing)
