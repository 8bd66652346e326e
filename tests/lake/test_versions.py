from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from lake import locate
from lake.errors import DamagedError, LakeError, OvertakenError
from lake.files import read_json, write_json
from lake.versions import all_versions, batch_versions, decide, in_force, next_version
from tests.lake.rows import land


def test_versions_count_up_and_all_stay():
    lake = locate()
    land(lake, "b-1", [1])
    land(lake, "b-1", [2])
    land(lake, "a-1", [3])
    assert [str(v) for v in all_versions(lake)] == ["a-1 version 1", "b-1 version 1", "b-1 version 2"]


def test_ten_versions_are_ordered_by_number_not_by_text():
    lake = locate()
    for amount in range(11):
        land(lake, "b-1", [amount])
    assert [v.number for v in batch_versions(lake, "shop", "things", "b-1")] == list(range(1, 12))
    assert in_force(all_versions(lake))[0].number == 11


def test_a_folder_without_record_is_no_version():
    lake = locate()
    version = land(lake, "b-1", [1])
    (version.path.parent / "version=2").mkdir()
    assert [v.number for v in all_versions(lake)] == [1]
    # What lies there is not written over.
    assert land(lake, "b-1", [2]).number == 3


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        (["accepted", "accepted"], [2]),
        (["accepted", "refused"], [1]),
        (["accepted", "held"], [1]),
        (["accepted", None], [1]),
        (["refused", "refused"], []),
    ],
)
def test_the_newest_accepted_version_is_in_force(states, expected):
    lake = locate()
    for number, state in enumerate(states):
        land(lake, "b-1", [number], state)
    assert [v.number for v in in_force(all_versions(lake))] == expected


def test_a_verdict_keeps_the_ones_before_it():
    lake = locate()
    version = land(lake, "b-1", [1], "refused")
    decide(version, "held", by="ann", reason="wait")
    verdict = decide(version, "accepted", by="bob", reason="checked by hand")
    assert version.state == "accepted"
    assert [(past["state"], past["by"]) for past in verdict["history"]] == [
        ("refused", "test"),
        ("held", "ann"),
    ]


def test_two_processes_cannot_land_the_same_version():
    lake = locate()
    taken = land(lake, "b-1", [1])
    from lake.versions import Version, add_version

    folder = lake.work / "late"
    folder.mkdir()
    (folder / "part.parquet").write_bytes(b"x")
    late = Version("shop", "things", "b-1", 1, taken.path)
    with pytest.raises(OvertakenError, match="run again"):
        add_version(late, folder, {"content_hash": "late", "files": []})
    assert taken.record["content_hash"] == "[1]"


@pytest.mark.parametrize("name", ["../evil", "a/b", "", "A 1", "x=1"])
def test_a_batch_name_cannot_leave_its_folder(name):
    with pytest.raises(LakeError, match="batch name"):
        next_version(locate(), "shop", "things", name)


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe"])
def test_a_damaged_record_is_named(content):
    version = land(locate(), "b-1", [1])
    (version.path / "record.json").write_bytes(content)
    with pytest.raises(DamagedError, match=r"record\.json"):
        _ = all_versions(locate())[0].record


def test_who_judged_something_that_was_decided_meanwhile_does_not_overwrite_it():
    version = land(locate(), "b-1", [1], None)
    before = version.verdict
    (same,) = all_versions(locate())
    held = decide(same, "held", by="ann", reason="wait")
    assert decide(version, "accepted", by="suite", reason="fine", instead_of=before) == held
    assert version.state == "held"
    assert all_versions(locate())[0].verdict == held
    assert decide(version, "accepted", by="suite", reason="fine", instead_of=held)["state"] == "accepted"


def test_no_decision_is_lost_when_several_decide_at_once():
    land(locate(), "b-1", [1], None)

    def decide_often(name):
        for number in range(10):
            decide(all_versions(locate())[0], "held", by=name, reason=str(number))

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(decide_often, ["ann", "bob", "eve"]))
    verdict = all_versions(locate())[0].verdict
    said = Counter(one["by"] for one in [*verdict["history"], verdict])
    assert said == {"ann": 10, "bob": 10, "eve": 10}


def test_a_list_of_versions_keeps_the_verdicts_it_was_first_asked_for():
    lake = locate()
    land(lake, "b-1", [1])
    land(lake, "b-1", [2])
    known = all_versions(lake)
    assert [v.number for v in in_force(known)] == [2]
    decide(all_versions(lake)[1], "held", by="ann", reason="wait")
    assert [v.number for v in in_force(known)] == [2]
    assert [v.number for v in in_force(all_versions(lake))] == [1]


def test_a_reason_with_bytes_that_are_no_utf_8_can_be_written_again(tmp_path):
    """A shell gives such an argument as halves of surrogate pairs."""
    path = tmp_path / "verdict.json"
    write_json(path, {"reason": "caf\udce9 é"})
    assert read_json(path)["reason"].encode().decode() == r"caf\udce9 é"
