"""A bad batch is refused by name while the others are published, and a person can overrule.

Whole runs take seconds, so one lake lives through the story and the tests look at what was noted on the way; those
of `test_limits`, `test_unknown_hours` and `test_branch` as well.
"""

from __future__ import annotations

import shutil
from calendar import monthrange
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

import lake as lake_package
from lake import Lake, locate
from lake.branches import branch, open_branch
from lake.snapshots import current_id
from lake.versions import all_versions
from orchestration.__main__ import main
from orchestration.run import Outcome, main_run
from tests.bronze.upstream import MODERN_HEADER, holiday, modern, put, put_holidays, zipped
from tests.orchestration.lakes import go, once, upstream
from tests.orchestration.weather import is_known, write_weather

pytestmark = pytest.mark.slow

ROWS, MORE = 200, 225
MONTHS = "2024-04..2024-05"


def month(month_: str, rows_: int = ROWS, **changes: str) -> str:
    last = monthrange(*map(int, month_.split("-")))[1]
    days = [f"{month_}-{1 + number % last:02d}" for number in range(rows_)]
    stamp = month_.replace("-", "")
    rows = [modern(int(f"{stamp}{number:04d}"), day, **changes) for number, day in enumerate(days)]
    return "\n".join([MODERN_HEADER, *rows]) + "\n"


def publish_month(folder, month_, content):
    stamp = month_.replace("-", "")
    put(folder, f"JC-{stamp}-citibike-tripdata.csv.zip", zipped({f"JC-{stamp}.csv": content}))


def fill(folder: Path) -> Path:
    """Prepare an upstream: a month with unreadable times, a good one, holidays, and no weather at all."""
    publish_month(folder, "2024-04", month("2024-04", started_at="4/3/24 8:00", ended_at="4/3/24 8:10"))
    publish_month(folder, "2024-05", month("2024-05"))
    days = [holiday(f"2024-{number:02d}-01", f"Holiday {number}") for number in range(1, 13)]
    put_holidays(folder, 2024, days)
    return folder


def refused_run(factory: pytest.TempPathFactory) -> tuple[Path, Outcome, str]:
    """Run the pipeline on that upstream; return the folder of `lake` and `upstream`, outcome and terminal."""

    def make(base: Path) -> tuple[Outcome, str]:
        with upstream(fill(base / "upstream"), MONTHS), pytest.MonkeyPatch.context() as patch:
            patch.setenv("LAKE_ROOT", str(base / "lake"))
            patch.setenv("PUBLISH__LIMITS", "mart_covered_days.trips 10%")
            return go(Lake(base / "lake"), diff=True)

    folder, (outcome, shown) = once(factory, "refused-run", make)
    return folder, outcome, shown


def trips(mart: str = "mart_demand_daily") -> dict[str, int]:
    query = f"select trip_month, sum(trips) from gold.{mart} group by 1 order by 1"
    with lake_package.connect() as connection:
        return dict(connection.sql(query).fetchall())


def weather_days() -> dict[str, dict[str, tuple[Any, ...]]]:
    """Return what stands by day of May in the daily weather and in demand, and by hour what a day has known."""
    queries = {
        "weather": """
            select weather_date, hours, is_complete, temperature_hours, precipitation_hours,
                temperature_mean_c, precipitation_mm, is_wet from silver.fct_weather_daily
        """,
        "demand": """
            select distinct trip_date, temperature_mean_c, precipitation_mm from gold.mart_demand_daily
            where trip_month = '2024-05'
        """,
        "hours": """
            select trip_date, count(*), count(temperature_c), count(precipitation_mm),
                count(*) filter (rain_band = 'unknown') from gold.mart_weather_effect
            where trip_month = '2024-05' group by trip_date
        """,
    }
    with lake_package.connect() as connection:
        return {
            name: {str(day): tuple(rest) for day, *rest in connection.sql(query).fetchall()}
            for name, query in queries.items()
        }


