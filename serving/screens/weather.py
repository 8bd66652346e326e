"""Weather: demand against temperature, rain and wind, and what it would be if they were different."""

from __future__ import annotations

import streamlit as st

from serving import view
from serving.figures import weather as figures
from serving.panels import NothingToShowError, draw, panel, part
from serving.queries import shared as shared_queries
from serving.queries import weather as queries
from serving.queries import weather_whatif as whatif

now = view.current()
reader, chosen = now.reader, now.filters
_KINDS = ["working day", "day off"]


def _why(few: str, *, compared: bool = True) -> str:
    """Say why a figure is empty: the weather is not known, there is nothing to compare with, or too few."""
    hours = queries.hours(reader, chosen)
    if hours.is_empty() and shared_queries.days_here(reader, chosen):
        return "No hour of these days has both trips and known weather. Choose other dates."
    if hours.is_empty():
        return now.nothing
    known = f"Of these days {hours.select('trip_date', 'trip_hour').n_unique():,} hours have known weather"
    if compared and queries.by_band(reader, chosen, "rain").is_empty():
        return f"{known}; their months have fewer than three dry hours of such a kind to compare them with."
    return f"{known}, {few}. Choose more days."


def _slider(label: str, low: float, high: float, value: float, step: float, key: str) -> float:
    """Ask for a value within what was observed; where it never varied there is nothing to ask."""
    low, high = round(low, 1), round(high, 1)
    if high - low < step:
        st.caption(f"{label}: always {low:.1f}")
        return low
    view.tell_outside(key, low, high)
    return st.slider(
        label,
        low,
        high,
        min(max(round(value, 1), low), high),
        step,
        format="%.1f",
        key=key,
        bind="query-params",
    )


st.title("Weather")
st.caption(chosen.told)
if chosen.bike:
    st.info("Weather is not kept by bike: what follows is of all bikes.", icon=":material/info:")

with panel(
    "Trips an hour by temperature",
    "Hours from 6 to 22 o'clock, in steps of 2 °C; the bands hold the middle half of the hours. Warm hours "
    "are those of warm months too: what weather itself does stands below. Cities are added up.",
    now.note,
):
    draw(
        queries.by_temperature(reader, chosen),
        figures.temperature,
        "by-temperature",
        empty=_why("fewer than five in every step", compared=False),
    )

with panel(
    "Change of trips by rain, wind and temperature",
    "Against a typical dry hour of the same month, hour and kind of day: the median of all such hours of the "
    "month, chosen or not. Lines: the middle half of the days.",
    now.note,
):
    for column, kind in zip(st.columns(3), ("rain", "wind", "temperature"), strict=True):
        with column, part(f"By {kind}"):
            draw(
                queries.by_band(reader, chosen, kind),
                figures.bands,
                f"against-{kind}",
                empty=_why("none of them in a band"),
            )

with panel(
    "Change of trips by rain, hour by hour",
    "Against a typical dry hour. Cells with fewer than three hours are empty.",
    now.note,
):
    draw(
        queries.rain_by_hour(reader, chosen),
        figures.rain_heat,
        "rain-by-hour",
        empty=_why("fewer than three of each kind of rain and hour of the day"),
    )

with panel("What if the weather were different?", note=now.note):
    hours = queries.hours(reader, chosen)
    try:
        model = whatif.fitted(reader.root, reader.snapshot, chosen.parameters, hours)
    except whatif.TooLittleDataError as error:
        raise NothingToShowError(f"{error}. Choose more days.") from error
    asked, sliders = st.columns([3, 2])
    with sliders:
        months = list(model.ranges.temperature_c)
        view.in_address("month", months)
        view.in_address("kind", _KINDS)
        month = st.selectbox("A day in", months, index=len(months) - 1, key="month", bind="query-params")
        is_off = (
            st.radio("Kind of day", _KINDS, horizontal=True, key="kind", bind="query-params") == "day off"
        )
        temperature = _slider(
            "Temperature, °C",
            *model.ranges.temperature_c[month],
            model.mean_c[month],
            0.5,
            f"temperature-{month}",
        )
        rain = _slider("Rain in every hour, mm", *model.ranges.precipitation_mm, 0.0, 0.1, "rain")
        wind = _slider("Wind, km/h", *model.ranges.wind_speed_kmh, model.ranges.usual_wind_kmh, 1.0, "wind")
    weather_asked = whatif.Weather(temperature, rain, wind)
    with asked:
        expected = model.day(month, weather_asked, is_off=is_off)
        draw(
            expected,
            figures.whatif_day,
            "what-if",
            empty="There are no dry hours of this kind to start from.",
        )
        trips, usual = float(expected["trips"].sum()), float(expected["typical"].sum())
        st.markdown(
            f"**{trips:,.0f} trips** on such a day, {100 * (trips / usual - 1):+.0f} % against a typical dry "
            f"one. Eight of ten such days: {expected['low'].sum():,.0f} to {expected['high'].sum():,.0f}."
        )
    st.caption(model.told(hours, weather_asked))
