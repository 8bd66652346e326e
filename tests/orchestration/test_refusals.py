"""A bad batch is refused by name while the others are published, and a person can overrule."""

from __future__ import annotations

import duckdb
import pytest

import lake as lake_package
from lake import locate
from lake.versions import all_versions
from orchestration.__main__ import main
from tests.bronze.upstream import MODERN_HEADER, modern, put, put_holidays, zipped
from tests.orchestration.lakes import go, upstream

ROWS = 200


def month(month_: str, **changes: str) -> str:
    days = [f"{month_}-{1 + number % 28:02d}" for number in range(ROWS)]
    stamp = month_.replace("-", "")
    rows = [modern(int(f"{stamp}{number:04d}"), day, **changes) for number, day in enumerate(days)]
    return "\n".join([MODERN_HEADER, *rows]) + "\n"


def publish_month(folder, month_, content):
    stamp = month_.replace("-", "")
    put(folder, f"JC-{stamp}-citibike-tripdata.csv.zip", zipped({f"JC-{stamp}.csv": content}))


@pytest.fixture
def folder(tmp_path):
    """An upstream with two months of trips and the holidays of the year; it has no weather at all."""
    folder = tmp_path / "upstream"
    publish_month(folder, "2024-04", month("2024-04", started_at="4/3/24 8:00", ended_at="4/3/24 8:10"))
    publish_month(folder, "2024-05", month("2024-05"))
    put_holidays(
        folder,
        2024,
        [
            {
                "date": f"2024-{number:02d}-01",
                "localName": f"Holiday {number}",
                "name": f"Holiday {number}",
                "countryCode": "US",
                "fixed": False,
                "global": True,
                "counties": None,
                "launchYear": None,
                "types": ["Public"],
            }
            for number in range(1, 13)
        ],
    )
    return folder


def trips():
    query = "select trip_month, sum(trips) from gold.mart_demand_daily group by 1 order by 1"
    with lake_package.connect() as connection:
        return dict(connection.sql(query).fetchall())


def test_a_refused_batch_is_named_and_the_others_are_published(folder):
    with upstream(folder, "2024-04..2024-05"):
        outcome, shown = go()
    assert outcome.exit_status == 1
    assert {"jc-2024-04 version 1", "new-york-2024-05 version 1"} <= set(outcome.refused)
    assert "jc-2024-05 version 1" in outcome.accepted
    assert f"{ROWS} of {ROWS} rows" in shown
    assert "report.md" in shown
    assert trips() == {"2024-05": ROWS}


def test_the_report_holds_all_offending_rows(folder):
    with upstream(folder, "2024-04..2024-05"):
        go()
    quarantine = locate().quarantine / "citibike" / "trips" / "jc-2024-04-version-1"
    report = (quarantine / "report.md").read_text()
    assert "jc-2024-04" in report
    assert "4/3/24 8:00" in report
    files = [str(path) for path in quarantine.rglob("*.parquet")]
    assert max(duckdb.read_parquet([file]).aggregate("count(*)").fetchone()[0] for file in files) == ROWS


def test_a_known_refusal_is_no_news(folder):
    with upstream(folder, "2024-04..2024-05"):
        go()
        outcome, shown = go()
    assert outcome.exit_status == 0
    assert outcome.refused == []
    assert "nothing new" in shown


def test_a_person_accepts_with_a_reason_and_that_is_shown(folder, capsys):
    with upstream(folder, "2024-04..2024-05"):
        go()
        assert main(["accept", "jc-2024-04", "--reason", "compared by hand"]) == 0
        outcome, _ = go()
    assert outcome.snapshot is not None
    with lake_package.connect() as connection:
        accepted = connection.sql(
            "select state, reason from bronze.versions where batch = 'jc-2024-04' and is_in_snapshot"
        ).fetchall()
        rejected = connection.sql("select batch, count(*) from silver.rejected_trips group by 1").fetchall()
    assert accepted == [("accepted", "compared by hand")]
    assert rejected == [("jc-2024-04", ROWS)], "times are never guessed, whoever accepts the batch"
    main(["status"])
    assert "compared by hand" in capsys.readouterr().out


def test_a_held_batch_leaves_the_next_snapshot(folder):
    publish_month(folder, "2024-04", month("2024-04"))
    with upstream(folder, "2024-04..2024-05"):
        go()
        assert trips() == {"2024-04": ROWS, "2024-05": ROWS}
        main(["hold", "jc-2024-04", "--reason", "the operator asked"])
        go()
    assert trips() == {"2024-05": ROWS}


def test_a_republication_replaces_the_month_and_never_adds_to_it(folder):
    with upstream(folder, "2024-05"):
        go()
        publish_month(folder, "2024-05", month("2024-05", member_casual="casual"))
        go()
    assert trips() == {"2024-05": ROWS}
    assert len([version for version in all_versions(locate()) if version.batch == "jc-2024-05"]) == 2


def test_an_upstream_that_cannot_be_listed_stops_only_itself(folder, monkeypatch):
    with upstream(folder, "2024-05") as endpoints:
        monkeypatch.setenv("SOURCES__NAGER__BASE_URL", endpoints.tripdata)
        outcome, shown = go()
    assert outcome.exit_status == 1
    assert trips() == {"2024-05": ROWS}
    assert "failed" in shown


def test_with_no_trips_at_all_nothing_is_published(tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    with upstream(tmp_path / "empty", "2024-05"):
        assert main(["run"]) == 2
    assert "no batch of trips is accepted" in capsys.readouterr().out
    assert not locate().current.exists()


def test_deciding_on_an_unknown_batch_names_those_there_are(folder, capsys):
    with upstream(folder, "2024-05"):
        go()
    assert main(["accept", "jc-1999-01", "--reason", "x"]) == 2
    assert "jc-2024-05" in capsys.readouterr().out


def test_a_decision_needs_a_reason(folder, capsys):
    with upstream(folder, "2024-05"):
        go()
    assert main(["hold", "jc-2024-05", "--reason", "  "]) == 2
    assert "reason is needed" in capsys.readouterr().out