def overruled_runs(factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """Go on from the refused run, with what persons decide; return the folder of `lake`, and notes of every chapter.

    A month is republished with an eighth more, and two new ones come: stopped by a limit, then let through, with the
    refused batch and most hours of May's weather, while an upstream cannot be listed; run again; and on a branch the
    refused one is republished, another is held, and the hours of May that were unknown are there.
    """

    def make(base: Path) -> dict[str, Any]:
        folder, refused, shown = refused_run(factory)
        shutil.copytree(folder, base, symlinks=True, dirs_exist_ok=True)
        lake, folder = Lake(base / "lake"), base / "upstream"
        notes: dict[str, Any] = {}
        with upstream(folder, "2024-03..2024-06") as endpoints, pytest.MonkeyPatch.context() as patch:
            patch.setenv("LAKE_ROOT", str(lake.root))
            notes["refused"] = refused, shown, trips()
            publish_month(folder, "2024-05", month("2024-05", MORE))
            publish_month(folder, "2024-06", month("2024-06", 7))
            publish_month(folder, "2024-03", month("2024-03", 5))
            notes["before"] = current_id(lake)
            patch.setenv("PUBLISH__LIMITS", "mart_covered_days.trips 10%")
            left = [path.name for path in lake.snapshots.iterdir()] if main_run(lake) == 2 else None
            notes["stopped"] = current_id(lake), left
            patch.setenv("PUBLISH__LIMITS", "mart_covered_days.rides 1%")
            notes["typo"] = main_run(lake), current_id(lake)
            patch.setenv("PUBLISH__LIMITS", "none")
            write_weather(folder, is_known)
            assert main(["accept", "jc-2024-04", "--reason", "compared by hand"]) == 0
            with pytest.MonkeyPatch.context() as lost:
                lost.setenv("SOURCES__NAGER__BASE_URL", endpoints.urls["citibike"])
                lost.setenv(
                    "SOURCES__GBFS__ARCHIVE", str(base / "nowhere")
                )  # of which nothing has landed before
                notes["let through"] = (*go(lake, diff=True), trips())
                notes["failed"] = {(one.source, one.batch) for one in lake_package.status().failed}
            notes["weather unknown"] = weather_days()
            patch.delenv("PUBLISH__LIMITS")
            notes["covered"] = trips("mart_covered_days")
            notes["again"] = go(lake)
            query = "select state, reason from bronze.versions where batch = 'jc-2024-04' and is_in_snapshot"
            with lake_package.connect() as connection:
                notes["state"] = connection.sql(query).fetchall()
                notes["rejected"] = connection.sql(
                    "select batch, count(*) from silver.rejected_trips group by 1"
                ).fetchall()
                notes["by"] = connection.sql(
                    "select accepted_because from silver.conservation where batch = 'jc-2024-04'"
                ).fetchall()
            branch(lake, "trial", by="anna")
            patch.setenv("BRANCH", "trial")
            publish_month(folder, "2024-04", month("2024-04"))
            main(["hold", "jc-2024-06", "--reason", "the operator asked"])
            write_weather(folder, lambda *_: True)
            notes["republished"] = go()
            notes["weather filled"] = weather_days()
            notes["published"] = trips()
            with lake_package.connect() as connection:
                notes["kept"] = connection.sql(
                    "select version, rows_bronze, rows_kept, rows_rejected from silver.conservation"
                    " where batch = 'jc-2024-04'"
                ).fetchall()
        return notes

    folder, notes = once(factory, "overruled-runs", make)
    return folder / "lake", notes


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    return overruled_runs(tmp_path_factory)


def test_a_refused_batch_is_named_and_the_others_are_published(story):
    outcome, shown, published = story[1]["refused"]
    assert outcome.exit_status == 1
    assert {"jc-2024-04 version 1", "new-york-2024-05 version 1"} <= set(outcome.refused)
    assert "jc-2024-05 version 1" in outcome.accepted
    assert f"{ROWS} of {ROWS} rows" in shown
    assert "report.md" in shown
    assert published == {"2024-05": ROWS}


def test_the_report_of_a_refusal_names_row_and_way_forward_and_holds_all_rows(story, monkeypatch):
    quarantine = story[0] / "quarantine" / "citibike" / "trips" / "jc-2024-04-version-1"
    report = (quarantine / "report.md").read_text()
    assert "jc-2024-04" in report
    assert "4/3/24 8:00" in report
    assert "make accept" in report
    files = [str(path) for path in quarantine.rglob("*.parquet")]
    assert max(duckdb.read_parquet([file]).aggregate("count(*)").fetchone()[0] for file in files) == ROWS


def test_an_upstream_that_cannot_be_listed_stops_only_itself(story):
    outcome, shown, published = story[1]["let through"]
    assert published == {"2024-03": 5, "2024-05": MORE, "2024-06": 7}
    assert "failed" in shown
    assert story[1]["failed"] == {("nager", "us-2024"), ("gbfs", "*")}
    alone = replace(outcome, refused=[])
    assert alone.exit_status == 1, "a failed upstream is told by the exit status without a refusal beside it"


def test_a_known_refusal_is_no_news(story):
    outcome, shown = story[1]["again"]
    assert (outcome.exit_status, outcome.refused, outcome.snapshot) == (0, [], None)
    assert "nothing new" in shown


def test_a_person_accepts_with_a_reason_and_that_is_seen_in_the_data(story):
    notes = story[1]
    assert notes["let through"][0].snapshot is not None
    assert notes["state"] == [("accepted", "compared by hand")]
    assert notes["by"] == [("compared by hand",)]
    assert notes["rejected"] == [("jc-2024-04", ROWS)], "times are never guessed, whoever accepts the batch"


def test_a_republication_replaces_the_month_and_never_adds_to_it(story):
    assert story[1]["published"]["2024-04"] == ROWS
    assert story[1]["kept"] == [(2, ROWS, ROWS, 0)], "nothing of version 1 is left beside it"
    versions = [v for v in all_versions(open_branch(Lake(story[0]), "trial")) if v.batch == "jc-2024-04"]
    assert [version.number for version in versions] == [1, 2]


def test_a_held_batch_leaves_the_next_snapshot(story, monkeypatch, capsys):
    assert story[1]["published"] == {"2024-03": 5, "2024-04": ROWS, "2024-05": MORE}
    monkeypatch.setenv("LAKE_ROOT", str(story[0]))
    monkeypatch.setenv("BRANCH", "trial")
    monkeypatch.setenv("COLUMNS", "120")
    main(["status"])
    assert "the operator asked" in " ".join(capsys.readouterr().out.split())


def test_deciding_needs_a_known_batch_and_a_reason(story, monkeypatch, capsys):
    monkeypatch.setenv("LAKE_ROOT", str(story[0]))
    assert main(["accept", "jc-1999-01", "--reason", "x"]) == 2
    assert "jc-2024-05" in capsys.readouterr().out
    assert main(["hold", "jc-2024-05", "--reason", "  "]) == 2
    assert "reason is needed" in capsys.readouterr().out


def test_with_no_trips_at_all_nothing_is_published(tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    with upstream(tmp_path / "empty", "2024-05"):
        assert main(["run"]) == 2
    assert "no batch of trips is accepted" in capsys.readouterr().out
    assert not locate().current.exists()
