"""A fact of another source, built by month or day: a later run gives what a full build gives, and no row is lost.

In a copy of the project weather is built so, hours by month and days by day, as silver/CLAUDE.md says; the project's
own steps land, plan and build it, and judge silver.
"""

from __future__ import annotations

import runpy
import shutil
from functools import partial

import numpy as np
import pytest

import lake as lake_package
from bronze.expectations.rules import Rule
from bronze.sample.clock import Clock
from bronze.sample.weather import make_weather, write_weather
from lake import Lake
from lake.snapshots import Snapshot
from lake.versions import all_versions, decide
from orchestration import dbt, steps
from orchestration.gate import judge as gate
from tests.bronze.upstream import land
from tests.orchestration.history import partitions, publish_month
from tests.orchestration.lakes import differences, upstream
from tests.structure.copies import copied, edit

pytestmark = pytest.mark.slow

MONTHS = ["2021-02", "2021-03", "2021-04"]
FACT, JUDGED = "silver/models/core/fct_weather_hourly", "silver/models/intermediate/int_weather_judged.sql"
DAYS, ACCOUNTS = "silver/models/core/fct_weather_daily", "silver/macros/logic/accounts.sql"
#: What makes a fact one by month: the judged model says of every row its month, staging reads the batches of the
#: run, the fact writes its months, and the line of the accounts names the column.
BY_MONTH = [
    ("silver/models/staging/stg_weather.sql", r'(\{\{ source\("open_meteo", "weather"\) \}\} as weather)',
     r'\1\n    where {{ is_read_batch("weather.batch") }}'),
    (JUDGED, r"        end as detail\n", "        end as detail,\n        right(batch, 7) as weather_month\n"),
    (f"{FACT}.sql", r"\Awith", '{{ config(meta={"partition_by": "weather_month"}) }}\n\nwith'),
    (f"{FACT}.sql", r"    where judged.outcome = 'hour'",
     "    where judged.outcome = 'hour' and {{ is_built_month(\"judged.weather_month\") }}"),
    (f"{FACT}.sql", r"        judged\.version\n    from", "        judged.version,\n        judged.weather_month\n    from"),
    (f"{FACT}.yml", r'(      - \{name: version, .*\n)',
     r'\1      - {name: weather_month, data_type: varchar, description: "Local month."}' "\n"),
    ("silver/expectations/fct_weather_hourly.py", r'"impossible_values", "batch", "version",',
     '"impossible_values", "batch", "version", "weather_month",'),
    (f"{DAYS}.sql", r"\Awith", '{{ config(meta={"partition_by": "weather_day"}) }}\n\nwith'),
    (f"{DAYS}.sql", r"(from \{\{ ref\(.fct_weather_hourly.\) \}\})", r'\1 where {{ is_built_day("weather_date") }}'),
    (f"{DAYS}.sql", r"as is_wet\n", "as is_wet,\n        cast(weather_date as varchar) as weather_day\n"),
    (f"{DAYS}.yml", r"(?<=\n)(    data_tests:\n)",
     r'      - {name: weather_day, data_type: varchar, description: "Local day."}' "\n" r"\1"),
    ("silver/expectations/fct_weather_daily.py", r'"cloud_cover_mean_pct", "is_wet",', '"cloud_cover_mean_pct", "is_wet", "weather_day",'),
    (ACCOUNTS, r'"judged": "int_weather_judged"', '"judged": "int_weather_judged", "month": "weather_month"'),
]  # fmt: skip
#: What weather is made into and accounted for with all that this reads, and the suites that judge weather.
BUILT = ["--select", "+conservation", "+fct_weather_daily", "+dim_dates", "--indirect-selection", "cautious"]
SUITES = ["conservation", "fct_weather_daily", "fct_weather_hourly", "rejected_answers", "unkept_answers"]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Copy the project, with a fact of weather by month; meanwhile the steps build and judge by the copy."""
    folder = tmp_path_factory.mktemp("months") / "project"
    copied(folder)
    for file, old, new in BY_MONTH:
        edit(folder, file, old, new)
    for part in ("models", "tests"):  # to parse them takes time, and none is built
        shutil.rmtree(folder / "gold" / part)

    def rules(layer: str, table: str) -> list[Rule]:
        found: list[Rule] = runpy.run_path(str(folder / layer / "expectations" / f"{table}.py"))["RULES"]
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dbt, "PROJECT", folder)
        patch.setattr(dbt, "KEPT", folder / "target" / "parsed")
        patch.setattr(dbt, "build", partial(dbt.build, chosen=lambda *_: BUILT))
        patch.setattr(gate, "_rules", rules)
        patch.setattr(gate, "suites", {"silver": SUITES, "gold": []}.get)
        yield folder


def published(lake: Lake, *, full: bool = False) -> Snapshot:
    """Accept what has landed, and publish silver of it."""
    for version in all_versions(lake):
        if version.verdict is None:
            decide(version, "accepted", by="anna", reason="it is the sample's")
    snapshot = steps.begin_snapshot(lake, "upstream", full=full)
    steps.build_layer(lake, snapshot, "silver")
    gates = steps.gate_layer(lake, snapshot, "silver")
    return steps.publish_snapshot(lake, snapshot, gates, {}, {})


@pytest.fixture(scope="module")
def story(project, tmp_path_factory):
    """Two months; a third one; everything anew."""
    base = tmp_path_factory.mktemp("months-lake")
    lake, folder = Lake(base / "lake"), base / "upstream"
    for month in MONTHS:
        publish_month(folder, month, 40)
    clock = Clock.over(MONTHS)
    write_weather(make_weather(np.random.default_rng(20), clock), clock, folder / "weather.csv")
    found = []
    with upstream(folder, f"{MONTHS[0]}..{MONTHS[1]}"), pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAKE_ROOT", str(lake.root))
        for months in (MONTHS[:2], MONTHS):
            patch.setenv("SOURCES__MONTHS", ", ".join(months))
            for source in ("citibike", "open_meteo"):
                assert {one.outcome for one in land(source)} <= {"landed", "unchanged"}
            found.append(published(lake))
        found.append(published(lake, full=True))
    return lake, found


def test_only_the_added_month_and_its_days_are_built(story):
    """The first and the last day of a month come from its own batch, margins from none."""
    _, (two, three, _) = story
    assert not three.facts["plan"]["full"]
    before, after = partitions(two), partitions(three)
    cut = (
        "fct_weather_hourly/weather_month-",
        "unkept_answers/answer_month-",
        "fct_weather_daily/weather_day-",
    )
    kept = {name for name in before if name.startswith(cut)}
    assert len(kept) == 2 + 2 + 28 + 31
    assert all(after[name] == before[name] for name in kept), "the parent's files"
    assert len([name for name in after if name.startswith(cut) and name not in before]) == 1 + 1 + 30


def test_every_row_is_accounted_for_and_incremental_equals_full(story):
    lake, (_, three, full) = story
    assert full.facts["plan"] == {"full": True, "why": "asked for"}
    assert differences(three, full) == {}
    with lake_package.connect(three.id, root=lake.root) as incremental:
        law = "select sum(rows_outside), bool_and(is_conserved) from silver.conservation where table_name = 'weather'"
        # A day's margin on both sides of each month.
        assert incremental.sql(law).fetchone()[1] is True
        assert incremental.sql(law).fetchone()[0] >= 3 * 2 * 23
