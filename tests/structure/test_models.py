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
