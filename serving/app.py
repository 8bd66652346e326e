"""The entry of the dashboard: navigation, and the frame around every page. `make dashboard` starts it."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from serving import view

# A file: the icons that Streamlit knows by name come from the web.
ICON = str(Path(__file__).with_name("icon.svg"))
st.set_page_config(page_title="Bike lakehouse", page_icon=ICON, layout="wide")

HEALTH = st.Page(
    "screens/health.py", title="Lake health", icon=":material/health_and_safety:", url_path="health"
)
PAGES = [
    st.Page(
        "screens/overview.py",
        title="Overview",
        icon=":material/dashboard:",
        url_path="overview",
        default=True,
    ),
    st.Page("screens/demand.py", title="Demand", icon=":material/show_chart:", url_path="demand"),
    st.Page("screens/stations.py", title="Stations", icon=":material/map:", url_path="stations"),
    st.Page("screens/weather.py", title="Weather", icon=":material/rainy:", url_path="weather"),
    st.Page("screens/holidays.py", title="Holidays", icon=":material/celebration:", url_path="holidays"),
    HEALTH,
]

page = st.navigation(PAGES)
# Lake health must answer above all when nothing else does.
view.prepare(needs_data=page is not HEALTH)
page.run()
