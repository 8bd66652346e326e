"""Demand: when people ride."""

from __future__ import annotations

import streamlit as st

from serving import view
from serving.figures import demand as figures
from serving.figures import shared as shared_figures
from serving.panels import draw, panel
from serving.queries import demand as queries
from serving.queries import shared as shared_queries

now = view.current()
reader, chosen = now.reader, now.filters

st.title("Demand")
st.caption(chosen.told)

with panel(
    "Trips a day, their mean over seven days, and holidays",
    "Covered days without a trip count as zero; days that the lake does not cover are left out.",
):
    draw(shared_queries.trend(reader, chosen), shared_figures.trend, "daily")

with panel("Mean trips in each hour of the week", "Over all covered days, holidays too."):
    draw(queries.week_hours(reader, chosen), figures.week_heat, "hours-of-the-week")

left, right = st.columns(2)
with left, panel("The day's course by season", "Drawn through: working days. Dotted: weekends and holidays."):
    draw(queries.day_hours(reader, chosen), figures.season_hours, "hours-by-season")

with right, panel("Mean trips a day by month and city", "On days that the city was in service."):
    draw(queries.cities(reader, chosen), figures.cities, "cities-by-month")
