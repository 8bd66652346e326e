"""The entry of the dashboard: navigation, and the frame around every page. `make dashboard` starts it."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from serving import view
from serving.pages import PAGES

# A file: the icons that Streamlit knows by name come from the web.
ICON = str(Path(__file__).with_name("icon.svg"))
st.set_page_config(page_icon=ICON, layout="wide")

registered = {
    page.title: st.Page(
        f"screens/{page.name}.py",
        title=page.title,
        icon=f":material/{page.icon}:",
        url_path=page.name,
        default=page is PAGES[0],
    )
    for page in PAGES
}
chosen = st.navigation(list(registered.values()))
st.set_page_config(page_title=f"{chosen.title} · Bike lakehouse")
# Lake health must answer above all when nothing else does.
page = next(page for page in PAGES if page.title == chosen.title)
view.prepare(page.name, needs_data=page.needs_data)
chosen.run()
