"""Branches and tags as a person types them."""

from __future__ import annotations

from lake.__main__ import main as command
from lake.branches import branches
from lake.snapshots import current_id
from lake.status import status
from lake.tags import read_tags
from tests.lake.branched import begin, run, shown


def test_a_branch_from_its_beginning_to_its_merge(main, capfd):
    assert command(["branch", "trial"]) == 0
    assert "`make run BRANCH=trial`" in capfd.readouterr().out
    run(branches(main)[0])
    for snapshot, total in (("trial", 6), ("published", 1)):
        assert command(["sql", "--snapshot", snapshot, "--query", "select total from gold.mart"]) == 0
        assert f" {total} │" in capfd.readouterr().out
    assert command(["merge", "trial"]) == 0
    assert (
        "is published, with what branch trial landed and decided; branch trial is dropped"
        in capfd.readouterr().out
    )
    assert shown(main) == 6
    assert command(["merge", "trial"]) == 2
    assert "no branch 'trial'" in capfd.readouterr().err


def test_a_rollback_goes_to_a_tag_and_to_no_branch(main, capfd):
    first = current_id(main)
    assert command(["tag", "before-easter", "--snapshot", ""]) == 0
    assert f"snapshot {first} is tagged before-easter" in capfd.readouterr().out
    run(main)
    run(main, "b-4")
    run(begin())
    assert command(["rollback", "--snapshot", "trial", "--reason", "wrong"]) == 2
    assert "`make merge NAME=trial` publishes it here" in capfd.readouterr().err
    assert command(["rollback", "--snapshot", "before-easter", "--reason", "wrong"]) == 0
    assert current_id(main) == first


def test_what_is_dropped_is_a_tag_or_a_branch(main, capfd):
    assert command(["tag", "a"]) == 0
    assert command(["branch", "b"]) == 0
    assert command(["drop", "a"]) == 0
    assert (read_tags(main), len(branches(main))) == ({}, 1)
    assert command(["drop", "b"]) == 0
    assert branches(main) == []
    assert command(["drop", "b"]) == 2
    assert "no branch 'b'" in capfd.readouterr().err


def test_the_status_tells_of_branches_and_of_what_has_moved(main, monkeypatch):
    on = begin()
    made = run(on)
    (told,) = status().branches
    assert (told.name, told.begun_from, told.published, told.moved) == (
        "trial",
        current_id(main),
        made.id,
        [],
    )
    assert told.told().endswith(f"from snapshot {current_id(main)}; has published {made.id}")
    run(main, "b-9", 2)
    (told,) = status().branches
    assert told.moved == [
        f"snapshot {current_id(main)} has been published",
        "things b-9 version 1 was accepted by test",
    ]
    assert "; cannot be merged, for in its lake snapshot" in told.told()
    assert status().branch is None
    monkeypatch.setenv("BRANCH", "trial")
    assert status().branch == told
    assert status().branches == []
