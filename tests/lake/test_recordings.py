"""What feeds answered is kept as it was said: whole or not at all, once, and whoever else is at work."""

from __future__ import annotations

import gzip
import os
import threading

import pytest

from lake import locate
from lake.cleaning import clean
from lake.errors import BusyError, DamagedError, LakeError
from lake.files import exclusive_lock
from lake.locks import recording, run_lock
from lake.recordings import Recording, claim, feeds, keep, kept, origin_of, read
from lake.retention import clear_unfinished
from tests.lake.dying import dies_at

NOON, LATER, NEXT_DAY = "20240503T120000Z", "20240503T121500Z", "20240504T000000Z"


def put(moment, body=b'[{"id": 1}]', **more):
    return keep(locate(), "signals", "lights", moment, body, **more)


def moments():
    return [one.moment for one in kept(locate(), "signals", "lights")]


def test_an_answer_is_kept_byte_for_byte_under_its_moment(own_lake):
    odd = b'\xef\xbb\xbf [ {"id":1.50} ]\r\n'
    made = put(NOON, odd)
    assert made.path == own_lake / "recordings/signals/lights/2024-05-03/20240503T120000Z.json.gz"
    assert read(made) == odd
    assert made.path.read_bytes() == gzip.compress(odd, mtime=0)
    assert not made.path.stat().st_mode & 0o222
    assert feeds(locate()) == [("signals", "lights")]


def test_answers_are_listed_by_moment_whatever_came_first():
    for moment in (NEXT_DAY, NOON, LATER):
        put(moment, moment.encode())
    assert moments() == [NOON, LATER, NEXT_DAY]


def test_the_same_answer_again_is_a_link_to_the_one_before(own_lake):
    first, again, changed, back = (
        put(moment, body)
        for moment, body in (
            (NOON, b"[1]"),
            (LATER, b"[1]"),
            ("20240503T123000Z", b"[2]"),
            (NEXT_DAY, b"[1]"),
        )
    )
    assert first.path.samefile(again.path)
    assert not first.path.samefile(back.path), "it is the newest that is compared"
    assert [read(one) for one in kept(locate(), "signals", "lights")] == [b"[1]", b"[1]", b"[2]", b"[1]"]
    assert changed.size == back.size


def test_an_answer_that_no_file_can_be_linked_for_gets_one_of_its_own(monkeypatch):
    def refuse(source, target):
        raise OSError(31, "Too many links")

    first = put(NOON)
    monkeypatch.setattr(os, "link", refuse)
    assert read(put(LATER)) == read(first)


def test_after_a_damaged_answer_the_next_is_kept_all_the_same():
    first = put(NOON)
    first.path.chmod(0o644)
    first.path.write_bytes(b"no gzip")
    assert read(put(LATER)) == b'[{"id": 1}]'


def test_a_second_that_is_there_is_there():
    assert put(NOON)
    assert put(NOON) is None
    assert put(NOON, b"other") is None, "asked twice within a second"
    assert put(NOON, read_from="a/b.json") is None
    with pytest.raises(LakeError, match=r"a/b\.json says something else than .*120000Z\.json\.gz.*remove"):
        put(NOON, b"other", read_from="a/b.json")
    assert read(kept(locate(), "signals", "lights")[0]) == b'[{"id": 1}]'


@pytest.mark.parametrize("moment", ["2024-05-03", "20240503T1200Z", "20241303T120000Z", "20240503T120000Z "])
def test_what_is_no_moment_is_refused(moment):
    with pytest.raises(LakeError, match="is no moment in UTC such as"):
        put(moment)


def test_nothing_is_kept_outside_its_folder():
    with pytest.raises(LakeError, match="cannot be the name"):
        keep(locate(), "signals", "../..", NOON, b"[]")


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"no gzip", "no whole recording"), (gzip.compress(b"[1, 2, 3]", mtime=0)[:-9], "no whole recording"), (None, "is missing")],
)  # fmt: skip
def test_what_cannot_be_read_is_named(content, said):
    made = put(NOON)
    made.path.unlink()
    if content:
        made.path.write_bytes(content)
    with pytest.raises(DamagedError, match=rf"120000Z\.json\.gz.*{said}.*restore it from a copy"):
        read(made)


def test_strange_files_are_no_recordings(own_lake):
    made = put(NOON)
    for name in ("notes.txt", "20240504T120000Z.json.gz", ".20240503T120001Z.json.gz", "x.json.gz"):
        (made.path.parent / name).touch()
    (own_lake / "recordings/signals/lights/notes").touch()
    assert moments() == [NOON]
    assert put(LATER)


@pytest.mark.parametrize(("point", "there"), [("recording.written", []), ("recording.kept", [NOON])])
def test_killed_an_answer_is_whole_or_not_there(point, there, own_lake):
    with dies_at(point):
        put(NOON)
    assert moments() == there
    assert [read(one) for one in kept(locate(), "signals", "lights")] == [b'[{"id": 1}]'] * len(there)
    assert put(LATER)


def test_a_full_disk_leaves_nothing_behind(monkeypatch, own_lake):
    def full(handle):
        raise OSError(28, "No space left on device")

    claim(locate(), "upstream")
    monkeypatch.setattr(os, "fsync", full)
    (own_lake / "recordings/signals/lights/2024-05-03").mkdir(parents=True)
    with pytest.raises(OSError, match="No space left"):
        put(NOON)
    assert [path.name for path in (own_lake / "recordings").rglob("*") if path.is_file()] == ["origin.json"]


def test_a_lake_that_was_cleaned_in_between_knows_whose_the_next_answer_is(own_lake):
    claim(locate(), "sample")
    (own_lake / "recordings/origin.json").unlink()
    keep(locate(), "signals", "lights", NOON, b"[]", origin="sample")
    assert origin_of(locate()) == "sample"
    with pytest.raises(LakeError, match="another origin"):
        keep(locate(), "signals", "lights", LATER, b"[]", origin="upstream")


def test_what_a_killed_process_left_is_cleared(own_lake):
    put(NOON)
    left = own_lake / "recordings" / ".20240503T120000Z.json.gz.4194999.writing"
    left.touch()
    assert clear_unfinished(locate()) == [left]
    assert moments() == [NOON]


def test_answers_are_kept_while_a_run_goes_on():
    with exclusive_lock(run_lock(locate()), "busy"):
        assert put(NOON)


def test_whoever_writes_is_waited_for_and_not_for_ever(monkeypatch):
    monkeypatch.setattr("lake.locks.WAIT", 0.1)
    with recording(locate()), pytest.raises(BusyError, match="another process is keeping an answer"):
        put(NOON)
    assert put(NOON)


def test_data_are_not_removed_under_a_writer(monkeypatch):
    monkeypatch.setattr("lake.locks.WAIT", 0.1)
    put(NOON)
    with recording(locate()), pytest.raises(BusyError, match="keeping an answer"):
        clean(locate())
    assert moments() == [NOON]


def test_many_who_ask_at_once_keep_each_moment_once():
    wanted = [f"20240503T1200{second:02d}Z" for second in range(20)]
    made: list[Recording | None] = []
    threads = [
        threading.Thread(target=lambda: made.extend(put(moment, b"[]") for moment in wanted))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert moments() == wanted
    assert len([one for one in made if one]) == len(wanted)
