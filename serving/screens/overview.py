"""Overview: what the lake holds, and how the chosen days compare with those before."""

from __future__ import annotations

import polars as pl
import streamlit as st

from serving import view
from serving.figures import overview as figures
from serving.figures import shared as shared_figures
from serving.filters import CITIES
from serving.panels import draw, panel, table
from serving.queries import overview as queries
from serving.queries import shared as shared_queries

now = view.current()
reader, chosen = now.reader, now.filters

st.title("Overview")
st.caption(chosen.told)

with panel("Trips, and how they changed"):
    comparison = queries.compare(reader, chosen, now.bounds)
    st.caption(comparison.told)
    with st.container(horizontal=True):
        for one in comparison.figures:
            st.metric(one.label, one.value, one.change, delta_color="off", help=one.explained, width=140)

with panel("Trips a day and their mean over seven days", "Days that the lake does not cover are left out."):
    draw(shared_queries.trend(reader, chosen), shared_figures.trend, "trips-a-day")

for column, (kind, title) in zip(
    st.columns(2),
    (
        ("member_type", "Who rides: share of trips by month"),
        ("bike_type", "On what: share of trips by month"),
    ),
    strict=True,
):
    with column, panel(title, "Of trips of known kind; older files do not tell every one."):
        draw(queries.by_month(reader, chosen, kind), figures.mix, f"mix-{kind}")

with panel(
    "What the lake holds",
    "Whatever is chosen. Covered: the city was in service that day and its month is here.",
):
    held = queries.holdings(reader).with_columns(pl.col("city").replace(CITIES))
    table(
        held,
        "holdings",
        {
            "first_day": "first trip",
            "last_day": "last trip",
            "days": "days covered",
            "months": "months covered",
        },
        empty="No trips.",
    )
