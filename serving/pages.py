"""THE list of pages, in the order of the navigation. The app, its tests and its measurements go by it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Page:
    """A page: `screens/<name>.py`, at `/<name>`.

    `icon` is one of the Material symbols that Streamlit ships. `figures` is how many it draws where nothing
    is missing. Only a page that does not need data is drawn on an empty lake.
    """

    name: str
    title: str
    icon: str
    figures: int
    needs_data: bool = True


PAGES = (
    Page("overview", "Overview", "dashboard", figures=4),
    Page("demand", "Demand", "show_chart", figures=6),
    Page("stations", "Stations", "map", figures=8),
    Page("weather", "Weather", "rainy", figures=6),
    Page("holidays", "Holidays", "celebration", figures=2),
    Page("health", "Lake health", "health_and_safety", figures=1, needs_data=False),
)
