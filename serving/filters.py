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
    def cuts_a_month(self) -> bool:
        """Whether a month is chosen in part."""
        return self.first.day > 1 or (self.last + timedelta(1)).day > 1

    @property
    def told(self) -> str:
        """The choice in words."""
        parts = [period(self.first, self.last), CITIES[self.city]]
        parts += [MEMBERS[self.member]] if self.member else []
        parts += [BIKES[self.bike]] if self.bike else []
        return " · ".join(parts)

    def url(self, held: Held) -> dict[str, str]:
        """Return what stands in the URL: only what differs from everything the lake holds."""
        values = {
            "from": self.first.isoformat() if self.first != held.first else None,
            "to": self.last.isoformat() if self.last != held.last else None,
            "city": self.city if self.city != held.everything.city else None,
            "member": self.member,
            "bike": self.bike,
        }
        return {name: value for name, value in values.items() if value}


@dataclass(frozen=True)
class Calendar:
    """The days that a page offers: those of a mart with a column `city`, and one of days.

    `nothing` says what to do where it has none.
    """

    table: str
    day: str
    nothing: str


TRIPS = Calendar("gold.mart_covered_days", "trip_date", "Add months to the scope and run `make run`.")


@dataclass(frozen=True)
class Held:
    """What a lake has of a calendar: its first and last day, and the cities that have one."""

    first: date
    last: date
    cities: tuple[str, ...]

    @property
    def everything(self) -> Filters:
        """The choice of all that is covered; of a single city there is nothing to choose."""
        return Filters(self.first, self.last, self.cities[0] if len(self.cities) == 1 else None)

    @property
    def options(self) -> dict[str | None, str]:
        """The cities to choose from, and how they are shown."""
        return {one: name for one, name in CITIES.items() if one is None or one in self.cities}


@dataclass(frozen=True)
class Wish:
    """What was asked for of days and city, whatever a page has of it; None is all that there is.

    Pages of another calendar have other days: each shows what it has of a wish, and the next one all of it again.
    """

    first: date | None = None
    last: date | None = None
    city: str | None = None

    def on(self, held: Held, chosen: Filters) -> Filters:
        """Return a choice with what is held of this wish; all that is held where nothing would be left."""
        asked = replace(chosen, first=self.first or held.first, last=self.last or held.last, city=self.city)
        return within(asked, held)


def wish_of(chosen: Filters, held: Held) -> Wish:
    """Return a choice as a wish: an end of what is held stays open, so that a month to come is in it."""
    everything = held.everything
    return Wish(
        None if chosen.first == held.first else chosen.first,
        None if chosen.last == held.last else chosen.last,
        None if chosen.city == everything.city else chosen.city,
    )


def period(first: date, last: date) -> str:
    """Return two days in words, as `1 Nov 2020 – 30 Apr 2021`."""
    if first == last:
        return day(first)
    return f"{day(first)} – {day(last)}"


def day(one: date) -> str:
    """Return a day as `1 Nov 2020`."""
    return f"{one.day} {one:%b %Y}"


def months(first: date, last: date) -> str:
    """Return whole months in words, as `March 2021` or `June – September 2024`; other days as `period`."""
    if first.day > 1 or (last + timedelta(1)).day > 1:
        return period(first, last)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first:%B %Y}"
    return f"{first:%B}{f' {first.year}' if first.year != last.year else ''} – {last:%B %Y}"


def from_url(values: Mapping[str, str], held: Held) -> Filters:
    """Read a choice from a URL; what it does not say, or says wrongly, is everything the lake holds."""
    first, last = _day(values.get("from")), _day(values.get("to"))
    return within(
        Filters(
            first or held.first,
            last or held.last,
            _known(values.get("city"), CITIES),
            _known(values.get("member"), MEMBERS),
            _known(values.get("bike"), BIKES),
        ),
        held,
    )


def unknown(values: Mapping[str, str], held: Held) -> list[str]:
    """Return what a URL names and the lake does not have, in words."""
    told = []
    for name in ("from", "to"):
        asked = _day(values.get(name))
        if name in values and asked is None:
            told.append(f"{quoted(name, values[name])}, which is no day")
        elif asked and not held.first <= asked <= held.last:
            told.append(f"{quoted(name, values[name])}, outside {period(held.first, held.last)}")
    first, last = _day(values.get("from")), _day(values.get("to"))
    if first and last and first > last:
        told.append(f"{quoted('from', values['from'])}, after {quoted('to', values['to'])}")
    for name, options in (("city", held.options), ("member", MEMBERS), ("bike", BIKES)):
        if name in values and values[name] not in options:
            told.append(quoted(name, values[name]))
    return told


def quoted(name: str, value: str) -> str:
    """Return a parameter of a URL as text that no Markdown gets out of."""
    return f"`{name}` is `{value.replace('`', ' ').strip() or ' '}`"


def within(chosen: Filters, held: Held) -> Filters:
    """Return the choice cut to the lake's days and cities; all of them if nothing would be left."""
    first, last = max(chosen.first, held.first), min(chosen.last, held.last)
    if first > last:
        first, last = held.first, held.last
    city = chosen.city if chosen.city in held.cities else None
    return replace(chosen, first=first, last=last, city=city or held.everything.city)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _known(text: str | None, options: Mapping[str | None, str]) -> str | None:
    return text if text in options else None
