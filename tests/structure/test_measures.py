"""Measures: each says what it reads, somebody reads it, and nobody computes it by hand."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

ROOT = Path(__file__).parents[2]
MARTS = {
    path.stem: yaml.load(path.read_text(), yaml.CSafeLoader)["models"][0]
    for path in sorted((ROOT / "gold" / "models" / "marts").glob("*.yml"))
}
MEASURES = {
    name: (mart, told)
    for mart, model in MARTS.items()
    for name, told in model.get("config", {}).get("meta", {}).get("measures", {}).items()
}
READERS = [
    *(ROOT / "serving" / "queries").glob("*.py"),
    *(ROOT / "analysis").glob("*.py"),
    *(ROOT / "analysis").glob("*.ipynb"),
]
each = pytest.mark.parametrize("name", MEASURES)


def columns_read(expression: str) -> set[str]:
    """Return the columns that an SQL expression names."""
    with duckdb.connect() as connection:
        tree = connection.execute("select json_serialize_sql($1)", [f"select {expression}"]).fetchone()[0]

    def walk(node: Any) -> set[str]:
        if isinstance(node, list):
            return {name for one in node for name in walk(one)}
        if not isinstance(node, dict):
            return set()
        own = {node["column_names"][-1]} if node.get("class") == "COLUMN_REF" else set()
        return own | walk(list(node.values()))

    return walk(json.loads(tree))


def written(text: str) -> str:
    """Return SQL without what may be written one way or another."""
    return re.sub(r"filter \(where ", "filter (", " ".join(text.lower().split()))


def test_a_name_is_given_once():
    assert len(MEASURES) == sum(
        len(model.get("config", {}).get("meta", {}).get("measures", {})) for model in MARTS.values()
    )


@each
def test_a_measure_names_the_columns_it_reads(name):
    mart, told = MEASURES[name]
    assert set(told) == {"description", "expression", "of", "unit", "adds_over"}
    assert set(told["of"]) == columns_read(told["expression"])
    assert {*told["of"], *told["adds_over"]} <= {column["name"] for column in MARTS[mart]["columns"]}
    assert re.fullmatch("[a-z][a-z_]*", name)


@each
def test_a_measure_is_read_and_never_written_again(name):
    texts = {path.name: path.read_text() for path in READERS}
    assert any(f"measure.{name}(" in text for text in texts.values())
    mart, told = MEASURES[name]
    asking = {file: text for file, text in texts.items() if f"gold.{mart}" in text}
    assert [file for file, text in asking.items() if written(told["expression"]) in written(text)] == []
