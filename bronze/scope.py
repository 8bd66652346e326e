"""Months as people write them in the configuration."""

from __future__ import annotations

import re
from datetime import date, timedelta

_MONTH = re.compile(r"((?:19|20)\d\d)-(0[1-9]|1[0-2])")


def _index(text: str) -> int:
    match = _MONTH.fullmatch(text.strip())
    if not match:
        raise ValueError(
            f"sources.months: {text.strip()!r} is not a month; write 2024-05, a range 2024-02..2024-05, "
            "or several of these with commas between them"
        )
    return int(match[1]) * 12 + int(match[2]) - 1


def parse_months(text: str) -> list[str]:
    """Turn `2024-02..2024-05, 2024-10` into sorted months `YYYY-MM`, each once.

    Raises:
        ValueError: a part is no month, a range runs backwards, or nothing is left.
    """
    months: set[int] = set()
    for part in filter(str.strip, text.split(",")):
        first, dots, last = part.partition("..")
        low, high = _index(first), _index(last if dots else first)
        if high < low:
            raise ValueError(f"sources.months: the range {part.strip()} runs backwards")
        months.update(range(low, high + 1))
    if not months:
        raise ValueError("sources.months is empty: name at least one month, such as 2024-05")
    return [f"{month // 12:04d}-{month % 12 + 1:02d}" for month in sorted(months)]


def month_days(month: str) -> tuple[date, date]:
    """Return the first and last day of a month `YYYY-MM`."""
    first = date.fromisoformat(f"{month}-01")
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
