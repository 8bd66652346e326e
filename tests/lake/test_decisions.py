"""What a person has held stays held, under whatever number the same content lands again."""

from __future__ import annotations

import shutil

import pytest

from lake import locate
from lake.files import read_json, write_json
from lake.status import status
from lake.verify import verify
from lake.versions import all_versions, batch_versions, decide, in_force
from tests.lake import rows

BAD, OTHER = [7, 7], [8]


def land(amounts, state=None):
    return rows.land(locate(), "b-1", amounts, state)


def hold(version, reason="twice the usual"):
    return decide(version, "held", by="ana", reason=reason)


def lose_record(version):
    (version.path / "record.json").unlink()


def remove(version):
    shutil.rmtree(version.path)


def test_content_that_was_held_is_held_when_it_lands_as_another_version():
    first = land(BAD)
    hold(first)
    lose_record(first)
    again = land(BAD)
    assert (again.number, again.state) == (2, "held")
    assert in_force(all_versions(locate())) == []
    (batch,) = status().batches
    assert (batch.state, batch.by) == ("held", "ana")
    assert batch.reason == "the same content was held before: twice the usual"
    # It is a verdict like others: written down twice.
    assert [fault.path for fault in verify(locate()).faults] == [first.path]


def test_other_content_is_judged():
    lost = land(BAD)
    hold(lost)
    lose_record(lost)
    assert land(OTHER).state == "unjudged"


def test_a_hold_finds_its_content_between_other_versions_as_well():
    hold(land(BAD))
    assert land(OTHER, "accepted").state == "accepted"
    third = land(BAD)
    assert third.state == "held"
    lose_record(third)
    # The person's words, once.
    assert land(BAD).verdict["reason"] == "the same content was held before: twice the usual"


@pytest.mark.parametrize("gone", ["decisions.json", "version=1/verdict.json"])
def test_either_copy_of_a_decision_is_enough(gone):
    first = land(BAD)
    hold(first)
    lose_record(first)
    (first.path.parent / gone).unlink()
    assert land(BAD).state == "held"


def test_the_last_word_on_the_content_counts():
    first = land(BAD)
    hold(first)
    land(OTHER)
    third = land(BAD)
    decide(third, "accepted", by="ben", reason="it is right")
    land(OTHER)
    assert land(BAD).state == "unjudged"
    hold(first, "it is not")
    assert land(BAD).verdict["reason"] == "the same content was held before: it is not"


def test_what_was_accepted_is_judged_again():
    """The gate may know better by now, and its refusal is told; a forgotten hold would be served in silence."""
    first = land(BAD)
    decide(first, "accepted", by="ana", reason="it is right")
    lose_record(first)
    assert land(BAD).state == "unjudged"


def test_a_hold_outlives_the_folder_of_its_version():
    first = land(BAD)
    hold(first)
    remove(first)
    other = land(OTHER)
    assert (other.number, other.state) == (1, "unjudged")
    assert land(BAD).state == "held"
    remove(batch_versions(locate(), "shop", "things", "b-1")[-1])
    again = land(BAD)
    assert (again.number, again.state) == (2, "held")


def test_decisions_from_before_their_content_was_kept_go_by_number():
    lost = land(BAD)
    hold(lost)
    kept = lost.path.parent / "decisions.json"
    for path in (kept, lost.path / "verdict.json"):
        old = read_json(path)
        for verdict in [old, *(one for one in old.values() if isinstance(one, dict))]:
            verdict.pop("content_hash", None)
        write_json(path, old)
    assert all_versions(locate())[0].state == "held"
    (lost.path / "verdict.json").unlink()
    assert all_versions(locate())[0].state == "held"
    remove(lost)
    assert land(BAD).state == "unjudged"


def test_a_version_whose_record_cannot_be_read_can_be_held():
    version = land(BAD)
    record = (version.path / "record.json").read_text()
    (version.path / "record.json").write_text("{")
    (read_again,) = all_versions(locate())
    assert hold(read_again)["state"] == "held"
    # Once it can be read again, it says of which content that was.
    (version.path / "record.json").write_text(record)
    land(OTHER)
    assert land(BAD).state == "held"


def test_a_hold_goes_with_its_content_where_the_record_was_damaged_before_the_last_word():
    version = land(BAD)
    hold(version)
    (version.path / "record.json").write_text("{")
    (read_again,) = all_versions(locate())
    hold(read_again, "surely")
    remove(version)
    assert land(BAD).verdict["reason"] == "the same content was held before: surely"


def test_the_last_word_is_found_by_its_time_where_their_order_was_lost(monkeypatch):
    times = iter(f"2024-05-0{day}T12:00:00+00:00" for day in range(1, 10))
    monkeypatch.setattr("lake.versions.utc_now", lambda: next(times))
    first = land(BAD)
    hold(first)
    land(OTHER)
    third = land(BAD)
    decide(third, "accepted", by="ben", reason="it is right")
    hold(first, "it is not")
    (first.path.parent / "decisions.json").unlink()
    land(OTHER)
    assert land(BAD).state == "held"


def test_a_copy_of_a_version_that_a_person_made_says_nothing():
    first = land(BAD)
    hold(first)
    shutil.copytree(first.path, first.path.with_name("version=1 copy"))
    remove(first)
    (first.path.parent / "decisions.json").unlink()
    assert land(BAD).state == "unjudged"


def test_what_another_process_lands_meanwhile_is_not_held_for_this_content(monkeypatch):
    from lake import versions
    from lake.errors import OvertakenError

    first = land(BAD)
    hold(first)
    lose_record(first)
    synced = versions.sync_tree
    other = rows.land(locate(), "b-2", OTHER, None)

    def overtaken(folder):
        synced(folder)
        other.path.rename(first.path.with_name("version=2"))  # the last step of the other landing

    monkeypatch.setattr(versions, "sync_tree", overtaken)
    with pytest.raises(OvertakenError):
        land(BAD)
    assert all_versions(locate())[-1].state == "unjudged"


def test_who_comes_too_late_with_a_landing_leaves_the_decisions_on_the_other():
    from lake.errors import OvertakenError
    from lake.versions import Version, add_version

    first = land(BAD)
    hold(first)
    folder = locate().work / "late"
    folder.mkdir()
    late = Version("shop", "things", "b-1", 1, first.path)
    with pytest.raises(OvertakenError):
        add_version(late, folder, {"content_hash": "other", "files": []})
    (first.path / "verdict.json").unlink()
    assert all_versions(locate())[0].state == "held"


def test_damaged_decisions_are_named_where_no_version_of_the_batch_is_left():
    first = land(BAD)
    hold(first)
    lose_record(first)
    kept = first.path.parent / "decisions.json"
    kept.write_text("{")
    assert kept in [fault.path for fault in verify(locate()).faults]
