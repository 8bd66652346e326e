"""Changes of trips in percent, in words that claim no more than there is.

Pages and notebooks tell them alike: from here on an interval has no digits, and so near is not zero.
"""

from __future__ import annotations

import numpy as np

#: Up to how many times as many trips an interval may reach, and how far its ends may then lie apart.
TIMES = 10


def is_wide(low: float, high: float) -> bool:
    """Return whether an interval in percent says nothing of how much, as that of two very different days.

    It reaches more than `TIMES` times as many, and its ends are further than that from each other: what is large and
    well known, 1,400 to 1,600 % more, is told.
    """
    times_low, times_high = 1 + low / 100, 1 + high / 100
    return times_high > TIMES and times_high > TIMES * times_low


def of_log(ratio: float) -> float:
    """Return the change in percent that the logarithm of a ratio is."""
    return float(100 * np.expm1(ratio))


def signed(value: float, digits: int = 1) -> str:
    """Return a change with its sign; what is not zero does not read as zero, and zero is not below zero."""
    text = f"{value:+z,.{digits}f}"
    if value and not float(text.replace(",", "")):
        return f"just {'above' if value > 0 else 'below'} 0"
    return text


def interval(low: float, high: float, digits: int = 1) -> str:
    """Say a 95 % interval, as sentences do."""
    return f"95 % interval {ends(low, high, digits)}"


def ends(low: float, high: float, digits: int = 1) -> str:
    """Say from where to where an interval goes; where it is wide, digits would be those of chance."""
    if is_wide(low, high):
        return "up to more than ten times as many trips"
    return f"{signed(low, digits)} to {signed(high, digits)}"
