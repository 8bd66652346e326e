"""Overview: what the lake holds, and how the chosen days compare with those before."""

from __future__ import annotations

import polars as pl
import streamlit as st

from analysis.stats import TooLittleDataError
from serving import view
from serving.figures import overview as figures
from serving.figures import shared as shared_figures
from serving.filters import CITIES
from serving.panels import NothingToShowError, draw, finding, panel, table
from serving.queries import overview as queries
from serving.queries import overview_weeks as weeks
from serving.queries import shared as shared_queries

now = view.current()
reader, chosen = now.reader, now.filters

note, nothing = now.note, now.nothing

st.caption(chosen.told)
finding(lambda: queries.told(reader, chosen))

with panel("Trips, and how they changed", note=note):
    comparison = queries.compare(reader, chosen, now.held)
    st.caption(comparison.told)
    with st.container(horizontal=True):
        for one in comparison.figures:
            st.metric(one.label, one.value, one.change, delta_color="off", help=one.explained, width=140)

with panel(
    "The same weekdays last week and last year",
    f"The last chosen days, seven at most, beside those {' and '.join(map(str, weeks.BEFORE.values()))} days before. In the "
    "same weather: what these would have had in that of the chosen days, by the effects of temperature, rain and wind "
    "on a day's trips within a month, learnt from all days of the lake. "
    + ("Of all bikes, for weather is not kept by bike." if chosen.bike else ""),
    note,
):
    try:
        compared = weeks.weeks(reader, chosen, now.held)
    except TooLittleDataError as error:
        raise NothingToShowError(f"{error}.") from error
    st.markdown("  \n".join(compared.told))
    draw(compared.frame, figures.weeks, "weeks")

with panel(
    "Trips a day and their mean over seven days",
    "Days on which a chosen city is not covered are left out.",
    note,
):
    draw(shared_queries.trend(reader, chosen), shared_figures.trend, "trips-a-day", empty=nothing)

for column, (kind, title) in zip(
    st.columns(2),
    (
        ("member_type", "Who rides: share of trips by month"),
        ("bike_type", "On what: share of trips by month"),
    ),
    strict=True,
):
    with column, panel(title, "Of trips of known kind; older files do not tell every one.", note):
        draw(queries.by_month(reader, chosen, kind), figures.mix, f"mix-{kind}", empty=nothing)

with panel(
    "What the lake holds",
    "Whatever is chosen. Covered: the city was in service that day and its month is here. Strays are trips on "
    "other days, which came in another month's or city's file; they count in no figure.",
):
    held = queries.holdings(reader).with_columns(pl.col("city").replace(CITIES))
    table(
        held,
        "holdings",
        {
            "first_day": "first day",
            "last_day": "last day",
            "days": "days covered",
            "months": "months covered",
        },
        empty="No trips.",
    )
