"""Invented stations: names made of parts, coordinates on the two banks of the Hudson."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bronze.sample.clock import Array

_STREETS = (
    "Alder St", "Birch St", "Chandler St", "Dorset St", "Elm Row", "Fulmar St", "Garnet St", "Hollis St",
    "Iris St", "Juniper St", "Kestrel St", "Larch St", "Mercator St", "Norden St", "Orchid St", "Pearlman St",
    "Quince St", "Rowan St", "Sorrel St", "Tanner St", "Umber St", "Vesper St", "Willow Row", "Yarrow St",
)  # fmt: skip
_AVENUES = (
    "Anchor Ave", "Beacon Ave", "Cooper Ave", "Drover Ave", "Ember Ave", "Foundry Ave", "Granary Ave",
    "Harvest Ave", "Ironmonger Ave", "Joiner Ave", "Keel Ave", "Lantern Ave", "Mason Ave", "Navigator Ave",
)  # fmt: skip
_JERSEY = (
    "Heron Park", "Ferry Slip", "Quarry Hill", "Old Brewery", "Canal Bend", "Lighthouse Sq", "Tobacco Works",
    "Rail Yard North", "Rail Yard South", "Library Steps", "Weaver Sq", "Mill Creek", "Signal Hill",
    "Market Hall", "Observatory Pl", "Cedar & 4 St", "Cedar & 9 St", "Linden & 2 St", "Linden & 7 St",
    "Maple & 5 St", "Hudson Stairs", "Pavilion Walk", "Copper Works", "Reservoir Gate", "Sycamore Ct",
)  # fmt: skip
_KM_PER_DEGREE = (111.2, 84.3)


@dataclass(frozen=True)
class Stations:
    """A city's stations as arrays of one length.

    `identifier` is the id in modern files and `legacy` the number in old ones; `popularity` sums to 1;
    `business` runs from 0 (people live there) to 1 (people work there).
    """

    name: Array
    identifier: Array
    legacy: Array
    latitude: Array
    longitude: Array
    popularity: Array
    business: Array

    def __len__(self) -> int:
        return len(self.name)

    def distance_km(self) -> Array:
        """Return the distances between all pairs, as the crow flies."""
        north = self.latitude * _KM_PER_DEGREE[0]
        east = self.longitude * _KM_PER_DEGREE[1]
        distance: Array = np.hypot(north[:, None] - north[None, :], east[:, None] - east[None, :])
        return distance


def _spread(count: int) -> tuple[Array, Array]:
    """Return points that fill the unit square evenly, without a grid's look (R2 sequence)."""
    index = np.arange(1, count + 1)
    return (0.5 + 0.7548776662466927 * index) % 1, (0.5 + 0.5698402909980532 * index) % 1


def _weights(rng: np.random.Generator, count: int) -> Array:
    weights = rng.lognormal(0, 0.8, count)
    shares: Array = weights / weights.sum()
    return shares


def new_york(count: int = 60) -> Stations:
    """Return stations of Manhattan (two in three) and Brooklyn, the same ones whatever the seed.

    Ids look like numbers and are text: a number would lose the zero of `5470.10`.
    """
    rng = np.random.default_rng(1811)
    along, across = _spread(count)
    island = np.arange(count) % 3 < 2
    side = (across - 0.5) * 1.4
    latitude = np.where(island, 40.718 + 0.078 * along - 0.005 * side, 40.672 + 0.026 * along)
    longitude = np.where(island, -73.9985 + 0.042 * along + 0.0135 * side, -73.988 + 0.034 * across)
    blocks = len(_STREETS) * len(_AVENUES)
    order = rng.permutation(blocks)
    names = []
    for index in range(count):
        street, avenue = divmod(int(order[index % blocks]), len(_AVENUES))
        more = index // blocks
        names.append(f"{_STREETS[street]} & {_AVENUES[avenue]}" + (f" {more + 1}" if more else ""))
    numbers = rng.choice(5000, size=count, replace=False) + 4000
    identifiers = [f"{number}.{rng.integers(1, 13):02d}" for number in numbers]
    identifiers[:2] = ["5470.09", "5470.10"]
    business = np.clip(np.where(island, 0.65, 0.2) + rng.normal(0, 0.18, count), 0, 1)
    return Stations(
        name=np.array(names, dtype=object),
        identifier=np.array(identifiers, dtype=object),
        legacy=np.array([str(number) for number in numbers // 10], dtype=object),
        latitude=np.round(latitude + rng.normal(0, 0.0004, count), 6),
        longitude=np.round(longitude + rng.normal(0, 0.0004, count), 6),
        popularity=_weights(rng, count),
        business=business,
    )


def jersey_city(count: int = 25) -> Stations:
    """Return up to 25 stations of Jersey City and Hoboken, the same ones whatever the seed."""
    rng = np.random.default_rng(1872)
    along, across = _spread(count)
    hoboken = along > 0.8
    identifiers = [f"{'HB' if north else 'JC'}{index + 3:03d}" for index, north in enumerate(hoboken)]
    return Stations(
        name=np.array(_JERSEY[:count], dtype=object),
        identifier=np.array(identifiers, dtype=object),
        legacy=np.array([str(3183 + 7 * index) for index in range(count)], dtype=object),
        latitude=np.round(40.7135 + 0.038 * along, 6),
        longitude=np.round(np.where(hoboken, -74.0405 + 0.0105 * across, -74.071 + 0.0375 * across), 6),
        popularity=_weights(rng, count),
        business=np.clip(0.15 + 0.7 * across + rng.normal(0, 0.1, count), 0, 1),
    )
