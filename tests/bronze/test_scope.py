from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

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


@pytest.mark.slow
@pytest.mark.parametrize(("name", "value"), [("DLT_PROJECT_DIR", "{}"), ("DLT_CONFIG_FOLDER", ".other")])
def test_what_is_configured_is_this_projects_whatever_the_caller_has_for_another(tmp_path, name, value):
    (tmp_path / ".dlt").mkdir()
    (tmp_path / ".dlt" / "config.toml").write_text('[sources]\nmonths = "2001-01"\n')
    found = subprocess.run(
        [
            sys.executable,
            "-c",
            "from orchestration.upstreams import configured_scope as of; print(of().months)",
        ],
        cwd=Path(__file__).parents[2],
        env={one: own for one, own in os.environ.items() if not one.startswith("SOURCES__")}
        | {name: value.format(tmp_path)},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert found.stdout.startswith("2020-11.."), found.stderr
