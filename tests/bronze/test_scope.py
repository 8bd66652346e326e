from __future__ import annotations

from datetime import date

import pytest

from bronze.scope import month_days, parse_months


def test_months_ranges_and_lists_are_sorted_and_unique():
    assert parse_months("2024-11, 2023-12..2024-02,2024-01") == ["2023-12", "2024-01", "2024-02", "2024-11"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2024-13", "not a month"),
        ("24-01", "not a month"),
        ("2024-05..2024-02", "backwards"),
        ("2024-01..", "not a month"),
        (" , ", "empty"),
    ],
)
def test_a_bad_scope_says_what_is_wrong(text, said):
    with pytest.raises(ValueError, match=said):
        parse_months(text)


def test_a_month_ends_on_its_last_day():
    assert month_days("2024-02") == (date(2024, 2, 1), date(2024, 2, 29))
    assert month_days("2023-12") == (date(2023, 12, 1), date(2023, 12, 31))
