"""Every model and column says what it is, with the grain and the unit."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FILES = sorted([*ROOT.glob("silver/models/**/*.yml"), *ROOT.glob("gold/models/**/*.yml")])
# The loader in C: in Python it takes a second whenever tests are collected.
DECLARED = [yaml.load(file.read_text(), yaml.CSafeLoader) for file in FILES]
MODELS = {model["name"]: model for declared in DECLARED for model in declared.get("models", [])}
SOURCES = {
    f"{source['name']}.{table['name']}": table
    for declared in DECLARED
    for source in declared.get("sources", [])
    for table in source["tables"]
}
PUBLISHED = {
    path.stem
    for folder in ("silver/models/core", "gold/models/marts")
    for path in ROOT.glob(f"{folder}/*.sql")
}
#: How a column's name says its unit, and what its description must then hold.
UNITS = {
    r"_c$": "°C",
    r"_mm$": "mm",
    r"_cm$": "cm",
    r"_kmh$": "km/h",
    r"_pct$": "percent",
    r"_seconds$": "seconds",
    r"_minutes": "[Mm]inutes",
    r"latitude$|longitude$": "[Dd]egrees",
    r"_utc$": "UTC",
    r"^(trip|start|end)_month$": "YYYY-MM",
}


def test_every_model_has_a_description_file():
    models = {path.stem for layer in ("silver", "gold") for path in ROOT.glob(f"{layer}/models/**/*.sql")}
    assert models == MODELS.keys()


@pytest.mark.parametrize("name", sorted(MODELS))
def test_a_model_says_what_a_row_is(name):
    assert re.search(r"One (row|line) per ", MODELS[name]["description"]), "end with: One row per …."


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_a_source_says_what_a_row_is(name):
    assert "One row per " in SOURCES[name]["description"]


@pytest.mark.parametrize("name", sorted({**MODELS, **SOURCES}))
def test_a_column_says_what_it_is(name):
    for column in {**MODELS, **SOURCES}[name].get("columns", []):
        described = column.get("description", "")
        assert len(described.strip()) > 5, f"{column['name']}: say what it is"
        for pattern, unit in UNITS.items():
            if re.search(pattern, column["name"]):
                assert re.search(unit, described), f"{column['name']}: say the unit, {unit}"


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_a_published_model_declares_its_columns(name):
    """The contract compares them with the table; here only that there are some, each with a type."""
    columns = MODELS[name]["columns"]
    assert columns
    assert all(column.get("data_type") for column in columns)


def reasons_in(sql: str) -> set[str]:
    """Return the words that a `case … end as reason` gives, those of cases inside it as well."""
    found: set[str] = set()
    for end in re.finditer(r"\bend as reason\b", sql):
        depth = 1
        for word in reversed([*re.finditer(r"\b(case|end)\b", sql[: end.start()])]):
            depth += 1 if word[1] == "end" else -1
            if depth == 0:
                found.update(re.findall(r"\b(?:then|else)\s+'(\w+)'", sql[word.start() : end.start()]))
                break
    return found


def test_every_reason_for_which_a_row_is_not_kept_is_declared():
    """Else a build stops at the first row that has it, which may come years after the reason was written.

    They stand in `one_of` of silver/models/core/rejected_answers.yml and rejected_trips.yml.
    """
    given = {
        reason
        for folder in ("silver/models/staging", "silver/models/intermediate", "silver/macros/logic")
        for path in ROOT.glob(f"{folder}/**/*.sql")
        for reason in reasons_in(path.read_text())
    }
    declared = {
        reason
        for name in ("rejected_answers", "rejected_trips")
        for test in MODELS[name]["data_tests"]
        for reason in test.get("every_row", {}).get("arguments", {}).get("one_of", {}).get("reason", [])
    }
    assert given >= {"missing_end", "unknown_unit", "unreadable_flag"}
    assert given == declared
