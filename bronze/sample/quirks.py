"""The odd rows that real files hold, worked into invented rides: few, and each of a known number."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bronze.sample.clock import Array, Clock, month_number, month_of
from bronze.sample.names import Names
from bronze.sample.trips import DOCKED, JC, MEMBER, NO_USER_TYPE, NYC, Rides, concat

JC_MODERN_FROM = month_number("2021-02")
_CLOCKS_BACK = month_number("2020-11")
#: 2020-11-01 01:00 Eastern daylight time in UTC microseconds: the hour that New York's clocks show twice.
_DOUBLED_HOUR_US = 1_604_206_800_000_000
_BAD_STARTS = ("2021-02-30 08:15:00", "", "12/5/20 8:03", "2021-13-05 17:40:12", "NULL")
#: A batch smaller than this gets no malformed start: one would weigh too much in it.
_LARGE_BATCH = 2500


@dataclass
class Quirks:
    """Works oddities into rides, never two into one row, and counts them by name."""

    rng: np.random.Generator
    rides: Rides
    names: Names
    clock: Clock

    def __post_init__(self) -> None:
        self.counts: dict[str, int] = {}
        self._free = np.ones(len(self.rides), dtype=bool)
        self._extra: list[Rides] = []
        rides = self.rides
        self._everywhere = np.ones(len(rides), dtype=bool)
        self._modern = (rides.city == NYC) | (rides.month >= JC_MODERN_FROM)

    def apply(self) -> Rides:
        """Return the rides with all oddities, extra rows for duplicates at the end."""
        for step in (
            self._old_bikes, self._doubled_hour, self._month_edges, self._malformed_starts, self._durations,
            self._places, self._legacy_blanks, self._to_manhattan, self._duplicates,
        ):  # fmt: skip
            step()
        result = concat([self.rides, *self._extra])
        self._later_words(result)
        return result

    def _pick(self, name: str, where: Array, share: float, least: int = 1, most: int = 10**9) -> Array:
        """Choose rows for an oddity among those still plain, and count them."""
        rows = np.flatnonzero(where & self._free)
        count = min(max(least, round(share * len(rows))), most, len(rows))
        chosen = np.sort(self.rng.choice(rows, count, replace=False))
        self._free[chosen] = False
        self.counts[name] = self.counts.get(name, 0) + count
        return chosen

    def _old_bikes(self) -> None:
        """Leave Jersey City with docked bikes only through its first modern month: no electric ones yet."""
        rides = self.rides
        rows = np.flatnonzero((rides.city == JC) & (rides.month <= JC_MODERN_FROM))
        rides.bike_type[rows] = DOCKED
        rides.start_lat[rows] = self.names.latitude[rides.start[rows]]
        rides.start_lng[rows] = self.names.longitude[rides.start[rows]]

    def _doubled_hour(self) -> None:
        """Let rides start in the first 01:xx of 2020-11-01 and end in the second: "before" they start."""
        rides = self.rides
        for city in (NYC, JC):
            here = (rides.city == city) & (rides.month == _CLOCKS_BACK)
            rows = self._pick("doubled_hour", here, 3e-4, least=2, most=12)
            minutes = self.rng.uniform(36, 58, len(rows))
            rides.start_us[rows] = _DOUBLED_HOUR_US + np.round(minutes * 60_000).astype(np.int64) * 1000
            # Past 02:00 EDT by at most a quarter of an hour, so the clock shows 01:00 to 01:15 again.
            after = self.rng.uniform(0.5, 15, len(rows))
            rides.duration_ms[rows] = np.round((60 - minutes + after) * 60_000).astype(np.int64)

    def _month_edges(self) -> None:
        """File some rides under the month they ended in, and half of these under both months."""
        rides = self.rides
        for city, name in ((NYC, "2020-12"), (NYC, "2021-03"), (JC, "2021-03")):
            month = month_number(name)
            here = (rides.city == city) & (rides.month == month - 1)
            rows = self._pick("started_in_previous_month", here, 2e-4, least=2, most=20)
            turn = np.datetime64(name).astype("datetime64[us]").astype(np.int64)
            turn_us = turn + (turn - self.clock.to_local(np.array([turn]))[0])
            before = self.rng.integers(60_000, 900_000, len(rows))
            rides.start_us[rows] = turn_us - before * 1000
            rides.duration_ms[rows] = before + self.rng.integers(60_000, 900_000, len(rows))
            both = rides.take(rows[::2])
            rides.month[rows] = month
            self._extra.append(both)
            self.counts["in_two_batches"] = self.counts.get("in_two_batches", 0) + len(both)

    def _malformed_starts(self) -> None:
        """Write five start times that nobody can read, in five batches."""
        rides = self.rides
        months = [month_number(name) for name in ("2020-12", "2021-01", "2021-03", "2021-04")]
        spots = [*((NYC, month) for month in months), (JC, months[0])]
        for (city, month), text in zip(spots, _BAD_STARTS, strict=True):
            here = (rides.city == city) & (rides.month == month)
            if np.count_nonzero(here) >= _LARGE_BATCH:
                rides.start_text[self._pick("malformed_start", here, 0)] = text
        self.counts.setdefault("malformed_start", 0)

    def _durations(self) -> None:
        """Add false starts under a minute, bikes lost for a day, and clocks that ran apart."""
        rides, rng = self.rides, self.rng
        rows = self._pick("false_start", self._everywhere, 6e-3)
        rides.duration_ms[rows] = rng.integers(3_000, 59_000, len(rows))
        self._end_at_start(rows)
        rows = self._pick("lost_bike", self._everywhere, 1.2e-3)
        rides.duration_ms[rows] = 90_000_000 + rng.integers(-20_000, 20_000, len(rows))
        gone = rows[self._modern[rows]][::2]
        rides.end[gone] = self.names.nowhere
        rides.end_lat[gone] = rides.end_lng[gone] = np.nan
        rows = self._pick("ended_before_start", self._modern & (rides.month != _CLOCKS_BACK), 5e-5)
        rides.duration_ms[rows] = -rng.integers(5_000, 300_000, len(rows))

    def _end_at_start(self, rows: Array) -> None:
        rides = self.rides
        rides.end[rows] = rides.start[rows]
        rides.end_lat[rows], rides.end_lng[rows] = rides.start_lat[rows], rides.start_lng[rows]

    def _places(self) -> None:
        """Blank and half-known stations, depots, coordinates that are coarse, absent or zero."""
        rides, names, rng = self.rides, self.names, self.rng
        rows = self._pick("blank_end_station", self._modern, 1.2e-3)
        rides.end[rows] = names.nowhere
        rides.end_lat[rows] = np.round(rides.end_lat[rows], 2)
        rides.end_lng[rows] = np.round(rides.end_lng[rows], 2)
        rows = self._pick("blank_start_station", self._modern, 4e-4)
        rides.start[rows] = names.nowhere
        rides.start_lat[rows] = np.round(rides.start_lat[rows], 2)
        rides.start_lng[rows] = np.round(rides.start_lng[rows], 2)
        rows = self._pick("name_without_id", self._modern, 4e-4)
        rides.end[rows] = rng.choice(names.without_id, len(rows))
        rows = self._pick("depot", self._modern & (rides.city == NYC), 3e-4)
        rides.end[rows] = rng.choice(names.depots, len(rows))
        rides.end_lat[rows] = rides.end_lng[rows] = np.nan
        rows = self._pick("zero_coordinates", self._modern & (rides.city == NYC), 2e-4)
        rides.end_lat[rows] = rides.end_lng[rows] = 0.0
        broken_name = (month_number("2021-01"), month_number("2021-02"))
        for city, month in zip((NYC, JC), broken_name, strict=True):
            here = (rides.city == city) & (rides.month == month)
            rows = self._pick("line_break_in_name", here, 1e-4)
            rides.start[rows] = names.broken[city]

    def _legacy_blanks(self) -> None:
        """Write unknowns in the ways that old files have for them."""
        rides, legacy = self.rides, ~self._modern
        rides.birth[self._pick("birth_blank", legacy, 4e-3)] = 0
        rides.birth[self._pick("birth_null_text", legacy, 4e-3)] = -1
        rides.birth[self._pick("birth_backslash_n", legacy, 2e-3)] = -2
        rides.rider[self._pick("user_type_blank", legacy, 1.5e-3)] = NO_USER_TYPE

    def _to_manhattan(self) -> None:
        """Let some Jersey City rides take the ferry; up to three stand in New York's file as well."""
        rides, names = self.rides, self.names
        in_jersey = rides.city == JC
        modern, legacy = (
            self._pick("ends_across_the_river", in_jersey & schema, 6e-3, least=2)
            for schema in (self._modern, ~self._modern)
        )
        rows = np.concatenate([modern, legacy])
        rides.end[rows] = self.rng.integers(0, names.new_york_count, len(rows))
        rides.end_lat[rows] = names.latitude[rides.end[rows]]
        rides.end_lng[rows] = names.longitude[rides.end[rows]]
        rides.duration_ms[rows] = self.rng.integers(25 * 60_000, 80 * 60_000, len(rows))
        copies = rides.take(modern[:3])
        copies.city[:] = NYC
        self._extra.append(copies)
        self.counts["in_two_batches"] += len(copies)

    def _duplicates(self) -> None:
        """Write the same row twice in one file, in both schemas."""
        for where, share in ((self._modern & (self.rides.city == NYC), 4e-5), (~self._modern, 1e-4)):
            self._extra.append(self.rides.take(self._pick("same_row_twice", where, share, most=8)))

    def _later_words(self, rides: Rides) -> None:
        """Give renamed stations the month's name, cut the zero off some ids, and write some bikes' old word."""
        month = month_of(self.clock.to_local(rides.start_us))
        for station, since, new_name in self.names.renamed:
            for side in (rides.start, rides.end):
                side[(side == station) & (month >= since)] = new_name
        # Some of New York's rows went through a spreadsheet.
        station, cut = self.names.cut
        for side in (rides.start, rides.end):
            side[(side == station) & (rides.city == NYC) & (rides.key % np.uint64(16) == 0)] = cut
        # New York still writes `docked_bike` for a few.
        casual_docked = (rides.city == NYC) & (rides.rider != MEMBER) & (rides.key % np.uint64(50) == 0)
        rides.bike_type[casual_docked] = DOCKED
