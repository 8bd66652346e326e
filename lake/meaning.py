"""What tables mean: descriptions, units, grain, key and measures, written down with each snapshot.

It is taken from the models when the snapshot is published, so that an old snapshot explains itself and no
reader needs dbt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from lake.errors import DamagedError
from lake.files import read_json, write_json
from lake.inventory import digest

#: Lies in a snapshot's folder beside its facts, which hold its hash.
MEANING = "meaning.json"
_MEND = "`make run` builds a sound snapshot"


@dataclass(frozen=True)
class Measure:
    """A figure of one table, defined once.

    `expression` is the SQL aggregate over the table's rows, `of` the columns that it reads, `unit` what it counts
    in. `adds_over` are the columns over whose values it may be summed; over others it has to be computed anew from
    the rows.
    """

    expression: str
    of: tuple[str, ...]
    unit: str
    description: str
    adds_over: tuple[str, ...] = ()


@dataclass(frozen=True)
class TableMeaning:
    """A table in words: what a row is (`grain`), the columns that name one (`key`), and its measures by name.

    `columns` are descriptions by name, with units in the words. What nobody has described is empty.
    """

    description: str = ""
    grain: str = ""
    key: tuple[str, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    measures: Mapping[str, Measure] = field(default_factory=dict)


#: By the table's name as it is asked for: `gold.mart_demand_daily`.
Meanings = Mapping[str, TableMeaning]


def write_meanings(snapshot: Path, meanings: Meanings) -> str:
    """Write down what the tables of a snapshot mean, and return the file's hash, which its facts are to hold.

    `snapshot` is its folder, not published yet.
    """
    write_json(snapshot / MEANING, {"tables": {name: asdict(one) for name, one in sorted(meanings.items())}})
    return digest(snapshot / MEANING)


def check_meanings(snapshot: Path, made: str | None) -> None:
    """See whether what was written down is there; `made` is its hash in the facts, None from before there was one.

    Raises:
        DamagedError: it is not.
    """
    path = snapshot / MEANING
    if made is not None and not (path.exists() and digest(path) == made):
        raise DamagedError(f"{path} is not what was published; {_MEND}")


def read_meanings(snapshot: Path) -> dict[str, TableMeaning]:
    """Return what the tables of a snapshot mean; nothing for one from before this was written down.

    Raises:
        DamagedError: the file cannot be read.
    """
    path = snapshot / MEANING
    if not path.exists():
        return {}
    try:
        return {
            name: _table(told)
            for name, told in read_json(path, {"tables": dict}, mend=_MEND)["tables"].items()
        }
    except (AttributeError, KeyError, TypeError) as error:
        raise DamagedError(f"{path} is not what this lake writes ({error}); {_MEND}") from error


def _table(told: dict[str, Any]) -> TableMeaning:
    measures = {
        name: Measure(**{**one, "of": tuple(one["of"]), "adds_over": tuple(one["adds_over"])})
        for name, one in told["measures"].items()
    }
    return TableMeaning(**{**told, "key": tuple(told["key"]), "measures": measures})


def measure_script(meanings: Meanings) -> str:
    """Return the SQL that makes each measure a macro of its columns: `measure.casual_share(trips, member_type)`.

    So every reader of the lake takes a figure from where it is defined, whatever it groups by.
    """
    macros = [
        f'create or replace macro measure."{name}"({", ".join(one.of)}) as {one.expression};'
        for table in meanings.values()
        for name, one in table.measures.items()
    ]
    return "\n".join(["create schema if not exists measure;", *macros]) + "\n"
