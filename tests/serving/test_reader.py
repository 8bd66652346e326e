"""Pinned snapshots, cached answers, and sessions beside publications."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from lake.errors import NothingPublishedError
from lake.retention import collect
from lake.rollback import release, rollback
from serving.queries import overview, shared
from serving.reader import MissingTableError, names_of, open_reader
from tests.serving.lakes import publish_lake

SESSIONS, PUBLICATIONS, SCALES = 10, 12, 3


def totals(reader):
    """Return the trips of a snapshot as three marts tell them."""
    held = shared.held(reader)
    chosen = held.everything
    return {
        overview.headline(reader, chosen).trips,
        shared.trend(reader, chosen)["trips"].sum(),
        reader.ask("select sum(trips)::bigint from gold.mart_weather_effect").item(),
    }


def test_nothing_published():
    with pytest.raises(NothingPublishedError):
        open_reader()


def test_a_table_that_is_missing_is_named(root):
    publish_lake(root, without="gold.mart_routes")
    with pytest.raises(MissingTableError, match=r"^gold\.mart_routes$"):
        open_reader().ask("select 1 from gold.mart_routes")


def test_the_names_of_a_query_are_found():
    assert names_of("select 1 from gold.mart_a join silver.b using (x), gold.mart_a") == [
        "gold.mart_a",
        "silver.b",
    ]


def test_the_same_question_to_the_same_snapshot_is_computed_once(root, monkeypatch):
    from serving import reader as module

    publish_lake(root)
    reader = open_reader()
    one = reader.ask("select random() as number")
    assert one.equals(reader.ask("select random() as number"))
    publish_lake(root, scale=2)
    assert not one.equals(open_reader().ask("select random() as number"))
    assert module.open_reader().snapshot != reader.snapshot


def test_a_question_is_not_asked_again_for_what_it_does_not_name(reader):
    asked = "select random() + $first as number"
    one = reader.ask(asked, first=1, member="member")
    assert one.equals(reader.ask(asked, first=1, member="casual"))
    assert not one.equals(reader.ask(asked, first=2, member="member"))


def test_parameters_are_bound_and_not_pasted(root):
    publish_lake(root)
    reader = open_reader()
    assert reader.ask("select $city as city", city="'; drop table x; --", unused=1).item().startswith("';")


def test_an_old_snapshot_is_collected_once_two_newer_ones_were_read(root):
    ids = []
    for scale in (1, 2, 3):
        ids.append(publish_lake(root, scale).id)
        open_reader()
    assert collect(root, 1).removed == [ids[0]]


@pytest.mark.slow
def test_ten_sessions_while_snapshots_are_published_rolled_back_and_collected(root):
    publish_lake(root, 1)
    right = {}
    for scale in range(1, SCALES + 1):
        publish_lake(root, scale)
        right[scale] = totals(open_reader())
    allowed = [numbers for numbers in right.values() if len(numbers) == 1]
    assert len(allowed) == SCALES
    done = threading.Event()

    def session():
        seen = []
        while not done.is_set():
            reader = open_reader()
            seen.append((reader.snapshot, totals(reader)))
        return seen

    with ThreadPoolExecutor(SESSIONS) as pool:
        running = [pool.submit(session) for _ in range(SESSIONS)]
        try:
            for number in range(PUBLICATIONS):
                publish_lake(root, number % SCALES + 1)
                if number % 6 == 5:
                    rollback(root, by="anna", reason="trial")
                    release(root)
                collect(root, 1)
        finally:
            done.set()
        seen = [one for session in running for one in session.result(60)]
    assert all(numbers in allowed for _, numbers in seen)
    assert len({snapshot for snapshot, _ in seen}) > 1
