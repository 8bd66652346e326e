"""What the reader of a page has chosen: kept in the URL, handed to every query as parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

#: Values and how they are shown. The key None means all of them and does not stand in the URL.
CITIES = {None: "Both cities", "nyc": "New York", "jc": "Jersey City"}
MEMBERS = {None: "All riders", "member": "Members", "casual": "Casual riders", "unknown": "Riders not known"}
BIKES = {
    None: "All bikes",
    "classic": "Classic bikes",
    "electric": "Electric bikes",
    "unknown": "Bikes not known",
}

URL_NAMES = ("from", "to", "city", "member", "bike")

#: The condition that a query on a mart with these columns puts after `where`.
CHOSEN = """(
    trip_date between $first and $last
    and ($city is null or city = $city)
    and ($member is null or member_type = $member)
    and ($bike is null or bike_type = $bike)
)"""
#: The same for marts by month: a month counts if a chosen day lies in it.
CHOSEN_MONTHS = """(
    trip_month between strftime(cast($first as date), '%Y-%m') and strftime(cast($last as date), '%Y-%m')
    and ($city is null or city = $city)
)"""


@dataclass(frozen=True)
class Filters:
    """A choice. `first` and `last` are local days, both included; None elsewhere means all."""

    first: date
    last: date
    city: str | None = None
    member: str | None = None
    bike: str | None = None

    @property
    def parameters(self) -> dict[str, Any]:
        """The choice as parameters of a query."""
        return {
            "first": self.first,
            "last": self.last,
            "city": self.city,
            "member": self.member,
            "bike": self.bike,
        }

    @property
    def days(self) -> int:
        """Calendar days from first to last."""
        return (self.last - self.first).days + 1

    @property
    def before(self) -> Filters:
        """The same choice for as many days, just before."""
        return replace(self, first=self.first - timedelta(self.days), last=self.first - timedelta(1))

    @property
    def told(self) -> str:
        """The choice in words."""
        parts = [period(self.first, self.last), CITIES[self.city]]
        parts += [MEMBERS[self.member]] if self.member else []
        parts += [BIKES[self.bike]] if self.bike else []
        return " · ".join(parts)

    def url(self, bounds: tuple[date, date]) -> dict[str, str]:
        """Return what stands in the URL: only what differs from everything the lake holds."""
        values = {
            "from": self.first.isoformat() if self.first != bounds[0] else None,
            "to": self.last.isoformat() if self.last != bounds[1] else None,
            "city": self.city,
            "member": self.member,
            "bike": self.bike,
        }
        return {name: value for name, value in values.items() if value}


def period(first: date, last: date) -> str:
    """Return two days in words, as `1 Nov 2020 – 30 Apr 2021`."""
    if first == last:
        return day(first)
    return f"{day(first)} – {day(last)}"


def day(one: date) -> str:
    """Return a day as `1 Nov 2020`."""
    return f"{one.day} {one:%b %Y}"


def from_url(values: Mapping[str, str], bounds: tuple[date, date]) -> Filters:
    """Read a choice from a URL; what it does not say, or says wrongly, is everything the lake holds."""
    first, last = _day(values.get("from")), _day(values.get("to"))
    return within(
        Filters(
            first or bounds[0],
            last or bounds[1],
            _known(values.get("city"), CITIES),
            _known(values.get("member"), MEMBERS),
            _known(values.get("bike"), BIKES),
        ),
        bounds,
    )


def within(chosen: Filters, bounds: tuple[date, date]) -> Filters:
    """Return the choice cut to the lake's days; all of them if nothing would be left."""
    first, last = max(chosen.first, bounds[0]), min(chosen.last, bounds[1])
    if first > last:
        first, last = bounds
    return replace(chosen, first=first, last=last)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _known(text: str | None, options: Mapping[str | None, str]) -> str | None:
    return text if text in options else None
