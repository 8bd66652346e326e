"""Lake health: what was refused, and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

import lake
from analysis.stats import TooLittleDataError
from lake.status import RejectedStatus
from serving.queries import health
from serving.reader import open_reader
from tests.lake.rows import land
from tests.serving.conftest import assert_sound, open_page, words
from tests.serving.lakes import publish_lake


def test_lake_health_tells_what_was_refused_and_why(root):
    publish_lake(root)
    land(root, "b-2", [1], None)
    land(root, "b-3", [1], "refused")
    at = open_page("health")
    assert_sound(at)
    frames = [one.value for one in at.dataframe]
    troubled = next(frame for frame in frames if "served" in frame and len(frame) == 2)
    assert dict(zip(troubled["batch"], troubled["state"], strict=True)) == {
        "b-2": "unjudged",
        "b-3": "refused",
    }
    assert "because" in list(troubled["reason"])
    land(root, "b-3", [2])
    at = open_page("health")
    troubled = next(one.value for one in at.dataframe if "served" in one.value and len(one.value) == 2)
    assert list(zip(troubled["batch"], troubled["state"], troubled["served"], troubled["reason"], strict=True))[1] == (
        "b-3", "accepted", "nothing", "not published until the next run",
    )  # fmt: skip
    (root.snapshots / "29990101-000000-000000").mkdir()
    (root.snapshots / "29990101-000000-000000" / "building.json").write_text("{}")
    assert "is being built" in words(open_page("health"))


def test_months_are_told_by_city(reader):
    """Both cities' December to February are in the snapshot; what landed beside them says its state."""
    landed = {
        "nyc-2021-02": ("refused", 2, 1),
        "nyc-2021-03": ("held", 1, None),
        "jc-2021-03": ("refused", 1, None),
        "jc-2021-05": ("accepted", 1, None),
        "jc-2021-06": ("accepted", 1, 1),
        "nyc-2021-06": ("accepted", 1, 1),
        "jc-2021-07": ("held", 1, 1),
        "nyc-2020-12": ("accepted", 1, 1),
        "nyc-2021-01": ("held", 1, 1),
        "jc-2020-12": ("accepted", 2, 1),
    }
    batches = [
        SimpleNamespace(table="trips", batch=batch, state=state, version=version, published=published)
        for batch, (state, version, published) in landed.items()
    ]
    batches.append(SimpleNamespace(table="weather", batch="new-york-2021-06", state="held"))
    failed = [SimpleNamespace(table="trips", batch=batch) for batch in ("nyc-2021-05", "nyc-2021-06")]
    status: Any = SimpleNamespace(batches=batches, failed=failed, rejected=[rejected("nyc-2020-12", 7)])
    found = health.coverage(status, reader)
    assert found.columns == ["trip_month", "New York", "Jersey City"]
    assert found.rows() == [
        ("2021-07", "missing", "no trip kept, held since"),
        ("2021-06", "no trip kept, newer failed", "no trip kept"),
        ("2021-05", "failed", "not built"),
        ("2021-04", "missing", "missing"),
        ("2021-03", "held", "refused"),
        ("2021-02", "present, newer refused", "present"),
        ("2021-01", "present, held since", "present"),
        ("2020-12", "present, mostly rejected", "present, newer accepted"),
    ]


def rejected(batch, rows):
    return RejectedStatus("citibike", "trips", batch, 1, 10, {"unreadable_start": rows})


def test_versions_of_which_most_was_rejected_are_told(root, monkeypatch):
    """A person accepted them, so no gate says it."""
    publish_lake(root)
    most = [rejected("jc-2020-12", 6), rejected("nyc-2021-01", 10)]
    listed: Any = {"accepted": 3}
    status: Any = replace(lake.status(), asked_at="2024-06-01T00:00:00", listed=listed, rejected=most)
    assert health.told(status, open_reader()).startswith(
        "All 3 batches in scope are accepted; silver rejected most rows of 2 batches; none of 100 rows"
    )
    monkeypatch.setattr(lake, "status", lambda: status)
    at = open_page("health")
    assert_sound(at)
    assert (
        "trips jc-2020-12 version 1: silver rejected 6 of 10 rows (6 unreadable_start); "
        "trips nyc-2021-01 version 1: silver rejected 10 of 10 rows (10 unreadable_start)."
    ) in words(at)


