"""Feeds without a past are asked at any time, by whoever drives, and what they said lands with the next run."""

from __future__ import annotations

import json
import time

import pytest
from dlt.common.configuration.container import Container
from dlt.common.configuration.utils import TraceLogContext

from bronze import sources
from bronze.errors import BatchError
from bronze.offers import unwatched
from bronze.sample.upstreams import json_answer
from lake import LakeError, locate
from lake.__main__ import main as lake_main
from lake.files import exclusive_lock, write_json
from lake.layout import Lake
from lake.listing import read_listing
from lake.locks import run_lock
from lake.recordings import kept, origin_of
from lake.status import status
from lake.verify import verify
from lake.versions import all_versions
from orchestration import poll, steps
from orchestration.__main__ import main
from orchestration.airflow import asking, tasks
from orchestration.gate import judge as gate
from orchestration.upstreams import configured, upstreams
from tests.bronze import signals
from tests.bronze.signals import LATER, NOON, NOW, lights, packed

RUN = {"months": "2024-05", "cities": ["jc"], "origin": "upstream", "full": False, "unkept": []}


@pytest.fixture(autouse=True)
def alone(live, monkeypatch):
    """Let the project have the signals and no other source."""
    monkeypatch.setattr("bronze.sources.names", lambda: ["signals"])
    monkeypatch.setattr(gate, "suite_hash", lambda *_: "hash")


def moments(feed="lights"):
    return [one.moment for one in kept(locate(), "signals", feed)]


def land(asked=()):
    with upstreams(locate()) as origin:
        found = steps.land(locate(), origin, lambda offer: unwatched, poll.failures(asked))
        return {f"{one.table} {one.batch}": one.outcome for one in found}


def asked():
    with upstreams(locate()) as origin:
        return poll.poll(locate(), origin)


def test_a_poll_on_a_branch_is_one_of_its_lake(monkeypatch):
    """A recorder that went on after the drop would else keep what nobody finds."""
    lake = locate()
    made = Lake(lake.branches / "trial")
    made.root.mkdir(parents=True)
    write_json(made.branch, {})
    monkeypatch.setenv("BRANCH", "trial")
    assert main(["poll"]) == 0
    assert len(kept(lake, "signals", "lights")) == 1
    assert list(made.root.iterdir()) == [made.branch]


def test_a_poll_keeps_what_feeds_say_and_lands_nothing(capsys):
    assert main(["poll"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "signals lights: kept what it said at 2024-05-03 12:00:00 UTC",
        "signals sites: kept what it said at 2024-05-03 12:00:00 UTC",
    ]
    assert (moments(), all_versions(locate())) == ([NOON], [])
    assert main(["poll"]) == 0
    assert "lights: kept already what it said at" in capsys.readouterr().out


def test_what_was_asked_is_not_noted_in_memory_for_ever():
    """dlt notes each setting that it looks up until a pipeline ends, and a recorder has none that would."""
    asked()
    noted = Container()[TraceLogContext]
    before = len(noted.all_traces)
    asked()
    assert len(noted.all_traces) == before


def test_polls_go_on_while_a_run_holds_the_lake():
    with exclusive_lock(run_lock(locate()), "busy"):
        assert main(["poll"]) == 0
        assert asking.poll_feeds()
    assert moments() == [NOON]


def test_one_feed_that_fails_is_told_and_the_others_are_kept(capsys):
    NOW["lights.json"] = json_answer({"oops": 1})
    assert main(["poll"]) == 1
    out = capsys.readouterr().out
    assert "signals lights: not kept: http://127.0.0.1:" in out
    assert "signals sites: kept what it said" in out
    with pytest.raises(BatchError, match="signals lights: not kept"):
        asking.poll_feeds()


def test_every_so_many_seconds_until_ctrl_c(clock, monkeypatch, capsys):
    def sleep(seconds):
        waited.append(seconds)
        if len(waited) == 4:
            raise KeyboardInterrupt
        clock.at = f"20240503T12{len(waited):02d}00Z"
        NOW["lights.json"] = json_answer({"oops": 1} if len(waited) == 1 else lights())
        # The configuration is broken for a while: a recorder that stopped would have a hole.
        monkeypatch.setenv("SOURCES__MONTHS", "nonsense" if len(waited) == 2 else "2024-05")

    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", sleep)
    assert main(["poll", "--every", "60"]) == 0
    assert 59 < waited[0] <= 60
    assert moments() == [NOON, "20240503T120300Z"]
    assert moments("sites") == [NOON, "20240503T120100Z", "20240503T120300Z"]
    assert "'nonsense' is not a month" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "setting", "why"),
    [
        *(
            (["--every", every], "2024-05", f"EVERY={every}: say after how many seconds")
            for every in ("0", "nan", "inf")
        ),
        ([], "nonsense", "'nonsense' is not a month"),
        (["--every", "5"], "nonsense", "'nonsense' is not a month"),
    ],
)
def test_what_makes_no_sense_is_told_at_once(words, setting, why, monkeypatch, capsys):
    monkeypatch.setenv("SOURCES__MONTHS", setting)
    assert main(["poll", *words]) == 2
    assert why in capsys.readouterr().out


