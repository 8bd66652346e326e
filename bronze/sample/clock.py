"""New York's clock over a period, hour by hour, as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

HOUR_US = 3_600_000_000
MARGIN_DAYS = 2
_NEW_YORK = ZoneInfo("America/New_York")


@dataclass(frozen=True)
class Clock:
    """Every UTC hour from two days before the first month to two days after the last.

    `start_us` is the first hour in microseconds since 1970; `offset_us` is New York's offset in each hour.
    """

    months: tuple[str, ...]
    first_day: date
    last_day: date
    start_us: int
    offset_us: Array

    @classmethod
    def over(cls, months: Sequence[str]) -> Clock:
        """Return the clock over months `YYYY-MM`, which may have gaps between them.

        Raises:
            ValueError: there is no month, or one is not written so.
        """
        if not months:
            raise ValueError("name at least one month, such as 2024-01")
        ordered = tuple(sorted(set(months)))
        after = (date.fromisoformat(f"{ordered[-1]}-01") + timedelta(days=31)).replace(day=1)
        first = date.fromisoformat(f"{ordered[0]}-01") - timedelta(days=MARGIN_DAYS)
        last = after + timedelta(days=MARGIN_DAYS - 1)
        start = datetime(first.year, first.month, first.day, tzinfo=UTC)
        hours = 24 * ((last - first).days + 1)
        offsets = [
            (start + timedelta(hours=hour)).astimezone(_NEW_YORK).utcoffset() or timedelta()
            for hour in range(hours)
        ]
        offset_us = np.array([int(offset.total_seconds()) * 1_000_000 for offset in offsets], dtype=np.int64)
        return cls(ordered, first, last, int(start.timestamp()) * 1_000_000, offset_us)

    @property
    def hour_us(self) -> Array:
        """The start of every hour, in UTC microseconds."""
        return self.start_us + HOUR_US * np.arange(len(self.offset_us), dtype=np.int64)

    @property
    def local_us(self) -> Array:
        """What New York's clocks show at the start of every hour, in microseconds."""
        return self.hour_us + self.offset_us

    def to_local(self, utc_us: Array) -> Array:
        """Turn UTC microseconds into what New York's clocks show then, in microseconds."""
        hour = np.clip((utc_us - self.start_us) // HOUR_US, 0, len(self.offset_us) - 1)
        local: Array = utc_us + self.offset_us[hour]
        return local


def month_of(local_us: Array) -> Array:
    """Return months since 1970-01 of local microseconds."""
    return local_us.astype("datetime64[us]").astype("datetime64[M]").astype(np.int64)


def month_number(month: str) -> int:
    """Return a month `YYYY-MM` as months since 1970-01."""
    return (int(month[:4]) - 1970) * 12 + int(month[5:7]) - 1
