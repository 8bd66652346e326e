"""The grader's own upstreams and what is true of them: fast, without a pipeline."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections import Counter
from datetime import date

import pytest

from tests.evals.source import _unlike
from tests.evals.tasks import growing_file, live_feed, paged_api, two_tables
from tests.evals.upstreams import answering


def get(address, **headers):
    with urllib.request.urlopen(urllib.request.Request(address, headers=headers)) as answer:
        return answer.read().decode()


def pages(base, state, month):
    """Return all pages of a month, as who follows the links finds them."""
    link, found = f"{base}/{state}/boardings?month={month}", []
    while link:
        found.append(json.loads(get(link, **{"X-Api-Key": paged_api.KEY})))
        link = found[-1]["next"]
    return found


@pytest.mark.parametrize("month", [paged_api.FIRST, paged_api.SECOND, paged_api.BAD])
def test_the_pages_hold_every_entry_and_one_of_them_none(month):
    with answering(paged_api.answer) as base:
        found = pages(base, "later", month)
    assert [len(one["results"]) for one in found][1] == 0
    assert [one for page in found for one in page["results"]] == paged_api.entries(month, "later")
    assert {one["count"] for one in found} == {len(paged_api.entries(month, "later"))}


def test_without_the_key_there_is_no_answer():
    with answering(paged_api.answer) as base, pytest.raises(urllib.error.HTTPError, match="401"):
        get(f"{base}/early/boardings?month=2021-01")


def test_a_correction_without_a_number_corrects_nothing():
    kept = {row[:3]: row[3] for row in paged_api.kept()}
    assert kept["jc", "Paulus Hook", date(2020, 12, 3)] == 1003
    assert kept["jc", "Port Liberte", date(2020, 12, 4)] > 1003
    assert kept["jc", "Paulus Hook", date(2021, 1, 1)] == 2222


def test_nobody_is_zero_and_not_known_is_null():
    days = [date(2020, 12, 24), date(2020, 12, 9), date(2020, 12, 15)]
    found = paged_api.beside_demand([("jc", day, 7) for day in days], paged_api.kept())
    assert found == [("jc", days[0], 7, 0), ("jc", days[1], 7, None), ("jc", days[2], 7, None)]


def test_the_file_grows_at_its_end_and_one_old_line_is_another():
    early, later = growing_file.lines("early"), growing_file.lines("later")
    assert [one for one, other in zip(early, later, strict=False) if one != other] == [
        ("2020-12-03", "jc", next(told for day, city, told in early if (day, city) == ("2020-12-03", "jc")))
    ]
    assert {day[:7] for day, *_ in later[len(early) :]} == {"2021-01", "2021-02"}
    kept = {row[:2]: row[2] for row in growing_file.kept()}
    assert kept["jc", date(2021, 1, 4)] == 1003
    assert ("nyc", date(2021, 1, 4)) in kept


def test_a_counter_counts_where_it_stood_and_one_without_a_place_nowhere():
    days = [date(2020, 12, 20), date(2021, 1, 20)]
    kept = {(counter, day): count for counter, day, count in two_tables.kept()}
    found = two_tables.beside_demand([("jc", day, 7) for day in days], two_tables.kept())
    assert [row[3] for row in found] == [kept["C1", days[0]] + kept["C2", days[0]], kept["C1", days[1]]]


def test_an_answer_of_the_night_is_of_the_evening_before():
    found = live_feed.beside_demand([("jc", date(2020, 12, day), 7) for day in (5, 6, 7)], live_feed.kept())
    assert [row[4] for row in found] == [3, 1, None]
    assert "2020-12-06 03:00:00" in {str(row[0]) for row in live_feed.kept() if row[3] == date(2020, 12, 5)}
    # Two entries of one garage are one.
    assert Counter(row[:2] for row in live_feed.kept()).most_common(1)[0][1] == 1


def test_what_differs_is_told_with_an_example():
    assert _unlike("t", [(1,), (1,)], [(1,), (2,)]) == [
        "t: 1 rows too many, such as (1,)",
        "t: 1 rows missing, such as (2,)",
    ]
    assert _unlike("t", [(1,), (2,)], [(2,), (1,)]) == []
