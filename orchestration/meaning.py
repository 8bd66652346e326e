"""What the models' YAML says of tables and columns: words for readers, which decide nothing that is built."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lake.catalog import relations
from lake.errors import LakeError
from lake.meaning import Measure, TableMeaning
from lake.snapshots import Snapshot

if TYPE_CHECKING:
    import duckdb

PROJECT = Path(__file__).parent.parent
#: Each description ends so.
_GRAIN = re.compile(r"One (?:row|line) per .*", re.DOTALL)
#: What a measure says: in texts that are not empty, and in lists of the table's columns.
_TEXTS = ("expression", "unit", "description")
_LISTS = ("of", "adds_over")
_SAYS = ("expression", "of", "unit", "description", "adds_over")
#: Sections of a file that no build looks at.
_BESIDE = ("exposures", "unit_tests")


def declared(file: Path) -> dict[str, Any]:
    """Return what a YAML file of models or sources declares; nobody changes it.

    Raises:
        LakeError: it is no YAML.
    """
    import yaml

    try:
        return _parsed(file.read_bytes())
    except yaml.YAMLError as error:
        raise LakeError(f"{file} is no YAML that can be read: {' '.join(str(error).split())}") from error


@cache  # a run asks twice: for what decides what is built, and for the words
def _parsed(content: bytes) -> dict[str, Any]:
    import yaml

    # The loader in C takes a twentieth of the time.
    found: dict[str, Any] = yaml.load(content, yaml.CSafeLoader)
    return found


def without_words(content: dict[str, Any]) -> dict[str, Any]:
    """Return what of a file's content decides what is built and tested: no description, measure or unit test."""
    deciding = {name: told for name, told in content.items() if name not in _BESIDE}
    for name in {"models", "sources"} & deciding.keys():
        deciding[name] = [_without_words(one) for one in deciding[name]]
    return deciding


def _without_words(one: dict[str, Any]) -> dict[str, Any]:
    deciding = {name: told for name, told in one.items() if name != "description"}
    for name in {"tables", "columns"} & deciding.keys():
        deciding[name] = [_without_words(inner) for inner in deciding[name]]
    if "measures" in deciding.get("config", {}).get("meta", {}):
        config = deciding["config"]
        meta = {name: told for name, told in config["meta"].items() if name != "measures"}
        others = {name: told for name, told in config.items() if name != "meta"}
        deciding["config"] = others | ({"meta": meta} if meta else {})
        # A model that has nothing but measures there is one without the section.
        if not deciding["config"]:
            del deciding["config"]
    return deciding


def meanings(project: Path = PROJECT) -> dict[str, TableMeaning]:
    """Return what is said of every model and of every table of bronze, by names such as `gold.mart_routes`.

    Models that are not published are among them: who writes it down knows what is.

    Raises:
        LakeError: a measure is not what one has to be; the message names file and field.
    """
    import duckdb

    found = {}
    connection = duckdb.connect()
    for file in sorted(project.glob("*/models/**/*.yml")):
        content = declared(file)
        for table in (table for source in content.get("sources", []) for table in source["tables"]):
            found[f"bronze.{table['name']}"] = _meaning(connection, file.relative_to(project), table)
        layer = file.relative_to(project).parts[0]
        for model in content.get("models", []):
            found[f"{layer}.{model['name']}"] = _meaning(connection, file.relative_to(project), model)
    return found


def meanings_of(snapshot: Snapshot) -> dict[str, TableMeaning]:
    """Return what is said of the tables of a built snapshot, and of the columns that they have."""
    import duckdb

    said, found = meanings(), {}
    with duckdb.connect() as connection:
        for layer, tables in relations(snapshot.path).items():
            for table, query in tables.items():
                if one := said.get(f"{layer}.{table}"):
                    there = connection.sql(query).columns
                    columns = {column: one.columns[column] for column in there if column in one.columns}
                    found[f"{layer}.{table}"] = replace(one, columns=columns)
    return found


def _meaning(connection: duckdb.DuckDBPyConnection, file: Path, told: dict[str, Any]) -> TableMeaning:
    description = " ".join(told.get("description", "").split())
    columns = told.get("columns", [])
    grain = _GRAIN.search(description)
    unique = (
        test["every_row"].get("arguments", {}).get("unique", [])
        for test in told.get("data_tests", [])
        if isinstance(test, dict) and "every_row" in test
    )
    measures = told.get("config", {}).get("meta", {}).get("measures", {})
    return TableMeaning(
        description,
        grain[0] if grain else "",
        tuple(next(unique, [])),
        {column["name"]: " ".join(column.get("description", "").split()) for column in columns},
        dict(_measures(connection, f"{file}: {told['name']}: config.meta.measures", measures, columns)),
    )


def _measures(
    connection: duckdb.DuckDBPyConnection, where: str, told: Any, columns: list[dict[str, Any]]
) -> Iterator[tuple[str, Measure]]:
    if not isinstance(told, Mapping):
        raise LakeError(f"{where} is to be a mapping of measures by name")
    for name, one in told.items():
        at = f"{where}.{name}"
        if not isinstance(one, Mapping):
            raise LakeError(f"{at} is to say {', '.join(_SAYS)}")
        if odd := one.keys() - {*_SAYS}:
            raise LakeError(f"{at}.{min(map(str, odd))} is not known: a measure says {', '.join(_SAYS)}")
        for field in _TEXTS:
            if not (isinstance(one.get(field), str) and one[field].strip()):
                raise LakeError(f"{at}.{field} is to be a text")
        known = {column["name"]: column["data_type"] for column in columns}
        for field in _LISTS:
            named = one.get(field)
            if not (isinstance(named, list) and (named or field == "adds_over")):
                raise LakeError(f"{at}.{field} is to be a list of columns")
            if unknown := [column for column in named if column not in known]:
                raise LakeError(f"{at}.{field}: the table has no column {unknown[0]}")
        _check_expression(
            connection, f"{at}.expression", one["expression"], {name: known[name] for name in one["of"]}
        )
        expression, unit, description = (" ".join(one[field].split()) for field in _TEXTS)
        yield str(name), Measure(expression, tuple(one["of"]), unit, description, tuple(one["adds_over"]))


def _check_expression(
    connection: duckdb.DuckDBPyConnection, where: str, expression: str, columns: Mapping[str, str]
) -> None:
    """See that DuckDB can compute the expression from these columns `{name: type}`, and makes one of many rows."""
    import duckdb

    typed = ", ".join(f'null::{kind} as "{column}"' for column, kind in columns.items())
    try:
        rows = connection.execute(f"select {expression} from (select {typed}) where false").fetchall()
    except duckdb.Error as error:
        raise LakeError(f"{where} cannot be computed: {error}") from error
    if len(rows) != 1:
        raise LakeError(f"{where} is no aggregate: of no rows it gives {len(rows)} values and not one")
