"""Weather: demand against temperature, rain and wind, and what it would be if they were different."""

from __future__ import annotations

from functools import partial

import streamlit as st

from analysis import stats
from serving import view
from serving.figures import weather as figures
from serving.panels import NothingToShowError, choice, draw, finding, panel, part, slider, table
from serving.queries import shared as shared_queries
from serving.queries import weather as queries
from serving.queries import weather_whatif as whatif

now = view.current()
reader, chosen = now.reader, now.filters
_KINDS = ["working day", "day off"]
why = partial(queries.why, reader, chosen, now.nothing)
days = shared_queries.weather_days(reader, chosen)
note = " ".join(filter(None, (now.note, queries.unknown(days))))

st.caption(chosen.told)
finding(lambda: queries.told(reader, chosen))
if chosen.bike:
    st.info("Weather is not kept by bike: what follows is of all bikes.", icon=":material/info:")

with panel(
    "Trips an hour by temperature",
    "Hours from 6 to 22 o'clock, in steps of 2 °C; the bands hold the middle half of the hours. Warm hours "
    "are those of warm months too: what weather itself does stands below. Cities are added up.",
    note,
):
    draw(
        queries.by_temperature(reader, chosen),
        figures.temperature,
        "by-temperature",
        empty=partial(why, "fewer than five in every step", compared=False),
    )

with panel(
    "Change of trips by rain, wind and temperature",
    "Held: city, month, hour and kind of day; each hour is measured by the typical dry one of its kind (the "
    "median, of chosen days or not). Held besides, by the bands shown: for rain, temperature and wind; for wind, "
    "temperature; for temperature, wind. The latter two are of dry hours only. Lines: 95 % intervals over the days.",
    note,
):
    for column, kind in zip(st.columns(3), ("rain", "wind", "temperature"), strict=True):
        with column, part(f"By {kind}"):
            draw(
                queries.by_band(reader, chosen, kind),
                figures.bands,
                f"against-{kind}",
                empty=partial(why, "none of them in a band"),
            )

with panel(
    "Change of trips by rain, hour by hour",
    "City, month, hour, kind of day, temperature and wind held, as above. Cells with fewer than three hours are empty.",
    note,
):
    draw(
        queries.rain_by_hour(reader, chosen),
        figures.rain_heat,
        "rain-by-hour",
        empty=partial(why, "fewer than three of each kind of rain and hour of the day"),
    )

with panel("What if the weather of a day were different?", note=note):
    try:
        model = whatif.fitted(
            reader.root, reader.snapshot, chosen.parameters, days, queries.hours(reader, chosen)
        )
    except stats.TooLittleDataError as error:
        raise NothingToShowError(f"{error}. More days would tell.") from error
    answer = st.container()
    asked, sliders = st.columns([3, 2])
    with sliders:
        months = list(model.ranges.temperature_c)
        month = choice("A day in", months, months[-1], "month")
        is_off = choice("Kind of day", _KINDS, _KINDS[0], "kind") == _KINDS[1]
        usual = model.usual(month)
        temperature = slider(
            "Mean temperature, °C",
            *model.ranges.temperature_c[month],
            usual.temperature_c,
            0.5,
            f"temperature-{month}",
        )
        rain = slider("Rain in the day, mm", *model.ranges.precipitation_mm, 0.0, 0.5, "rain")
        wind = slider(
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
