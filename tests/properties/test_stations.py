"""What must hold for any answers of a live station feed: minutes are those that a person would count by hand."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import zip_longest
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.slow

NEW_YORK = ZoneInfo("America/New_York")
HOLDS = timedelta(minutes=60)
#: Around nights in which clocks change, and around the end of a month.
moment = st.one_of(
    *(
        st.datetimes(first, first + timedelta(hours=9)).map(lambda at: at.replace(microsecond=0, tzinfo=UTC))
        for first in (datetime(2024, 3, 10, 3), datetime(2024, 11, 3, 2), datetime(2024, 10, 31, 23))  # noqa: DTZ001
    )
)
count = st.sampled_from(["0", "0", "1", "7", "-1", "many", "", None])
flag = st.sampled_from(["1", "1", "1", "1", "true", "0", "false", "maybe", None])
entry = st.fixed_dictionaries(
    {
        "station_id": st.sampled_from(["A", "A", "B", "1862008701134683118", "", None]),
        "num_bikes_available": count,
        "num_docks_available": count,
        "is_installed": flag,
        "is_renting": flag,
        "is_returning": flag,
    }
)
polls = st.dictionaries(moment, st.lists(entry, min_size=1, max_size=4), max_size=12)


def raw_rows(answers):
    numbers: Counter[str] = Counter()
    for at in sorted(answers):
        for one in answers[at]:
            batch = f"citibike-{at:%Y-%m-%d}"
            numbers[batch] += 1
            yield {
                **one,
                "asked_at": f"{at:%Y-%m-%dT%H:%M:%SZ}",
                "source_record": numbers[batch],
                "batch": batch,
                "version": "1",
            }


def is_count(text):
    return text is not None and text.isdigit()


def read(one):
    """Return the station and its state, None where the entry cannot be read."""
    flags = [{"1": True, "true": True, "0": False, "false": False}.get(one[name]) for name in
             ("is_installed", "is_renting", "is_returning")]  # fmt: skip
    bikes, docks = one["num_bikes_available"], one["num_docks_available"]
    if (
        not one["station_id"]
        or None in flags
        or not is_count(bikes)
        or not (docks is None or is_count(docks))
    ):
        return None
    if not all(flags):
        return one["station_id"], "out_of_service"
    parts = [name for name, left in (("empty", bikes), ("full", docks)) if left == "0"]
    return one["station_id"], "_and_".join(parts) or "available"


def month_end(at):
    local = at.astimezone(NEW_YORK)
    first = datetime(local.year + local.month // 12, local.month % 12 + 1, 1, tzinfo=NEW_YORK)
    return first.astimezone(UTC)


def by_hand(answers):
    """Return seconds by station, local day, hour and state, walking through each answer's time hour by hour."""
    kept = {at: [found for one in answers[at] if (found := read(one))] for at in sorted(answers)}
    moments = [at for at in kept if kept[at]]
    seconds: defaultdict[tuple[str, str, int], Counter[str]] = defaultdict(Counter)
    for at, following in zip_longest(moments, moments[1:]):
        end = min(at + HOLDS, month_end(at), following or at + HOLDS)
        begin = at
        while begin < end:
            stop = min(end, begin.replace(minute=0, second=0) + timedelta(hours=1))
            local = begin.astimezone(NEW_YORK)
            for station in {name for name, _ in kept[at]}:
                states = {state for name, state in kept[at] if name == station}
                # Of a station that an answer lists twice either may be kept.
                state = states.pop() if len(states) == 1 else "either"
                seconds[station, f"{local:%Y-%m-%d}", local.hour][state] += int(
                    (stop - begin).total_seconds()
                )
            begin = stop
    return seconds


@given(polls)
def test_minutes_are_those_counted_by_hand(models, answers):
    raw = {"gbfs_station_status": raw_rows(answers)}
    connection = models.build({}, raw)
    found = connection.sql("""
        select station_id, strftime(status_date, '%Y-%m-%d') as day, status_hour,
            [minutes_observed, minutes_out_of_service, minutes_empty, minutes_full, minutes_empty_and_full]
        from mart_station_availability
    """).fetchall()
    wanted = by_hand(answers)
    assert {(station, day, hour) for station, day, hour, _ in found} == set(wanted)
    for station, day, hour, minutes in found:
        states = wanted[station, day, hour]
        both = states["empty_and_full"]
        counted = [
            states.total(),
            states["out_of_service"],
            states["empty"] + both,
            states["full"] + both,
            both,
        ]
        if not states["either"]:
            assert [round(one * 60) for one in minutes] == counted
        else:
            assert round(minutes[0] * 60) == counted[0]
    [(kept,)] = connection.sql("select count(*) from fct_station_status").fetchall()
    [(others,)] = connection.sql("select count(*) from unkept_answers").fetchall()
    assert kept + others == sum(len(entries) for entries in answers.values())
