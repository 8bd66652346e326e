"""The whole pipeline under whatever may happen to a lake: what is published is always whole and true.

Every step is a real run, with dlt, the gates and dbt: so there are few of them, and many in `make soak`.
"""

from __future__ import annotations

import csv
import os
import shutil
import tempfile
from contextlib import ExitStack
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

import lake as lake_package
from lake import Lake
from lake.pin import read_pin
from lake.rollback import release, rollback
from lake.snapshots import current, list_snapshots
from lake.versions import State, all_versions
from orchestration.decisions import decide_by_person
from tests.bronze.upstream import MODERN_HEADER, modern, put, put_holidays, zipped
from tests.orchestration.lakes import differences, go, upstream

pytestmark = pytest.mark.slow

MONTHS = ["2024-02", "2024-03", "2024-04"]
#: Rides of a month's own file, so many that a few odd ones do not get it refused.
ORDINARY = 120
#: Columns of a month's only ride, by what is odd about it.
ODD = {
    "nothing": {},
    "no end": dict.fromkeys(("end_station_id", "end_station_name", "end_lat", "end_lng"), ""),
    "no start": dict.fromkeys(("start_station_id", "start_station_name", "start_lat", "start_lng"), ""),
    "a false start": {"started_at": "{month}-10 08:00:00", "ended_at": "{month}-10 08:00:05"},
    "a lost bike": {"started_at": "{month}-10 08:00:00", "ended_at": "{month}-12 08:00:00"},
}
months = st.sampled_from(MONTHS)


def first_day(month: str) -> date:
    return date.fromisoformat(f"{month}-01")


def over_midnight(month: str, number: int, name: str) -> str:
    """Return a ride that began on the last day before `month` and ended in it, as either file may have it."""
    day = first_day(month) - timedelta(days=1)
    return modern(
        int(f"9{month[-2:]}{number:04d}"),
        str(day),
        started_at=f"{day} 23:5{number}:00",
        ended_at=f"{first_day(month)} 00:10:00",
        start_station_name=name,
        start_station_id=f"JC09{number}",
    )


def trips_of(month: str, release_: int, strays: set[int], late: set[int]) -> list[str]:
    """Return the rows of a month's file: `strays` began in the month before, `late` end in the next one."""
    name = f"Mill St {release_}"
    rows = [
        modern(
            int(f"{month.replace('-', '')}{number:04d}"),
            f"{month}-{1 + number % 28:02d}",
            start_station_name=name if number % 3 else "Grove St PATH",
            member_casual="casual" if (number + release_) % 4 == 0 else "member",
        )
        for number in range(ORDINARY + release_)
    ]
    following = (first_day(month) + timedelta(days=32)).strftime("%Y-%m")
    rows += [over_midnight(month, number, name) for number in sorted(strays)]
    rows += [over_midnight(following, number, name) for number in sorted(late)]
    return rows


