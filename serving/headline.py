"""The headline of Overview: which two periods are compared, and the figures in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from serving.filters import Filters, period
from serving.queries.overview import Headline, headline
from serving.reader import Reader

#: Days compared where the whole lake is chosen: whole weeks, so that weekends do not bend the figures.
_WEEKS = 28


@dataclass(frozen=True)
class Figure:
    """One figure as it is shown; `change` is None where there is nothing to compare with."""

    label: str
    value: str
    change: str | None
    explained: str


@dataclass(frozen=True)
class Comparison:
    """Two periods of the same length, one after the other, and what became of the figures."""

    told: str
    figures: list[Figure]


def compare(reader: Reader, chosen: Filters, bounds: tuple[date, date]) -> Comparison:
    """Compare the chosen days with as many before; if there are none, their last weeks with those before."""
    late = chosen
    if late.before.last < bounds[0] or headline(reader, late.before).days == 0:
        days = min(_WEEKS, chosen.days // 2)
        late = replace(chosen, first=chosen.last - timedelta(days - 1)) if days else chosen
    latest, earlier = headline(reader, late), headline(reader, late.before)
    told = f"**{period(late.first, late.last)}**{_covered(latest, late)}"
    if earlier.days == 0:
        told += ". The lake holds no days before these to compare with."
    else:
        told += f" against {period(late.before.first, late.before.last)}{_covered(earlier, late.before)}."
    return Comparison(told, _figures(latest, earlier if earlier.days else None))


def _covered(found: Headline, asked: Filters) -> str:
    return "" if found.days == asked.days else f" ({found.days} of {asked.days} days covered)"


def _figures(latest: Headline, earlier: Headline | None) -> list[Figure]:
    def number(value: float | None) -> str:
        return "–" if value is None else f"{value:,.0f}"

    def minutes(value: float | None) -> str:
        return "–" if value is None else f"{value:.1f} min"

    def share(value: float | None) -> str:
        return "–" if value is None else f"{100 * value:.1f} %"

    shown: list[tuple[str, Callable[[Headline], float | None], Callable[[float | None], str], str]] = [
        ("Trips", lambda one: one.trips, number, "All trips that started on these days."),
        ("Trips a day", lambda one: one.a_day, number, "Mean over the days that the lake covers."),
        (
            "Casual riders",
            lambda one: one.casual_share,
            share,
            "Share of trips; change in percentage points.",
        ),
        (
            "Electric bikes",
            lambda one: one.electric_share,
            share,
            "Share of trips; change in percentage points.",
        ),
        ("Length of a trip", lambda one: one.minutes, minutes, "Mean minutes, trips of over a day left out."),
    ]
    return [
        Figure(
            label, form(get(latest)), _change(form, get(latest), get(earlier) if earlier else None), explained
        )
        for label, get, form, explained in shown
    ]


def _change(form: Callable[[float | None], str], now: float | None, then: float | None) -> str | None:
    if now is None or not then:
        return None
    if form(1.0).endswith("%"):
        return f"{100 * (now - then):+.1f} points"
    return f"{100 * (now / then - 1):+.1f} %"
