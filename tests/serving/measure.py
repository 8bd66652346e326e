"""From click to drawn page, query times and the server's memory, on the lake at LAKE_ROOT.

`LAKE_ROOT=… python -m tests.serving.measure`: each page for the first time on a fresh server, then with
another filter (no answer is kept yet), then as at first (answers are kept).
"""

from __future__ import annotations

import functools
import time
from typing import Any

import psutil  # type: ignore[import-untyped]

from lake import locate
from serving.pages import PAGES
from serving.reader import _answer, open_reader
from tests.serving import browser as chrome
from tests.serving.test_browser import FIGURES as DRAWN

# A lake without rejected rows draws none of them.
FIGURES = DRAWN | {"health": 0}
LINKS = {page.name: page.title for page in PAGES}


def memory():
    """Return the resident megabytes of the server that is our child."""
    for child in psutil.Process().children(recursive=True):
        if "streamlit" in " ".join(child.cmdline()):
            return child.memory_info().rss / 1e6
    return float("nan")


def timed(page, name, action):
    """Return seconds from an action until the page's figures are drawn."""
    begun = time.perf_counter()
    action()
    page.get_by_role("heading", name=LINKS[name], exact=True).wait_for()
    chrome.settle(page, FIGURES[name])
    return time.perf_counter() - begun


def members(page):
    """Choose members, and wait for the run to begin: what is shown is stale from then on."""
    page.get_by_role("option", name="Members").click()
    page.wait_for_url("**member=member**")


def pages():
    """Print a table of seconds by page."""
    with chrome.server(locate().root) as address, chrome.chromium() as browser:
        page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
        page.goto(f"{address}health")
        chrome.settle(page)
        print(f"server after its start: {memory():.0f} MB")
        for name, label in LINKS.items():
            link = page.get_by_role("link", name=label)
            # An `a` of another page first, so that each is a click from elsewhere.
            cold = timed(page, name, link.click)
            changed = None
            if name != "health":
                page.get_by_role("combobox", name="Riders").click()
                changed = timed(page, name, functools.partial(members, page))
                page.get_by_role("combobox", name="Riders").click()
                page.get_by_role("option", name="All riders").click()
                page.wait_for_url(lambda url: "member=" not in url)
                chrome.settle(page, FIGURES[name])
            page.get_by_role("link", name="Lake health" if name != "health" else "Overview").click()
            chrome.settle(page)
            page.wait_for_timeout(500)
            warm = timed(page, name, link.click)
            other = f"{changed:.2f}" if changed else "–"
            print(
                f"{name:10} first {cold:.2f} s, other filter {other} s, again {warm:.2f} s, {memory():.0f} MB"
            )


def queries():
    """Print milliseconds by page of everything that it asks, each question for the first time."""
    from serving.queries import (
        availability,
        demand,
        health,
        holidays,
        overview,
        overview_weeks,
        shared,
        stations,
        stations_balance,
        weather,
    )

    reader = open_reader()
    held = shared.held(reader)
    assert held, "no day is covered"
    chosen = held.everything
    busiest = stations.stations(reader, chosen)["station_id"][0]
    asked: dict[str, list[Any]] = {
        "overview": [
            overview.headline,
            shared.notes,
            shared.trend,
            lambda one, of: overview.by_month(one, of, "bike_type"),
            lambda one, of: overview_weeks.weeks(one, of, held),
        ],
        "demand": [
            shared.trend,
            demand.week_hours,
            demand.day_hours,
            demand.cities,
            demand.durations,
            demand.distances,
        ],
        "stations": [
            stations.stations,
            lambda one, of: stations.profile(one, of, busiest),
            lambda one, of: stations.routes(one, of, busiest, count=5),
            lambda one, of: stations.flows(one, of, count=50),
            stations_balance.by_day,
            stations_balance.by_station,
            lambda one, of: stations_balance.by_weekday(one, of, busiest),
            stations_balance.one_way,
        ],
        "availability": [
            availability.observed,
            availability.told,
            availability.stations,
            availability.by_hour,
            availability.flow,
            availability.without_trips,
        ],
        "weather": [shared.weather_days, weather.hours, weather.by_temperature, weather.rain_by_hour],
        "holidays": [holidays.impact],
    }
    for name, questions in asked.items():
        days = shared.held(reader, next(page.calendar for page in PAGES if page.name == name))
        if days is None:
            continue  # nobody asked the feed
        _answer.clear()
        spent = []
        for question in questions:
            begun = time.perf_counter()
            question(reader, days.everything)
            spent.append(f"{1000 * (time.perf_counter() - begun):.0f}")
        print(f"{name:10} queries {', '.join(spent)} ms")
    begun = time.perf_counter()
    health.conservation(reader)
    print(f"health     queries {1000 * (time.perf_counter() - begun):.0f} ms")


if __name__ == "__main__":
    queries()
    pages()
