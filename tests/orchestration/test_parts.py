"""A build in parts: what each part has, and what becomes of a worker that dies."""

from __future__ import annotations

import multiprocessing
import pickle
import re
import time
from dataclasses import replace
from multiprocessing.context import SpawnProcess
from types import SimpleNamespace

import duckdb
import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake import locate
from lake.errors import DamagedError
from lake.snapshots import Snapshot
from orchestration import parts, workers
from orchestration.__main__ import main
from orchestration.dbt import PROJECT, BuildError, work_of
from orchestration.parts import build_rest, split
from orchestration.plan import Plan
from orchestration.workers import build_parts

MONTHS = st.lists(st.sampled_from([f"2024-{month:02d}" for month in range(1, 9)]), max_size=4, unique=True)
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
    if not cut:
        return
    assert 1 < len(cut) <= count
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


def test_a_batch_is_where_the_first_of_its_months_is_that_are_built():
    held = versions_of(
        [("a", ["2024-01", "2024-03"], 9), ("b", ["2024-02"], 9), ("c", [], 9), ("d", ["2023-01"], 9)]
    )
    plan = Plan(False, "some", ("2024-02", "2024-03"), ("a", "b", "c", "d"), ("a", "b", "c", "d"))
    assert [(part.months, part.batches) for part in split(plan, held, 2)] == [
        (("2024-02",), ("b", "c", "d")),
        (("2024-03",), ("a",)),
    ]


def test_parts_have_about_as_many_rows():
    held = versions_of([("a", ["2024-01"], 10), ("b", ["2024-02"], 10), ("c", ["2024-03"], 20), ("d", [], 5)])
    assert [part.months for part in split(Plan(True, ""), held, 2)] == [("2024-01", "2024-02"), ("2024-03",)]


@pytest.mark.parametrize("said", ["0", "-1", "two", "1.5", "\u0663"])
def test_a_number_of_workers_that_is_none_stops_the_run_at_once(said, monkeypatch, capsys):
    monkeypatch.setenv(parts.SETTING, said)
    assert main(["run"]) == 2
    assert repr(said) in capsys.readouterr().out


def two_parts():
    """Return a lake, a snapshot that was never begun, and a plan cut in two."""
    lake = locate()
    cut = split(Plan(True, ""), versions_of([("a", ["2024-01"], 1), ("b", ["2024-02"], 1)]), 2)
    return lake, Snapshot("20240101-000000-000000", lake.snapshots / "none", None, {}), cut


@pytest.mark.slow
def test_what_no_worker_can_build_is_told_by_its_months_with_what_the_worker_said():
    lake, snapshot, cut = two_parts()
    (place := work_of(lake, snapshot)).mkdir(parents=True)
    for month in ("2024-01", "2024-02"):
        (place / f"silver-{month}-{month}").write_text("where a folder is to be made")
    with pytest.raises(BuildError) as told:
        build_parts(lake, snapshot, "silver", cut)
    assert str(told.value).startswith(
        "silver of month 2024-01 could not be built, and not when tried again alone: "
    )
    assert "File exists" in str(told.value)


def test_a_part_that_was_not_built_is_missed():
    lake, snapshot, cut = two_parts()
    with pytest.raises(DamagedError, match="silver of month 2024-01 was not built"):
        build_rest(lake, snapshot, "silver", cut)


def build_slowly(log, lake, *part):
    """Work on a part for a while, and leave a file."""
    time.sleep(5)
    (lake.root / "built").touch()


def test_workers_end_with_a_run_that_is_stopped(monkeypatch):
    join, stops = SpawnProcess.join, [KeyboardInterrupt]

    def joined(process):
        """Stop who waits, once, as Ctrl-C does."""
        if stops:
            raise stops.pop()
        join(process)

    monkeypatch.setattr(workers, "_work", build_slowly)
    monkeypatch.setattr(SpawnProcess, "join", joined)
    lake, snapshot, cut = two_parts()
    with pytest.raises(KeyboardInterrupt):
        build_parts(lake, snapshot, "silver", cut)
    assert multiprocessing.active_children() == []
    assert not (lake.root / "built").exists()


def too_large(lake, snapshot, layer, part, beside):
    if beside > 1:
        raise MemoryError("too little for two")


def work_too_large(log, *part):
    """Work as in a worker, where a part is too large to be built beside another."""
    workers.build_part = too_large
    workers._work(log, *part)


@pytest.mark.slow
def test_what_nobody_foresaw_in_a_worker_is_told_and_the_part_tried_again_alone(monkeypatch):
    monkeypatch.setattr(workers, "_work", work_too_large)
    lake, snapshot, cut = two_parts()
    warnings = build_parts(lake, snapshot, "silver", cut)
    assert [one.partition(": ")[0] for one in warnings] == [
        "silver of month 2024-01",
        "silver of month 2024-02",
    ]
    for one in warnings:
        assert one.endswith("MemoryError: too little for two; tried again alone, it was built")


def test_what_a_worker_is_handed_does_not_grow_with_the_lake(monkeypatch):
    """A pipe holds 64 KiB: where the process dies before it reads, who writes more would wait for ever."""
    handed = []
    monkeypatch.setattr(SpawnProcess, "start", lambda process: handed.append(process._args))
    monkeypatch.setattr(SpawnProcess, "join", lambda process: None)
    monkeypatch.setattr(SpawnProcess, "kill", lambda process: None)
    monkeypatch.setattr(SpawnProcess, "exitcode", 0)
    lake, snapshot, cut = two_parts()
    accepted = [["citibike", "trips", f"jc-{number}", 1, "x" * 64] for number in range(5000)]
    build_parts(lake, replace(snapshot, facts={"accepted": accepted}), "silver", cut)
    assert [len(pickle.dumps(work)) < 2**12 for work in handed] == [True, True]


def test_a_log_that_cannot_be_written_is_told_as_it_is():
    lake, snapshot, cut = two_parts()
    (place := work_of(lake, snapshot)).mkdir(parents=True)
    (place / "logs").write_text("where a folder is to be")
    with pytest.raises(FileExistsError, match="logs"):
        build_parts(lake, snapshot, "silver", cut)


def test_a_worker_takes_its_share_of_the_machine_however_often_it_is_told():
    macros = (PROJECT / "silver" / "macros" / "materializations" / "output.sql").read_text()
    [share] = re.findall(r"{% macro machine_share\(\).*?{%- endmacro %}", macros, re.DOTALL)
    template = jinja2.Template(share + "{{ machine_share() }}")
    # As `orchestration.dbt.build` calls it.
    said = template.render(var={"workers_beside": 4}.get)
    taken = "select current_setting('memory_limit'), current_setting('threads')"
    with duckdb.connect(config={"memory_limit": "8GiB", "threads": 8}) as connection:
        [(whole, threads)] = connection.execute(f"reset memory_limit; reset threads; {taken}").fetchall()
        for _ in range(2):
            [(share, own)] = connection.execute(f"{said} {taken}").fetchall()
            assert own == max(1, threads // 4)
            assert float(share.split()[0]) == pytest.approx(float(whole.split()[0]) / 4, abs=0.2)
    assert not template.render(var=lambda name, default: default).strip()
