"""A month whose file has every ride twice, the second time under another id: no rule is broken, and demand doubles.

A wrong answer takes the month as it is, or takes away the doubles of the id, of which there are none.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path

from bronze.sample.generate import generate
from bronze.sample.server import serve as serve_files
from tests.evals.answers import answer, says
from tests.evals.checks import lake_untouched, nothing_outside, published
from tests.evals.place import Place
from tests.evals.task import Mutant

MONTH, CITY = "2021-03", "jc"
CAUSE = "the same rides twice"


def prepare(place: Place) -> None:
    """Land the sample with one month doubled, and write down what is published."""
    folder = place.hidden / "upstream"
    generate(folder, seed=31, trips=20_000)
    [archive] = (folder / "tripdata").glob(f"{CITY.upper()}-{MONTH.replace('-', '')}*.zip")
    rides = double(archive)
    (place.hidden / "truth.json").write_text(json.dumps({"trips": rides}))
    _run(place)
    (place.hidden / "published.txt").write_text(published(place.clone / "lake"))


def _run(place: Place) -> None:
    with serve_files(place.hidden / "upstream") as endpoints:
        done = place.python("-m", "orchestration", "run", **endpoints.environment)
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)


def double(archive: Path) -> int:
    """Write every ride of an archive a second time, under another id, and return how many different ones there are."""
    with zipfile.ZipFile(archive) as packed:
        content = {name: packed.read(name).decode("utf-8-sig") for name in packed.namelist()}
    rides = set()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in content.items():
            header, *records = csv.reader(io.StringIO(text.replace("\0", "")))
            if "ride_id" not in header:
                continue  # what a Mac adds to an archive
            at = header.index("ride_id")
            rides |= {record[at] for record in records}
            told = io.StringIO()
            writer = csv.writer(told, lineterminator="\n")
            writer.writerow(header)
            writer.writerows(records)
            for record in records:
                writer.writerow([f"{one[::-1]}" if i == at else one for i, one in enumerate(record)])
            packed.writestr(name, told.getvalue())
    return len(rides)


def _trips(place: Place) -> int:
    found: int = json.loads((place.hidden / "truth.json").read_text())["trips"]
    return found


def names_the_month(place: Place) -> list[str]:
    """It is the month and city whose file was doubled."""
    return says(place, "city", CITY) + says(place, "month", MONTH)


def names_the_cause(place: Place) -> list[str]:
    """It is the file, and nothing that happened in the city."""
    return says(place, "cause", CAUSE)


def counts_the_rides(place: Place) -> list[str]:
    """It is how many rides there were, of those that can be counted; a few of a file are odd."""
    from tests.evals.answers import verdict

    found, expected = verdict(place).get("trips"), _trips(place)
    # A handful are rejected, or began in another month.
    is_near = isinstance(found, int | float) and abs(found - expected) <= 0.02 * expected
    return [] if is_near else [f"ANSWER.md: VERDICT says trips = {found!r}, there were about {expected:,}"]


CHECKS = [names_the_month, names_the_cause, counts_the_rides, lake_untouched, nothing_outside]


def solve(place: Place) -> None:
    """Say what is so."""
    answer(place, city=CITY, month=MONTH, trips=_trips(place), cause=CAUSE)


def _saying(**other: object) -> Mutant:
    def spoil(place: Place) -> None:
        right = {"city": CITY, "month": MONTH, "trips": _trips(place), "cause": CAUSE}
        answer(place, **(right | other))

    caught = {"city": "names_the_month", "month": "names_the_month", "cause": "names_the_cause"}
    return Mutant(spoil, caught.get(next(iter(other)), "counts_the_rides"))


def _counted_as_published(place: Place) -> None:
    answer(place, city=CITY, month=MONTH, trips=2 * _trips(place), cause=CAUSE)


def _held(place: Place) -> None:
    place.python("-m", "orchestration", "hold", f"{CITY}-{MONTH}", "--reason", "doubled")


def _mended(place: Place) -> None:
    path = place.clone / "silver" / "models" / "core" / "fct_trips.sql"
    path.write_text(path.read_text() + "\n")


MUTANTS = {
    "the other city": _saying(city="nyc"),
    "the month after": _saying(month="2021-04"),
    "spring came": _saying(cause="weather"),
    "trips as they are published": Mutant(_counted_as_published, "counts_the_rides"),
    "the batch is held": Mutant(_held, "lake_untouched"),
    "a model is changed": Mutant(_mended, "nothing_outside"),
}
