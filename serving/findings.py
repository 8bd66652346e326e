"""The one sentence that a page opens with: computed, with its interval and what it rests on."""

from __future__ import annotations

from analysis.slopes import Slope
from analysis.stats import Effect


def changed(what: str, effect: Effect, over: str) -> str:
    """Say what something did to trips, or that the data does not tell; `over` is what it rests on."""
    if not effect.is_clear:
        return (
            f"This data does not tell whether {what[0].lower()}{what[1:]} changes trips: {effect.percent:+.0f} %, "
            f"95 % interval {effect.low:+.0f} to {effect.high:+.0f}, {over}."
        )
    if effect.percent < 0:
        share, ends = -effect.percent, f"{-effect.high:.0f} to {-effect.low:.0f}"
        return f"{what} cost {share:.0f} % of trips ({ends}, 95 % interval), {over}."
    ends = f"{effect.low:.0f} to {effect.high:.0f}"
    return f"{what} brought {effect.percent:.0f} % more trips ({ends}, 95 % interval), {over}."


def emptied(slope: Slope) -> str:
    """Say whether stations are empty for longer after bikes left, in minutes of the next hour for each bike."""
    minutes, low, high = (f"{abs(one):.2f}" for one in (slope.value, slope.low, slope.high))
    if not slope.is_clear:
        return (
            "This data does not tell whether a station is without a bike for longer after more bikes left than came: "
            f"{slope.value:+.2f} minutes of the next hour for each, 95 % interval {slope.low:+.2f} to {slope.high:+.2f}, "
            f"over {slope.over}."
        )
    ends = f"{low} to {high}" if slope.value > 0 else f"{high} to {low}"
    return (
        f"After an hour in which one bike more left than came, a station is without a bike for {minutes} minutes "
        f"{'longer' if slope.value > 0 else 'less'} of the next hour ({ends}, 95 % interval), over {slope.over}."
    )
