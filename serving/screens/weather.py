"""Weather: demand against temperature, rain and wind, and what it would be if they were different."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

import streamlit as st

from analysis import stats
from serving import view
from serving.figures import weather as figures
from serving.panels import NothingToShowError, draw, finding, panel, part, table
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
        return f"{known}; their months have fewer than three dry hours like them to compare them with."
    return f"{known}, {few}. Choose more days."


def _slider(label: str, low: float, high: float, usual: float, step: float, key: str) -> float:
    """Ask for a value within what was observed; where it never varied there is nothing to ask."""
    low, high = math.ceil(10 * low) / 10, math.floor(10 * high) / 10
    if high - low < step:
        st.caption(f"{label}: always {low:.1f}")
        return low
    usual = min(max(round(usual, 1), low), high)
    view.ask_number(key, low, high, usual)
    value = st.slider(label, low, high, step=step, format="%.1f", key=key)
    view.keep(key, f"{value:.1f}" if value != usual else "")
    return value


def _choice(label: str, options: Sequence[str], usual: str, key: str) -> str:
    """Ask for one of some, of two side by side; `usual` is what is shown where nobody chose."""
    view.ask_address(key, {one: one for one in (usual, *options)})
    few = len(options) <= len(_KINDS)
    value = (
        st.radio(label, options, horizontal=True, key=key) if few else st.selectbox(label, options, key=key)
    )
    view.keep(key, value if value != usual else "")
    return value


st.caption(chosen.told)
finding(lambda: queries.told(reader, chosen))
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
        empty=partial(_why, "fewer than five in every step", compared=False),
    )

with panel(
    "Change of trips by rain, wind and temperature",
    "Held: city, month, hour and kind of day; each hour is measured by the typical dry one of its kind (the "
    "median, of chosen days or not). Held besides, by the bands shown: for rain, temperature and wind; for wind, "
    "temperature; for temperature, wind. The latter two are of dry hours only. Lines: 95 % intervals over the days.",
    now.note,
):
    for column, kind in zip(st.columns(3), ("rain", "wind", "temperature"), strict=True):
        with column, part(f"By {kind}"):
            draw(
                queries.by_band(reader, chosen, kind),
                figures.bands,
                f"against-{kind}",
                empty=partial(_why, "none of them in a band"),
            )

with panel(
    "Change of trips by rain, hour by hour",
    "City, month, hour, kind of day, temperature and wind held, as above. Cells with fewer than three hours are empty.",
    now.note,
):
    draw(
        queries.rain_by_hour(reader, chosen),
        figures.rain_heat,
        "rain-by-hour",
        empty=partial(_why, "fewer than three of each kind of rain and hour of the day"),
    )

with panel("What if the weather of a day were different?", note=now.note):
    days = shared_queries.weather_days(reader, chosen)
    try:
        model = whatif.fitted(
            reader.root, reader.snapshot, chosen.parameters, days, queries.hours(reader, chosen)
        )
    except stats.TooLittleDataError as error:
        raise NothingToShowError(f"{error}. Choose more days.") from error
    answer = st.container()
    asked, sliders = st.columns([3, 2])
    with sliders:
        months = list(model.ranges.temperature_c)
        month = _choice("A day in", months, months[-1], "month")
        is_off = _choice("Kind of day", _KINDS, _KINDS[0], "kind") == _KINDS[1]
        usual = model.usual(month)
        temperature = _slider(
            "Mean temperature, °C",
            *model.ranges.temperature_c[month],
            usual.temperature_c,
            0.5,
            f"temperature-{month}",
        )
        rain = _slider("Rain in the day, mm", *model.ranges.precipitation_mm, 0.0, 0.5, "rain")
        wind = _slider(
            "Mean wind, km/h", *model.ranges.wind_speed_kmh[month], usual.wind_speed_kmh, 1.0, f"wind-{month}"
        )
    weather_asked = whatif.Weather(temperature, rain, wind)
    expected = model.day(month, weather_asked, is_off=is_off)
    with asked:
        draw(
            expected.drop_nulls("trip_hour"),
            figures.whatif_day,
            "what-if",
            data=expected,
            empty="There are no dry hours of this kind to start from.",
        )
    with answer:
        st.markdown(f"**{whatif.answer(model, expected, weather_asked)}**")
    st.caption(whatif.told(model, days, weather_asked))
    st.markdown("**How far off, in weeks that the model has not seen**")
    table(
        model.errors,
        "what-if-errors",
        {
            "of": "of",
            "number": "number",
            "off": "half are off by less than, %",
            "without": "without weather, %",
            "inside": "inside the band, %",
        },
        empty="No week can be held out.",
    )
