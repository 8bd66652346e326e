"""The one sentence that a page opens with: computed, with its interval and what it rests on."""

from __future__ import annotations

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
