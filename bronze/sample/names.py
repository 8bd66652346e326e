"""The table of station names that rides point into: the plain ones, and the odd ones behind them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bronze.sample.clock import Array, month_number
from bronze.sample.stations import Stations

_RENAMED_NYC = ((4, "2021-02", "Lantern Market"), (17, "2021-01", "Harbour Steps & Keel Ave"))
_RENAMED_JC = ((6, "2021-03", "Tobacco Works Museum"),)
_DOUBLE_SPACE = (9, "2021-02")
_DEPOTS = (("Yard 7 - Workshop Depot", "SYS041"), ("MTL-ECO5-07", "SYS042"))


@dataclass(frozen=True)
class Names:
    """Rows of (name, modern id, legacy id); None is blank in the file.

    Row n of the plain stations is station n. The other fields are numbers of rows: `nowhere` is all blank,
    `renamed` holds (station, first month since 1970, row of its later name), `cut` (station, row with the
    zero of its id cut off, as a spreadsheet does).
    """

    name: Array
    identifier: Array
    legacy: Array
    latitude: Array
    longitude: Array
    new_york_count: int
    nowhere: int
    without_id: tuple[int, ...]
    depots: tuple[int, ...]
    broken: tuple[int, int]
    renamed: tuple[tuple[int, int, int], ...]
    cut: tuple[int, int]


def make_names(new_york: Stations, jersey_city: Stations) -> Names:
    """Put both cities' stations into one table, New York first, and add the odd rows."""
    both = (new_york, jersey_city)
    shift = len(new_york)
    names: list[str | None] = [*new_york.name, *jersey_city.name]
    modern: list[str | None] = [*new_york.identifier, *jersey_city.identifier]
    legacy: list[str | None] = [*new_york.legacy, *jersey_city.legacy]

    def add(name: str | None, identifier: str | None, old: str | None = None) -> int:
        names.append(name)
        modern.append(identifier)
        legacy.append(old)
        return len(names) - 1

    def other_name(station: int, name: str) -> int:
        return add(name, modern[station], legacy[station])

    nowhere = add(None, None)
    without_id = tuple(add(names[station], None) for station in (2, 11, shift + 3))
    depots = tuple(add(*depot) for depot in _DEPOTS)
    broken = tuple(other_name(s, str(names[s]).replace(" ", "\n", 1)) for s in (13, shift + 11))
    plans = [*_RENAMED_NYC, *((shift + station, since, name) for station, since, name in _RENAMED_JC)]
    plans.append((*_DOUBLE_SPACE, str(names[_DOUBLE_SPACE[0]]).replace(" & ", "  & ")))
    ends_in_zero = next(s for s, identifier in enumerate(modern) if str(identifier).endswith("0"))
    cut = add(names[ends_in_zero], str(modern[ends_in_zero]).removesuffix("0"), legacy[ends_in_zero])
    renamed = tuple((s, month_number(since), other_name(s, name)) for s, since, name in plans)
    return Names(
        name=np.array(names, dtype=object),
        identifier=np.array(modern, dtype=object),
        legacy=np.array(legacy, dtype=object),
        latitude=np.concatenate([stations.latitude for stations in both]),
        longitude=np.concatenate([stations.longitude for stations in both]),
        new_york_count=shift,
        nowhere=nowhere,
        without_id=without_id,
        depots=depots,
        broken=(broken[0], broken[1]),
        renamed=renamed,
        cut=(ends_in_zero, cut),
    )