def test_a_recorder_of_real_answers_without_an_address_is_told_so(monkeypatch, capsys):
    main(["poll"])
    monkeypatch.delenv("SOURCES__SIGNALS__BASE_URL")
    assert main(["poll"]) == 2
    assert "keeps real answers, and no address is configured" in " ".join(capsys.readouterr().out.split())


def test_feeds_without_an_address_are_not_asked_where_others_have_one(monkeypatch):
    others = ["nager"]
    monkeypatch.setattr(sources, "names", lambda: [*others, "signals"])
    monkeypatch.setenv("SOURCES__NAGER__BASE_URL", "http://127.0.0.1:9")
    monkeypatch.delenv("SOURCES__SIGNALS__BASE_URL")
    with upstreams(locate()) as origin:
        assert origin == "upstream"
        assert poll.poll(locate(), origin) == []
    others.append("open_meteo")
    with pytest.raises(LakeError, match="no base_url for open_meteo"), upstreams(locate()):
        pass


def test_the_sample_has_no_now(monkeypatch, capsys):
    monkeypatch.delenv("SOURCES__SIGNALS__BASE_URL")
    assert configured() == {"signals": None}
    assert main(["poll"]) == 0
    assert "the sample's feeds have fixed moments, which `make run` reads in" in capsys.readouterr().out
    assert moments() == []


def test_the_sample_is_read_in_with_its_own_moments_and_is_the_same_each_time(monkeypatch):
    monkeypatch.delenv("SOURCES__SIGNALS__BASE_URL")
    monkeypatch.setattr(
        "bronze.sample.generate.generate", lambda folder, **_: folder.mkdir(parents=True, exist_ok=True)
    )
    signals.ARCHIVE[f"lights/{NOON}.json.gz"] = packed(lights())
    assert [one.outcome for one in asked()] == ["kept"]
    assert land() == {"lights hoboken-2024-05-03": "landed"}
    assert asked() == []
    assert land() == {"lights hoboken-2024-05-03": "unchanged"}
    assert origin_of(locate()) == "sample"


def test_answers_of_the_sample_and_real_ones_never_mix(monkeypatch):
    main(["poll"])
    monkeypatch.delenv("SOURCES__SIGNALS__BASE_URL")
    with (
        pytest.raises(LakeError, match=r"holds real data \(answers of feeds\).*asks for the sample"),
        upstreams(locate()),
    ):
        pass


def test_a_source_is_configured_by_an_archive(monkeypatch):
    monkeypatch.delenv("SOURCES__SIGNALS__BASE_URL")
    monkeypatch.setenv("SOURCES__SIGNALS__ARCHIVE", "/some/archive")
    assert configured() == {"signals": "/some/archive"}


