"""Public holidays of the United States by rule, in the shape Nager.Date answers them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

_GOOD_FRIDAY = "CT DE HI IN KY LA NC ND NJ TN"
_INAUGURATION = "DC LA MD VA"
_COLUMBUS = (
    "AL AZ CO CT DC GA ID IL IN IA KS KY LA ME MD MA MS MO MT NE NH NJ NM NY NC OH OK PA RI SC TN UT VA WV"
)
_LOCAL = frozenset({"US-NY", "US-NJ"})


def weekday_of_month(year: int, month: int, weekday: int, which: int) -> date:
    """Return the `which`-th given weekday (0 = Monday) of a month; -1 is the last."""
    if which > 0:
        first = date(year, month, 1)
        return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (which - 1))
    last = (date(year, month, 1) + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return last - timedelta(days=(last.weekday() - weekday) % 7)


def easter_sunday(year: int) -> date:
    """Return Western Easter, after Gauss with Lilius' and Clavius' corrections."""
    golden, century = year % 19, year // 100
    moon = (15 + century - (13 + 8 * century) // 25 - century // 4) % 30
    sun = (4 + century - century // 4) % 7
    full_moon = (19 * golden + moon) % 30
    if full_moon == 29 or (full_moon == 28 and golden > 10):
        full_moon -= 1
    to_sunday = (2 * (year % 4) + 4 * (year % 7) + 6 * full_moon + sun) % 7
    return date(year, 3, 22) + timedelta(days=full_moon + to_sunday)


def observed(day: date) -> date:
    """Return the working day on which a holiday of fixed date is kept: Saturdays move back, Sundays on."""
    return day + timedelta(days={5: -1, 6: 1}.get(day.weekday(), 0))


def _entry(day: date, local: str, **other: Any) -> dict[str, Any]:
    states: str = other.get("states", "")
    return {
        "date": day.isoformat(),
        "localName": local,
        "name": other.get("name", local),
        "countryCode": "US",
        "fixed": other.get("fixed", False),
        "global": not states,
        "counties": [f"US-{state}" for state in states.split()] or None,
        "launchYear": other.get("since"),
        "types": [other.get("kind", "Public")],
    }


def public_holidays(year: int) -> list[dict[str, Any]]:
    """Return a year's holidays in the upstream's shape and order.

    As upstream does, a New Year's Day kept on 31 December stands in the answer of the new year,
    and Good Friday stands twice: `Public` in some states, `Optional` in Texas.
    """
    good_friday = easter_sunday(year) - timedelta(days=2)
    entries = [
        _entry(observed(date(year, 1, 1)), "New Year's Day"),
        _entry(weekday_of_month(year, 1, 0, 3), "Martin Luther King, Jr. Day"),
        _entry(weekday_of_month(year, 2, 0, 3), "Presidents Day", name="Washington's Birthday"),
        _entry(good_friday, "Good Friday", states=_GOOD_FRIDAY),
        _entry(good_friday, "Good Friday", states="TX", kind="Optional"),
        _entry(weekday_of_month(year, 5, 0, -1), "Memorial Day"),
        _entry(observed(date(year, 7, 4)), "Independence Day"),
        _entry(weekday_of_month(year, 9, 0, 1), "Labor Day", name="Labour Day"),
        _entry(weekday_of_month(year, 10, 0, 2), "Columbus Day", states=_COLUMBUS),
        _entry(observed(date(year, 11, 11)), "Veterans Day"),
        _entry(weekday_of_month(year, 11, 3, 4), "Thanksgiving Day", since=1863),
        _entry(observed(date(year, 12, 25)), "Christmas Day"),
    ]
    if year % 4 == 1:
        entries.append(_entry(date(year, 1, 20), "Inauguration Day", fixed=True, states=_INAUGURATION))
    if year >= 2021:
        entries.append(_entry(observed(date(year, 6, 19)), "Juneteenth", since=2021))
    return sorted(entries, key=lambda entry: str(entry["date"]))


def days_off(years: Iterable[int]) -> frozenset[date]:
    """Return the days that are public holidays in New York or New Jersey."""
    return frozenset(
        date.fromisoformat(entry["date"])
        for year in years
        for entry in public_holidays(year)
        if "Public" in entry["types"] and (entry["global"] or _LOCAL & set(entry["counties"]))
    )


def write_holidays(folder: Path, years: Iterable[int]) -> None:
    """Write one `<year>.json` a year."""
    folder.mkdir(parents=True, exist_ok=True)
    for year in years:
        text = json.dumps(public_holidays(year), ensure_ascii=False, separators=(",", ":"))
        (folder / f"{year}.json").write_text(text, encoding="utf-8")
