"""A build in parts: what each part has, and what becomes of a worker that dies."""

from __future__ import annotations

from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake import locate
from lake.snapshots import Snapshot
from orchestration import parts, workers
from orchestration.__main__ import main
from orchestration.dbt import BuildError
from orchestration.parts import build_rest, split
from orchestration.plan import Plan
from orchestration.workers import build_parts

MONTHS = st.lists(st.sampled_from([f"2024-{month:02d}" for month in range(1, 9)]), max_size=4, unique=True)
SHARES = [("a", 2), ("b", 30), ("c", 100), ("d", 100), ("e", 100), ("f", 1)]
VERSIONS = st.lists(st.tuples(st.sampled_from("abcdefgh"), MONTHS, st.integers(0, 10**7)), max_size=12)


def versions_of(found):
    return [
        SimpleNamespace(batch=batch, record={"months": months, "rows_landed": rows})
        for batch, months, rows in found
    ]


@given(VERSIONS, st.integers(1, 5), st.data())
def test_each_month_and_batch_is_in_one_part_with_all_that_it_is_made_from(found, count, data):
    held = versions_of(found)
    every = sorted({month for one in held for month in one.record["months"]})
    names = sorted({one.batch for one in held})
    plan = Plan(True, "asked for")
    if data.draw(st.booleans()):
        months = [month for month in every if data.draw(st.booleans())]
        batches = [*(name for name in names if data.draw(st.booleans())), "gone"]
        plan = Plan(False, "some", tuple(months), tuple(batches), tuple(names))
        every, names = months, sorted(batches)
    cut = split(plan, held, count)
    if len(cut) == 1:
        assert cut == [plan]
        return
    assert len(cut) <= count
    assert [month for part in cut for month in part.months] == every
    assert sorted(batch for part in cut for batch in part.batches) == names
    for part in cut:
        assert part.months
        needed = {
            one.batch
            for one in held
            if one.batch in part.batches or set(one.record["months"]) & set(part.months)
        }
        assert set(part.read) == needed


def test_parts_have_about_as_many_rows():
    held = versions_of([("a", ["2024-01"], 10), ("b", ["2024-02"], 10), ("c", ["2024-03"], 20), ("d", [], 5)])
    assert [part.months for part in split(Plan(True, ""), held, 2)] == [("2024-01", "2024-02"), ("2024-03",)]


@pytest.mark.parametrize("said", ["0", "-1", "two", "1.5", "\u0663"])
def test_a_number_of_workers_that_is_none_stops_the_run_at_once(said, monkeypatch, capsys):
    monkeypatch.setenv(parts.SETTING, said)
    assert main(["run"]) == 2
    assert repr(said) in capsys.readouterr().out


def test_what_no_worker_can_build_is_told_by_its_months():
    lake, cut = (
        locate(),
        split(Plan(True, ""), versions_of([("a", ["2024-01"], 1), ("b", ["2024-02"], 1)]), 2),
    )
    snapshot = Snapshot("20240101-000000-000000", lake.snapshots / "none", None, {})
    with pytest.raises(BuildError) as told:
        build_parts(lake, snapshot, "silver", cut, 2)
    assert str(told.value).startswith(
        "silver of month 2024-01 could not be built, and not when tried again alone: "
    )
    assert "is gone before it was published" in str(told.value)


def test_a_worker_cuts_the_plan_as_the_run_did_where_there_are_fewer_parts_than_workers(monkeypatch):
    def alike(count):
        """Rows so uneven that many workers share few parts, and those few would be fewer still."""
        held = versions_of([(name, [f"2024-0{n}"], rows) for n, (name, rows) in enumerate(SHARES, 1)])
        return split(Plan(True, ""), held, count)

    assert len(alike(5)) < 5
    assert len(alike(len(alike(5)))) < len(alike(5)), "or the test shows nothing"
    asked = []

    @contextmanager
    def worker(words, log):
        asked.append((int(words[3]), int(words[5])))
        yield SimpleNamespace(wait=lambda: 0)

    monkeypatch.setattr(workers, "_worker", worker)
    lake = locate()
    build_parts(lake, Snapshot("x", lake.snapshots / "x", None, {}), "silver", alike(5), 5)
    assert [alike(count)[number] for count, number in asked] == alike(5)


def test_a_part_that_was_not_built_is_missed():
    lake, cut = (
        locate(),
        split(Plan(True, ""), versions_of([("a", ["2024-01"], 1), ("b", ["2024-02"], 1)]), 2),
    )
    with pytest.raises(BuildError, match="silver of month 2024-01 was not built"):
        build_rest(lake, Snapshot("x", lake.snapshots / "x", None, {}), "silver", cut)
