"""THE list of pages, in the order of the navigation. The app, its tests and its measurements go by it."""

from __future__ import annotations

from dataclasses import dataclass

from serving.filters import TRIPS, Calendar


@dataclass(frozen=True)
class Page:
    """A page: `screens/<name>.py`, at `/<name>`.

    `icon` is one of the Material symbols that Streamlit ships. `figures` is how many it draws where nothing
    is missing. Only a page that does not need data is drawn on an empty lake. `calendar` has the days that can be
    chosen on it: those of what it shows.
    """

    name: str
    title: str
    icon: str
    figures: int
    needs_data: bool = True
    calendar: Calendar = TRIPS


#: Hours in which somebody asked the stations' live feed.
OBSERVED = Calendar(
    "gold.mart_station_availability",
    "status_date",
    "It shows what stations' live feeds answered, and no answer has landed: name an address or an archive of "
    "`gbfs` in `.dlt/config.toml`, ask with `make poll`, and run `make run`.",
)


PAGES = (
    Page("overview", "Overview", "dashboard", figures=4),
    Page("demand", "Demand", "show_chart", figures=6),
    Page("stations", "Stations", "map", figures=8),
    Page("availability", "Availability", "battery_horiz_050", figures=6, calendar=OBSERVED),
    Page("weather", "Weather", "rainy", figures=6),
    Page("holidays", "Holidays", "celebration", figures=2),
    Page("health", "Lake health", "health_and_safety", figures=1, needs_data=False),
)
