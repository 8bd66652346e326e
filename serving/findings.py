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
        share, ends = -effect.percent, f"{_end(-effect.high)} to {_end(-effect.low)}"
        return f"{what} cost {share:.0f} % of trips ({ends}, 95 % interval), {over}."
    ends = f"{_end(effect.low)} to {_end(effect.high)}"
    return f"{what} brought {effect.percent:.0f} % more trips ({ends}, 95 % interval), {over}."


def _end(percent: float) -> str:
    """Return an end of an interval that leaves zero out, so that it does not read as zero."""
    return f"{percent:.0f}" if percent >= 0.5 else f"{percent:.1g}"
