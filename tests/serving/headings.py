"""What stands under which heading of a page: titles are written beside a query, and exchanged as easily as columns."""

from __future__ import annotations

import json
from typing import Any

#: Headings of figures, and what their axes, scales and legends have to say for it to be the figure that is meant.
UNDER = {
    "The same weekdays last week and last year": ["a week before", "in the weather of the chosen days"],
    "Trips a day and their mean over seven days": ["trips a day", "mean of 7 days"],
    "Who rides: share of trips by month": ["share of trips, %", "Members", "Casual riders"],
    "On what: share of trips by month": ["share of trips, %", "Classic bikes", "Electric bikes"],
    "Trips a day, their mean over seven days, and holidays": ["trips a day", "mean of 7 days", "holiday"],
    "Mean trips in each hour of the week": ["hour of the day", "Mon", "trips an hour"],
    "The day's course by season": ["hour of the day", "mean trips an hour", "winter"],
    "Mean trips a day by month and city": ["mean trips a day", "Jersey City", "New York"],
    "How long trips take": ["minutes", "share of trips, %", " min"],
    "How far trips go": ["kilometres", "share of trips, %", " km"],
    "Departures and net flow by station": ["degrees north", "net bikes a day"],
    "The 10 busiest stations": ["trips", "departures", "arrivals", "Library Steps"],
    "The busiest routes": ["degrees north"],
    "Bikes to be carried and swing, day by day": ["to be carried", "swing"],
    "Bikes above their station's level of midnight, by hour": ["by the end of the hour", "bikes"],
    "Stations that lose and gain the most bikes a day": ["net bikes a day", "Library Steps"],
    "Departures and arrivals by month": ["trips a month", "departures", "arrivals"],
    "Bikes it gains and loses, by hour and weekday": ["hour of the day", "Mon", "net bikes an hour"],
    "Stations without bikes or docks": ["degrees north", "% without docks less % without bikes"],
    "The 10 stations without bikes for longest": ["% of the time, no bike", "Library Steps"],
    "The 10 stations without docks for longest": ["% of the time, no dock", "Library Steps"],
    "Hours of the day": ["hour of the day", "no bike, weekend", "no dock, weekend"],
    "Minutes without a bike, after more bikes came or left": ["minutes without a bike", "5 to 9 came"],
    "What was observed": ["hour of the day", "minutes observed"],
    "Trips an hour by temperature": ["trips an hour", "temperature, °C", "day off"],
    "By rain": ["change of trips, %", "rain<br>"],
    "By wind": ["change of trips, %", " km/h<br>"],
    "By temperature": ["change of trips, %", " °C<br>"],
    "Change of trips by rain, hour by hour": ["hour of the day", "change of trips, %", "dry", "rain"],
    "What if the weather of a day were different?": ["trips an hour", "expected", "usual dry day"],
    "Trips on each holiday against comparable days": ["change of trips, %", "Jersey City", "Christmas Day"],
    "One holiday, hour by hour": ["trips an hour", "comparable days", "the holiday"],
    "Rejected rows by reason": ["rows", "missing start"],
}


def assert_under_its_heading(figure: Any) -> None:
    """Fail where a figure stands under a heading of another, or of none that is known."""
    heading, _, _ = figure.proto.alt.partition(". Figure")
    assert heading in UNDER, f"say in UNDER of tests/serving/headings.py what {heading!r} shows"
    told = "\n".join(_words(json.loads(figure.proto.spec)))
    assert [one for one in UNDER[heading] if one not in told] == [], f"{heading}: {told}"


def _words(spec: Any) -> list[str]:
    """Return what a reader sees of a figure: titles and ticks of axes, titles of scales, names, and places of bars."""
    axes = [spec["layout"].get(name, {}) for name in ("xaxis", "yaxis")]
    scales = [one.get("colorbar") or one.get("marker", {}).get("colorbar") or {} for one in spec["data"]]
    found = [one.get("title", {}).get("text") for one in (*axes, *scales)]
    found += [one.get("name") for one in spec["data"]]
    for values in (*(one.get("ticktext", []) for one in axes), *(one.get("y", []) for one in spec["data"])):
        found += [one for one in values if isinstance(one, str)]
    return [one for one in found if one]


def assert_headed_by_their_columns(table: Any) -> None:
    """Fail where a column stands under a heading that says another: what they share tells it from its neighbours."""
    told = {name: one["label"] for name, one in json.loads(table.proto.columns).items() if one.get("label")}
    words = {name: set(name.lower().replace("_", " ").split()) for name in table.value.columns}
    for name, heading in told.items():
        if heading == name.replace("_", " "):
            continue
        others = set().union(*(said for other, said in words.items() if other != name))
        assert set(heading.lower().replace(",", "").split()) & (words[name] - others), (
            f"{name!r} under {heading!r}"
        )
