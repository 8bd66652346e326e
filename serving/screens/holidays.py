"""Holidays: how they differ from comparable days, and how sure one may be."""

from __future__ import annotations

from functools import partial

import streamlit as st

from analysis.percents import interval, signed
from lake.words import many
from serving import view
from serving.figures import holidays as figures
from serving.filters import CITIES, day
from serving.panels import NothingToShowError, draw, finding, panel
from serving.queries import holidays as queries
from serving.queries import shared as shared_queries

now = view.current()
reader, chosen = now.reader, now.filters
missing = shared_queries.lacks(reader, chosen)
note = f"{missing}: holidays of then have no figure, and those around fewer days to compare with."
note = f"{note if missing else ''} {f'{short}.' if (short := shared_queries.short_rides(reader, chosen)) else ''}".strip()
st.caption(chosen.told)
finding(lambda: queries.told(reader, chosen))
if chosen.bike:
    st.info(
        "Comparable days are not kept by bike: the first figure is of all bikes, the second of these.",
        icon=":material/info:",
    )

with panel(
    "Trips on each holiday against comparable days",
    "Comparable: the same weekday up to four weeks before and after, no holiday itself; the change is from their "
    "geometric mean. The lines are 95 % intervals for a single day, by logarithms, cut at the frame; where one "
    "holds zero, the holiday cannot be told from an ordinary day. Few or very different comparable days make them "
    "wide. Good Friday is a holiday in New Jersey only.",
    note,
):
    draw(
        queries.impact(reader, chosen), figures.holidays, "holidays", empty=partial(queries.why_none, reader)
    )

with panel("One holiday, hour by hour", note=note):
    known = queries.impact(reader, chosen)
    if known.is_empty():
        raise NothingToShowError(queries.why_none(reader))
    options = known.select("holiday_date", "city", "holiday_name").rows()
    names = [f"{name}, {day(when)}, {CITIES[city]}" for when, city, name in options]
    addresses = [f"{when}-{city}" for when, city, _ in options]
    # The latest, if none was asked for.
    latest = len(options) - 1
    view.ask_address("holiday", {addresses[place]: place for place in (latest, *range(latest))})
    picked = st.selectbox("Holiday", range(len(options)), format_func=names.__getitem__, key="holiday")
    view.keep("holiday", addresses[picked] if picked != latest else "")
    when, city, name = options[picked]
    one = known.row(picked, named=True)
    draw(
        queries.hourly(reader, chosen, when, city),
        figures.holiday_hours,
        "holiday-hours",
        empty="This holiday has no comparable days.",
    )
    if one["low"] is None:
        sure = "one comparable day tells no interval"
    else:
        sure = interval(100 * one["low"], 100 * one["high"], digits=0)
    st.caption(
        f"{name}: {many(one['trips'], 'trip')}, {signed(100 * one['change'], 0)} % against a geometric mean of "
        f"{one['comparable_mean']:,.0f} on {many(one['comparable_days'], 'comparable day')} ({sure})."
    )