class Pipeline(RuleBasedStateMachine):
    """An upstream that publishes and republishes, a person who decides, and runs in between."""

    def __init__(self) -> None:
        super().__init__()
        self.base = Path(tempfile.mkdtemp(prefix="pipeline-"))
        self.lake = Lake(self.base / "lake")
        self.upstream = self.base / "upstream"
        self.warmth = dict.fromkeys(MONTHS, 0)
        self.landed: dict[str, str] = {}
        self.frozen: str | None = None
        self.stack = ExitStack()
        patch = self.stack.enter_context(pytest.MonkeyPatch.context())
        patch.setenv("LAKE_ROOT", str(self.lake.root))
        self.publish_trips("2024-03", 0, {0}, {1})
        self.publish_holidays([])
        self.publish_weather()
        self.stack.enter_context(upstream(self.upstream, "2024-02..2024-04"))
        go(self.lake)

    def publish_trips(self, month: str, release_: int, strays: set[int], late: set[int]) -> None:
        self.publish_rows(month, trips_of(month, release_, strays, late))

    def publish_rows(self, month: str, rows: list[str]) -> None:
        stamp, content = month.replace("-", ""), "\n".join([MODERN_HEADER, *rows]) + "\n"
        put(self.upstream, f"JC-{stamp}-citibike-tripdata.csv.zip", zipped({f"JC-{stamp}.csv": content}))

    def publish_holidays(self, more: list[str]) -> None:
        """Publish the usual holidays and some more."""
        entry = {"countryCode": "US", "global": True, "types": ["Public"], "name": "Day of Rides"}
        usual = ["2024-01-01", "2024-02-19", "2024-03-29", "2024-07-04", "2024-12-25"]
        put_holidays(self.upstream, 2024, [{"date": day, **entry} for day in usual + more])

    def publish_weather(self) -> None:
        with (self.upstream / "weather.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["time", "temperature_2m", "precipitation", "wind_speed_10m"])
            hour = datetime(2024, 1, 30)  # noqa: DTZ001 - UTC, written without its zone
            while hour < datetime(2024, 5, 3):  # noqa: DTZ001
                warmth = 10 + self.warmth.get(f"{hour:%Y-%m}", 0)
                writer.writerow([f"{hour:%Y-%m-%dT%H:%M}", warmth, hour.day % 3, hour.hour])
                hour += timedelta(hours=1)

    @rule(
        month=months,
        release_=st.integers(0, 3),
        strays=st.sets(st.integers(0, 3)),
        late=st.sets(st.integers(0, 3)),
    )
    def another_release(self, month: str, release_: int, strays: set[int], late: set[int]) -> None:
        self.publish_trips(month, release_, strays, late)
        go(self.lake)

    @rule(month=months, odd=st.sampled_from(sorted(ODD)))
    def a_month_of_one_ride(self, month: str, odd: str) -> None:
        """And one of the month before, for no mart may be empty when it is the only month left."""
        changes = {column: value.format(month=month) for column, value in ODD[odd].items()}
        ride = modern(int(month.replace("-", "")), f"{month}-10", **changes)
        self.publish_rows(month, [ride, over_midnight(month, 0, "Mill St")])
        go(self.lake)

    @rule(month=months, warmth=st.integers(1, 5), holiday=st.booleans())
    def other_answers(self, month: str, warmth: int, holiday: bool) -> None:
        self.warmth[month] = warmth
        self.publish_weather()
        if holiday:
            self.publish_holidays([f"{month}-15"])
        go(self.lake)

    @rule(month=months, verb=st.sampled_from(["held", "accepted"]))
    def a_person_decides(self, month: str, verb: str) -> None:
        known = [version for version in all_versions(self.lake) if version.batch == f"jc-{month}"]
        others = {version.batch for version in all_versions(self.lake) if version.table == "trips"}
        if known and (verb == "accepted" or len(others) > 1):
            state: State = "accepted" if verb == "accepted" else "held"
            decide_by_person(self.lake, f"jc-{month}", state, by="anna", reason="a look at the map")
            if any(v.table == "trips" and v.state == "accepted" for v in all_versions(self.lake)):
                go(self.lake)

    @precondition(lambda self: len(list_snapshots(self.lake)) > 1 and not read_pin(self.lake))
    @rule()
    def roll_back(self) -> None:
        self.frozen = rollback(self.lake, by="anna", reason="looks wrong").id

    @precondition(lambda self: read_pin(self.lake) is not None)
    @rule()
    def let_go(self) -> None:
        release(self.lake)
        self.frozen = None
        go(self.lake)

    @invariant()
    def what_is_published_is_whole(self) -> None:
        published = current(self.lake)
        assert published is not None
        assert self.frozen in (None, published.id)
        with lake_package.connect(root=self.lake.root) as connection:
            assert connection.sql("from silver.conservation where not is_conserved").fetchall() == []
            query = (
                "select (select count(*) from silver.fct_trips), "
                "(select sum(trips) from gold.mart_demand_daily), "
                "(select sum(rows_kept) from silver.conservation where table_name = 'trips')"
            )
            [(facts, mart, account)] = connection.sql(query).fetchall()
            assert facts == mart == account

    @invariant()
    def bronze_holds_every_version(self) -> None:
        for version in all_versions(self.lake):
            name = f"{version.table} {version}"
            content = version.record["content_hash"]
            assert self.landed.setdefault(name, content) == content
            assert all(path.exists() for path in version.files)
        assert len(self.landed) == len(all_versions(self.lake))

    def teardown(self) -> None:
        try:
            self.incremental_equals_full()
        finally:
            self.stack.close()
            shutil.rmtree(self.base, ignore_errors=True)

    def incremental_equals_full(self) -> None:
        if read_pin(self.lake):
            release(self.lake)
        if not any(v.table == "trips" and v.state == "accepted" for v in all_versions(self.lake)):
            return
        go(self.lake)
        built = current(self.lake)
        go(self.lake, full=True)
        anew = current(self.lake)
        assert built is not None
        assert anew is not None
        assert anew.facts["plan"] == {"full": True, "why": "asked for"}
        assert differences(built, anew) == {}


@pytest.mark.timeout(900)  # real builds, on a machine that may be busy with others
def test_any_history_of_a_lake():
    soak = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
    size = settings(max_examples=60 if soak else 1, stateful_step_count=12 if soak else 2)
    run_state_machine_as_test(Pipeline, settings=settings(size, deadline=None))