def test_what_no_upstream_lists_is_in_scope_and_not_listed(root, monkeypatch):
    """`13 batches were listed: 2 not listed` contradicted itself."""
    publish_lake(root)
    listed: Any = {"accepted": 10, "missing": 1, "not listed": 2}
    status: Any = replace(lake.status(), asked_at="2024-06-01T00:00:00", listed=listed)
    assert health.told(status, open_reader()).startswith(
        "10 of 13 batches in scope are accepted, 2 are not listed by an upstream; "
    )
    monkeypatch.setattr(lake, "status", lambda: status)
    assert (
        "13 batches were in scope when upstreams were asked, 2024-06-01 00:00 UTC: "
        "10 accepted, 1 missing, 2 not listed."
    ) in words(open_page("health"))


def test_findings_are_told_as_rules_that_were_not_met():
    checks = [
        {"title": "no id lost a zero", "success": False},
        {"title": "ids are text", "success": True},
    ]
    gate = {"subject": "silver.station_ids", "passed": True, "checks": checks}
    reader: Any = SimpleNamespace(facts={"gates": [gate]})
    assert health.gates(reader).to_dicts() == [
        {
            "table": "silver.station_ids",
            "verdict": "findings",
            "checks": 2,
            "rules not met": "no id lost a zero",
        }
    ]


def test_at_a_glance_each_number_stands_beside_what_it_counts():
    """No two of them are the same here."""
    now = datetime.now(UTC)
    gates = [{"passed": passed, "checks": []} for passed in (True, False, False)]
    status: Any = SimpleNamespace(
        batches=[SimpleNamespace(state=state) for state in ("accepted",) * 3 + ("held",)],
        failed=["b-5"],
        asked_at=(now - timedelta(hours=3, minutes=5)).isoformat(),
        snapshots=["a"] * 6,
    )
    facts = {"gates": gates, "completed_at": (now - timedelta(days=2, minutes=5)).isoformat()}
    reader: Any = SimpleNamespace(facts=facts)
    assert {label: value for label, value, _ in health.glance(status, reader)} == {
        "Published": "2 d ago", "Upstreams asked": "3 h ago", "Batches accepted": "3 of 4",
        "Failed to land": "1", "Gates failed": "2", "Snapshots": "6",
    }  # fmt: skip


def test_months_that_are_not_here_are_told_by_city(root):
    """`14 of 111 months of cities` said nothing of which."""
    publish_lake(root, without_month="2021-01")
    status: Any = replace(lake.status(), asked_at="2024-06-01T00:00:00", listed={"accepted": 3})
    told = health.told(status, open_reader())
    assert told.endswith(
        "of the 3 months December 2020 to February 2021 New York has 2 and Jersey City has 2."
    )


def test_what_is_accepted_and_not_published_yet_is_told(reader, root):
    """As after a run that limits have stopped, or a hold before the next run."""
    land(root, "b-1", [7])
    status: Any = replace(lake.status(), asked_at="2024-06-01T00:00:00", listed={"accepted": 1})
    told = health.told(status, reader)
    assert "are accepted; 1 differs in the published snapshot until the next run; none of" in told


def test_the_page_shows_them(root):
    publish_lake(root)
    at = open_page("health")
    assert_sound(at)
    (months,) = (one.value for one in at.dataframe if "trip_month" in one.value)
    assert list(months["Jersey City"]) == ["present"] * 3


def test_lake_health_opens_with_what_is_here(root, reader):
    status = lake.status()
    with pytest.raises(TooLittleDataError, match="asked"):
        health.told(replace(status, asked_at=None), reader)
    listed: Any = {"accepted": 3, "held": 1}
    told = health.told(replace(status, asked_at="2024-06-01T00:00:00", listed=listed), reader)
    assert told.startswith("3 of 4 batches in scope are accepted; none of 100 rows")
    assert told.endswith("; New York and Jersey City have every month, December 2020 to February 2021.")
    assert "The data does not tell" in words(open_page("health"))
