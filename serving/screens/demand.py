"""Demand: when people ride."""

from __future__ import annotations

import streamlit as st

from serving import view
from serving.figures import demand as figures
from serving.figures import shared as shared_figures
from serving.panels import draw, finding, panel
from serving.queries import demand as queries
from serving.queries import shared as shared_queries

now = view.current()
reader, chosen = now.reader, now.filters

note, nothing = now.note, now.nothing

st.caption(chosen.told)
finding(lambda: queries.told(reader, chosen))

with panel(
    "Trips a day, their mean over seven days, and holidays",
    "Covered days without a trip count as zero; days on which a chosen city is not covered are left out.",
    note,
):
    draw(shared_queries.trend(reader, chosen), shared_figures.trend, "daily", empty=nothing)

with panel(
    "Mean trips in each hour of the week",
    "Over all days on which every chosen city is covered, holidays too.",
    note,
):
    draw(queries.week_hours(reader, chosen), figures.week_heat, "hours-of-the-week", empty=nothing)

left, right = st.columns(2)
with (
    left,
    panel("The day's course by season", "Drawn through: working days. Dotted: weekends and holidays.", note),
):
    draw(queries.day_hours(reader, chosen), figures.season_hours, "hours-by-season", empty=nothing)

with right, panel("Mean trips a day by month and city", "Each city's over its own covered days.", note):
    draw(queries.cities(reader, chosen), figures.cities, "cities-by-month", empty=nothing)

left, right = st.columns(2)
with (
    left,
    panel(
        "How long trips take",
        "Share of each kind of rider's trips by whole minutes; dashed: medians. Trips under 60 s and over a day are "
        "left out; kinds with fewer than one trip in a hundred are in the data only.",
        note,
    ),
):
    draw(queries.durations(reader, chosen), figures.durations, "durations", empty=nothing)

with (
    right,
    panel(
        "How far trips go",
        "In a straight line from the first station to the last, by half kilometres; dashed: medians. Rides back to "
        "where they began are left out, too, and those with an end that has no place.",
        note,
    ),
):
    draw(queries.distances(reader, chosen), figures.distances, "distances", empty=nothing)