def test_a_module_that_cannot_be_imported_keeps_no_other_from_being_asked(monkeypatch):
    monkeypatch.setattr("bronze.sources.names", lambda: ["nowhere", "signals"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCES__NOWHERE__BASE_URL", "http://127.0.0.1:9")
        found = [(one.source, one.feed, one.outcome) for one in asked()]
    assert found == [
        ("nowhere", "*", "failed"), ("signals", "lights", "kept"), ("signals", "sites", "kept")
    ]  # fmt: skip


def by_tasks():
    """Land as the DAG does; return what became of each batch."""
    noted: list[asking.Facts] = []
    found = tasks.batches(RUN, [tasks.ask(RUN, "signals", noted.append)])
    for one in found:
        tasks.land(RUN, one, noted.append)
    return {f"{one['table']} {one['batch']}": one["outcome"] for one in noted}


@pytest.mark.slow
def test_both_drivers_see_the_same_batches(clock, tmp_path, monkeypatch):
    expected: list[list[dict[str, str]]] = []
    for name, drive in (("line", land), ("dag", by_tasks)):
        monkeypatch.setenv("LAKE_ROOT", str(tmp_path / name))
        found = []
        for clock.at, state in ((NOON, "red"), (LATER, "green"), ("20240504T000000Z", "green")):
            NOW["lights.json"] = json_answer(lights(state))
            main(["poll"])
            found.append(drive())
        found.append(drive())
        expected.append(found)
        hashes = [version.record["content_hash"] for version in all_versions(locate())]
        assert len(hashes) == 6
        expected[-1].append({str(number): one for number, one in enumerate(hashes)})
    assert expected[0] == expected[1]
    assert set(expected[0][3].values()) == {"unchanged"}


def test_a_run_of_the_dag_asks_when_it_is_opened_and_tells_what_was_not_kept(monkeypatch):
    monkeypatch.setenv("SOURCES__CITIBIKE__CITIES", '["jc"]')
    NOW["lights.json"] = json_answer({"oops": 1})
    run = asking.open_run({}, "manual", None)
    assert moments("sites") == [NOON]
    ((unkept),) = run["unkept"]
    assert (unkept["table"], unkept["batch"], unkept["outcome"]) == ("lights", "*", "failed")
    ended = tasks.close_landing(run, [], [{"source": "signals"}], [])
    assert ended["failed"][0].startswith("signals lights (listing): not kept: http://127.0.0.1:")
    assert [one["table"] for one in read_listing(locate())["offers"]] == ["lights"]


def test_what_could_not_be_kept_is_a_failure_of_the_run():
    NOW["lights.json"] = json_answer({"oops": 1})
    found = asked()
    assert land(found) == {"lights *": "failed", "sites hoboken-2024-05-03": "landed"}
    (failed,) = status().failed
    assert (failed.table, failed.batch) == ("lights", "*")
    assert "not kept: http://127.0.0.1:" in failed.error


def test_thousands_of_damaged_files_are_told_in_a_few_lines(monkeypatch, live):
    monkeypatch.setenv("SOURCES__SIGNALS__ARCHIVE", live[1].urls["signals"])
    for second in range(1, 21):
        signals.ARCHIVE[f"lights/20240503T1200{second:02d}Z.json"] = b"{}"
    found = asked()
    lines = [line for is_well, line in poll.told(found) if not is_well]
    assert len(lines) == 6
    assert lines[-1] == "signals lights: and 15 more failures like these"
    (told,) = poll.failures(found)
    assert str(told.error).endswith("(and 19 more failures)")


def test_answers_read_in_are_told_with_their_span(monkeypatch, live):
    monkeypatch.setenv("SOURCES__SIGNALS__ARCHIVE", live[1].urls["signals"])
    for moment in ("20240503T113000Z", "20240503T114500Z"):
        signals.ARCHIVE[f"sites/{moment}.json"] = json.dumps({"data": {"sites": []}}).encode()
    assert (
        "signals sites: read in 2 answers of the archive, 2024-05-03 11:30:00 to 2024-05-03 11:45:00 UTC"
        in [line for _, line in poll.told(asked())]
    )


def test_status_tells_of_holes_and_of_days_that_have_not_landed(clock, capsys):
    for clock.at in ("20240503T180000Z", "20240503T181500Z", "20240504T001500Z", "20240504T003000Z"):
        main(["poll"])
    assert status().feeds[0].told() == (
        "signals lights: 4 answers, the newest of 2024-05-04 00:30:00; nobody asked for longest from "
        "2024-05-03 18:15:00 to 2024-05-04 00:15:00; not landed yet: 2024-05-03, 2024-05-04 (UTC)"
    )
    capsys.readouterr()
    main(["status"])
    assert "signals lights: 4 answers" in capsys.readouterr().out
    land()
    found = [one for one in status().feeds if one.feed == "lights"]
    assert [(one.answers, one.waiting) for one in found] == [(4, [])]
    clock.at = "20240504T004500Z"
    main(["poll"])
    assert [one.waiting for one in status().feeds] == [["2024-05-04"], ["2024-05-04"]]


def test_a_hole_is_told_and_nothing_is_invented(clock):
    for clock.at in ("20240503T060000Z", "20240503T120000Z"):
        main(["poll"])
    land()
    (version,) = [one for one in all_versions(locate()) if one.table == "lights"]
    assert version.record["answers"] == 2
    assert version.record["rows_landed"] == 4


def test_damage_among_what_is_kept_is_found(clock, own_lake):
    for clock.at in (NOON, LATER):
        main(["poll"])
    assert verify(locate()).faults == []
    made = kept(locate(), "signals", "lights")[0].path
    made.chmod(0o644)
    made.write_bytes(made.read_bytes()[:-4])
    strange = own_lake / "recordings" / "signals" / "lights" / "2024-05-03" / "notes.txt"
    strange.touch()
    (own_lake / "recordings" / "origin.json").write_text("{")
    found = {fault.path.name: fault for fault in verify(locate()).faults}
    assert set(found) == {"20240503T120000Z.json.gz", "notes.txt", "origin.json"}
    assert "restore it from a copy, or remove it" in found["20240503T120000Z.json.gz"].mend
    assert found["notes.txt"].what == "is no recording"


def test_clean_says_how_many_answers_it_takes(capsys):
    main(["poll"])
    assert lake_main(["clean"]) == 0
    assert "with 2 answers of feeds that cannot be asked for again" in capsys.readouterr().out
    assert moments() == []
