from __future__ import annotations

from datetime import date

import pytest

from bronze.sample.holidays import days_off, easter_sunday, observed, public_holidays


@pytest.mark.parametrize(
    ("year", "day"),
    [
        (1954, "1954-04-18"),
        (1981, "1981-04-19"),
        (2019, "2019-04-21"),
        (2021, "2021-04-04"),
        (2024, "2024-03-31"),
        (2038, "2038-04-25"),
    ],
)
def test_easter(year: int, day: str) -> None:
    assert easter_sunday(year) == date.fromisoformat(day)


def test_observed_days() -> None:
    assert observed(date(2022, 1, 1)) == date(2021, 12, 31)
    assert observed(date(2021, 7, 4)) == date(2021, 7, 5)
    assert observed(date(2021, 11, 11)) == date(2021, 11, 11)


def test_answer_has_the_shape_and_the_oddities_of_the_upstream() -> None:
    answer = public_holidays(2022)
    assert answer[0]["date"] == "2021-12-31"
    assert [list(entry) for entry in answer[:1]] == [
        ["date", "localName", "name", "countryCode", "fixed", "global", "counties", "launchYear", "types"]
    ]
    friday = [entry for entry in answer if entry["name"] == "Good Friday"]
    assert [entry["types"] for entry in friday] == [["Public"], ["Optional"]]
    assert friday[0]["date"] == friday[1]["date"] == "2022-04-15"
    columbus = next(entry for entry in answer if entry["name"] == "Columbus Day")
    assert not columbus["global"] and {"US-NY", "US-NJ"} <= set(columbus["counties"])
    assert [entry["date"] for entry in answer] == sorted(entry["date"] for entry in answer)
    assert len(answer) == 13
    assert "Juneteenth" not in {entry["name"] for entry in public_holidays(2020)}


def test_days_off_are_those_of_new_york_and_new_jersey() -> None:
    days = days_off([2021])
    assert date(2021, 4, 2) in days  # Good Friday, New Jersey
    assert date(2021, 1, 20) not in days  # Inauguration Day, the capital and around
    assert date(2021, 10, 11) in days
