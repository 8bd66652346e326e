"""A batch that a spreadsheet has saved: its times have lost century and seconds, and the gate refused it.

A wrong answer names the other batches, takes the message for a fault of the download, or accepts the batch.
"""

from __future__ import annotations

import json

import duckdb

from tests.evals.answers import answer, says
from tests.evals.checks import lake_untouched, nothing_outside, published
from tests.evals.place import Place
from tests.evals.task import Mutant

BATCH, CAUSE = "jc-2021-02", "saved by a spreadsheet"


def prepare(place: Place) -> None:
    """Run the pipeline on a sample of which one batch was saved so."""
    done = place.python(
        "-m", "orchestration", "run", SAMPLE__BROKEN=BATCH, SAMPLE__TRIPS="20000", SAMPLE__SEED="32"
    )
    if done.returncode != 1:
        raise RuntimeError(done.stdout + done.stderr)
    (place.hidden / "published.txt").write_text(published(place.clone / "lake"))
    landed = place.clone / "lake" / "bronze" / "citibike" / "trips" / f"batch={BATCH}" / "version=1"
    with duckdb.connect() as connection:
        [(rows,)] = connection.execute(f"select count(*) from read_parquet('{landed}/*.parquet')").fetchall()
    (place.hidden / "truth.json").write_text(json.dumps({"rows": rows}))


def _rows(place: Place) -> int:
    found: int = json.loads((place.hidden / "truth.json").read_text())["rows"]
    return found


def names_the_batch(place: Place) -> list[str]:
    """It is the batch that was refused."""
    return says(place, "batch", BATCH)


def names_the_cause(place: Place) -> list[str]:
    """It is what happened to the file."""
    return says(place, "cause", CAUSE)


def counts_the_rows(place: Place) -> list[str]:
    """Every row has such times."""
    return says(place, "rows", _rows(place))


CHECKS = [names_the_batch, names_the_cause, counts_the_rows, lake_untouched, nothing_outside]


def solve(place: Place) -> None:
    """Say what is so."""
    answer(place, batch=BATCH, rows=_rows(place), cause=CAUSE)


def _saying(caught_by: str, **other: object) -> Mutant:
    def spoil(place: Place) -> None:
        answer(place, **({"batch": BATCH, "rows": _rows(place), "cause": CAUSE} | other))

    return Mutant(spoil, caught_by)


def _accepted(place: Place) -> None:
    place.python("-m", "orchestration", "accept", BATCH, "--reason", "looks fine")


def _without_a_verdict(place: Place) -> None:
    (place.clone / "bronze" / "sample" / "broken.py").write_text('"""Gone."""\n')


MUTANTS = {
    "another batch": _saying("names_the_batch", batch="jc-2021-03"),
    "the download": _saying("names_the_cause", cause="a broken download"),
    "a few rows": _saying("counts_the_rows", rows=5),
    "as text": _saying("counts_the_rows", rows="all"),
    "code is changed": Mutant(_without_a_verdict, "nothing_outside"),
    "it is accepted": Mutant(_accepted, "lake_untouched"),
}
