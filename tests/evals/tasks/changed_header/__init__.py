"""Archives whose header is spelled otherwise, with a column more; one new name is that of another column in the oldest files.

A wrong answer reads `Start Time` as the new column in files of the legacy schema, mixes up two columns, or loses the
column that nobody asked for.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.evals.checks import (
    documents_true,
    has_its_test,
    nothing_loosened,
    nothing_outside,
    style,
)
from tests.evals.place import Place
from tests.evals.task import edited
from tests.evals.upstreams import LAND, ONE_CITY, landed, made, served
from tests.structure.copies import edit

SOURCE, TESTS = "bronze/sources/citibike/trips_csv.py", "tests/bronze/test_landing.py"
SUITE = "bronze/expectations/trips.py"
#: Columns of the modern schema, in the order of the files, and how they are spelled now.
NOW = {
    "ride_id": "Ride ID",
    "rideable_type": "Rideable Type",
    "started_at": "Start Time",
    "ended_at": "End Time",
    "start_station_name": "Start Station Name",
    "start_station_id": "Start Station ID",
    "end_station_name": "End Station Name",
    "end_station_id": "End Station ID",
    "start_lat": "Start Latitude",
    "start_lng": "Start Longitude",
    "end_lat": "End Latitude",
    "end_lng": "End Longitude",
    "member_casual": "Rider Type",
}
MORE = "Battery Level"
#: Of the legacy schema, by their place in the files.
LEGACY = {"tripduration": 0, "starttime": 1, "stoptime": 2, "start_station_id": 3, "bikeid": 11}


def prepare(place: Place) -> None:
    """Write the two upstreams: one that the agent sees, and one whose last month has another order and small letters."""
    _respell(made(place.hidden / "seen", seed=43), "2021-04")
    unseen = made(place.hidden / "unseen", seed=44)
    _respell(unseen, "2021-03")
    _respell(unseen, "2021-04", small=True)


@contextlib.contextmanager
def serve(place: Place) -> Iterator[dict[str, str]]:
    """Serve what the agent sees."""
    with served(place.hidden / "seen") as environment:
        yield environment


def _file(folder: Path, month: str) -> tuple[Path, str, list[list[str]]]:
    """Return the archive of a month, the name of its CSV, and what that holds."""
    [archive] = (folder / "tripdata").glob(f"JC-{month.replace('-', '')}*.zip")
    with zipfile.ZipFile(archive) as packed:
        [name] = [name for name in packed.namelist() if not name.startswith("__")]
        return archive, name, list(csv.reader(io.StringIO(packed.read(name).decode("utf-8-sig"))))


def _respell(folder: Path, month: str, *, small: bool = False) -> None:
    archive, name, (header, *records) = _file(folder, month)
    spelled = [NOW[column] for column in header] + [MORE]
    lines = [spelled] + [[*record, str(20 + at % 80)] for at, record in enumerate(records)]
    if small:
        lines = [[cell.lower() for cell in reversed(spelled)], *(line[::-1] for line in lines[1:])]
    told = io.StringIO()
    csv.writer(told, lineterminator="\n").writerows(lines)
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(name, told.getvalue())


def _differing(place: Place, month: str, columns: dict[str, int]) -> list[str]:
    """Say how many rows of a month have landed otherwise than its file has them, of columns by their place there."""
    _, _, (_, *records) = _file(place.hidden / "unseen", month)
    meant = Counter(tuple(record[at] for at in columns.values()) for record in records)
    found = Counter(_landed(place, month, *columns))
    count = (meant - found).total() + (found - meant).total()
    return [f"{month}: {count:,} rows differ from the file's"] if count else []


def _landed(place: Place, month: str, *columns: str) -> list[tuple[Any, ...]]:
    with served(place.hidden / "unseen") as environment:
        settings = environment | ONE_CITY | {"SOURCES__MONTHS": "2020-11, 2021-02..2021-04"}
        graded = place.lake("unseen", settings, words=("-c", LAND, "citibike"))
    return landed(graded.lake, "citibike", "trips", f"jc-{month}", *columns)


def respelled_months_are_their_files(place: Place) -> list[str]:
    """Every row of the new files, each value under the column that it had before; and the gate accepts them."""
    places = {column: at for at, column in enumerate(NOW)}
    turned = {column: len(NOW) - at for column, at in places.items()}
    return _differing(place, "2021-03", places) + _differing(place, "2021-04", turned)


def old_months_are_their_files(place: Place) -> list[str]:
    """Files of the legacy schema, and modern ones of before, land as they did."""
    places = {column: at for at, column in enumerate(NOW)}
    return _differing(place, "2020-11", LEGACY) + _differing(place, "2021-02", places)


def column_more_is_kept(place: Place) -> list[str]:
    """What nobody asked for stands in `other_fields`, by its published name."""
    found = []
    for month, name, at in (("2021-03", MORE, -1), ("2021-04", MORE.lower(), 0)):
        _, _, (_, *records) = _file(place.hidden / "unseen", month)
        meant = Counter(record[at] for record in records)
        kept = Counter(
            json.loads(text or "{}").get(name) for (text,) in _landed(place, month, "other_fields")
        )
        if meant - kept and kept:
            found.append(f"{month}: {(meant - kept).total():,} values of {name!r} are not there")
    return found


CHECKS = [
    respelled_months_are_their_files,
    old_months_are_their_files,
    column_more_is_kept,
    nothing_outside,
    nothing_loosened,
    has_its_test,
    documents_true,
    style,
]

_NAMES = {new.lower().replace(" ", ""): old for old, new in NOW.items()}
_SPELLED = "\n".join(
    [
        "#: How files spell the modern schema otherwise; `Start Time` is a column of the legacy one, too.",
        "_RESPELLED = {",
        *(f'    "{new}": "{old}",' for new, old in _NAMES.items() if new != old.replace("_", "")),
        "}",
    ]
)
_TEST = f'''
def test_a_modern_header_may_be_spelled_otherwise(upstream):
    folder, _, _ = upstream
    header = "{",".join(NOW.values())},{MORE}"
    put(folder, JC, zipped({{"a.csv": f"{{header}}\\n{{modern(1)}},55\\n"}}))
    (landed,) = land()
    kept = rows(landed.version).select("started_at", "start_lat", "member_casual", "other_fields").fetchall()
    assert kept == [("2024-05-03 08:00:00.123", "40.7196", "member", '{{"{MORE}":"55"}}')]
'''


def solve(place: Place) -> None:
    """Know the new names, in files whose rides have an id."""
    edit(place.clone, SOURCE, r"\n\n\n@dataclass\nclass MemberCount", f"\n{_SPELLED}\\g<0>")
    edit(
        place.clone,
        SOURCE,
        r'    names = \[_KNOWN\.get\("".*\n',
        '    spelled = ["".join(filter(str.isalnum, name.lower())) for name in header]\n'
        '    names = [_KNOWN.get(name, "") for name in spelled]\n'
        '    if "ride_id" in names:\n'
        "        names = [_RESPELLED.get(one, name) for one, name in zip(spelled, names, strict=True)]\n",
    )
    path = place.clone / TESTS
    path.write_text(f"{path.read_text()}\n{_TEST}")


MUTANTS = {
    "the new names are known in every file": edited(
        "old_months_are_their_files", (SOURCE, r'    if "ride_id" in names:\n', "    if spelled:\n")
    ),
    "north and west are mixed up": edited(
        "respelled_months_are_their_files",
        (SOURCE, r'"startlatitude": "start_lat"', '"startlatitude": "start_lng"'),
    ),
    "begin and end are mixed up": edited(
        "respelled_months_are_their_files",
        (
            SOURCE,
            r'"starttime": "started_at",\n    "endtime": "ended_at"',
            '"starttime": "ended_at",\n    "endtime": "started_at"',
        ),
    ),
    "the column more is dropped": edited(
        "column_more_is_kept",
        (
            SOURCE,
            r"    return Layout\(header, width, places, repeats, others,",
            f'    others = {{name: at for name, at in others.items() if name.lower() != "{MORE.lower()}"}}\n\\g<0>',
        ),
    ),
    "a row of each new file is left out": edited(
        "respelled_months_are_their_files",
        (
            SOURCE,
            r"            for batch in reader:\n",
            "\\g<0>                if layout.others:\n                    batch = batch.slice(1)\n",
        ),
    ),
    "the gate lets a tenth of the rides be without an end": edited(
        "nothing_loosened", (SUITE, r"(?s)(RULES = .*?)tolerance=0\.005,", r"\g<1>tolerance=0.1,")
    ),
    "silver is changed": edited("nothing_outside", ("silver/models/core/fct_trips.sql", r"\Z", "\n")),
    "a document names what is not there": edited(
        "documents_true", ("bronze/CLAUDE.md", r"\Z", "Spellings: `bronze/sources/citibike/spellings.py`.\n")
    ),
    "a test only imports": edited(
        "has_its_test",
        (
            TESTS,
            r"(?s)def test_a_modern_header_may_be.*\Z",
            "from bronze.sources.citibike.trips_csv import _RESPELLED\n\n\ndef test_names():\n    print(_RESPELLED)\n",
        ),
        ("tests/bronze/test_scope.py", r"\Z", "# Another test is changed as well.\n"),
    ),
    "there is no test": edited("has_its_test", (TESTS, r"(?s)\n\ndef test_a_modern_header_may_be.*\Z", "")),
}
