"""The one sentence that a page opens with: computed, with its interval and what it rests on."""

from __future__ import annotations

from analysis.percents import interval, signed
from analysis.stats import Effect


def changed(what: str, effect: Effect, over: str) -> str:
    """Say what something did to trips, or that the data does not tell; `over` is what it rests on."""
    around = interval(effect.low, effect.high, digits=0)
    if not effect.is_clear:
        found = around if effect.is_wide else f"{signed(effect.percent, 0)} %, {around}"
        return f"This data does not tell whether {what[0].lower()}{what[1:]} changes trips: {found}, {over}."
    if effect.is_wide:
        return f"{what} brought more trips, but this data does not tell how many: {around}, {over}."
    if effect.percent < 0:
        ends = f"{_percent(-effect.high)} to {_percent(-effect.low)}"
        return f"{what} cost {_percent(-effect.percent)} % of trips ({ends}, 95 % interval), {over}."
    ends = f"{_percent(effect.low)} to {_percent(effect.high)}"
    return f"{what} brought {_percent(effect.percent)} % more trips ({ends}, 95 % interval), {over}."


def _percent(value: float) -> str:
    """Return a number above zero so that it does not read as zero: an interval that leaves it out, and what lies in that."""
    if value >= 1:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 0.1 else "under 0.1"
