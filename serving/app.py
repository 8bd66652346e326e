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
# Links of our own, which carry the choice: Streamlit's take a page's name alone, and to write the choice after
# it would be a step of the browser's history more.
chosen = st.navigation(list(registered.values()), position="hidden")
# On a phone the sidebar would stay open over the page that was asked for.
links = (
    st.container(horizontal=True, gap="xsmall") if view.on_a_phone() else st.sidebar.container(gap="xsmall")
)
st.set_page_config(page_title=f"{chosen.title} · Bike lakehouse")
# Lake health must answer above all when nothing else does.
page = next(page for page in PAGES if page.title == chosen.title)
try:
    view.prepare(page)
    with links:
        for one in PAGES:
            st.page_link(registered[one.title], width="content", query_params=view.address_of(one))
    chosen.run()
finally:
    view.leave()
