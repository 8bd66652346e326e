"""The source that is looked at: its name, its module, its tables, and its models in dbt's graph."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, cached_property
from types import ModuleType
from typing import Any

import yaml

from bronze.expectations.rules import build
from tests.conformance.finding import Gap, UnreadError
from tests.conformance.graph import Node, is_published, path
from tests.conformance.project import Project

#: Where dbt's own tables are declared beside the sources: the record of versions.
OF_THE_LAKE = "lake"
SOURCES = "bronze/sources"


class Subject:
    """One source of a project, which may be only half there, or not at all."""

    def __init__(self, project: Project, name: str) -> None:
        self.project, self.name = project, name

    @property
    def file(self) -> str:
        """The source's module, or where its package declares it."""
        package = f"{SOURCES}/{self.name}/__init__.py"
        return package if self.project.has(package) else f"{SOURCES}/{self.name}.py"

    @cached_property
    def module(self) -> ModuleType | None:
        """The source's module; None where it is missing or cannot be imported."""
        try:
            return self.project.load(self.file) if self.project.has(self.file) else None
        except UnreadError:
            return None

    @cached_property
    def declared(self) -> dict[str, Mapping[str, str]]:
        """The columns of each raw table, as the module says; nothing where it does not."""
        tables = getattr(self.module, "TABLES", None)
        return {one.name: one.columns for one in tables} if are_tables(tables) else {}

    @cached_property
    def tables(self) -> list[str]:
        """The raw tables' names, as the module says, else as silver says, else a placeholder."""
        return list(self.declared) or declared_tables(self.project).get(self.name) or ["<table>"]

    @property
    def table(self) -> str:
        """The raw table that is looked at; of a source as a whole its first."""
        return self.tables[0]

    @property
    def columns(self) -> Mapping[str, str] | None:
        """The table's columns as the module says; None where it does not."""
        return self.declared.get(self.table)

    @property
    def parts(self) -> list[Part]:
        """The source as seen from each of its tables."""
        return [Part(self, table) for table in self.tables]

    @cached_property
    def raw(self) -> list[Node]:
        """The source's tables in dbt's graph."""
        return self.project.graph.source(self.name)

    @cached_property
    def staging(self) -> list[Node]:
        """The staging models that read them."""
        return [node for node in self.project.graph.readers(self.raw) if "/staging/" in path(node)]

    @cached_property
    def core(self) -> list[Node]:
        """The published models of silver that hold the source's rows."""
        found = self.project.graph.first_published(self.staging)
        return [node for node in found if path(node).startswith("silver/")]

    @cached_property
    def marts(self) -> list[Node]:
        """The published models of gold that are made from it."""
        behind = self.project.graph.behind(self.core, self.name)
        return [node for node in behind if is_published(node) and path(node).startswith("gold/")]


class Part(Subject):
    """One table of a source: its raw table in dbt's graph, and the models made from that."""

    def __init__(self, whole: Subject, table: str) -> None:
        super().__init__(whole.project, whole.name)
        self._table = table

    @property
    def table(self) -> str:
        """The table's name."""
        return self._table

    @cached_property
    def raw(self) -> list[Node]:
        """The table in dbt's graph, and what silver declares under a name that no table has."""
        others = {*self.tables} - {self.table}
        return [node for node in self.project.graph.source(self.name) if node["name"] not in others]


def are_tables(found: object) -> bool:
    """Say whether a module's TABLES are some; a copy of the project has a class of its own."""
    return isinstance(found, tuple) and bool(found) and all(type(one).__name__ == "Table" for one in found)


@cache
def _yaml(text: str) -> Any:
    return yaml.load(text, yaml.CSafeLoader)


def declared_tables(project: Project) -> dict[str, list[str]]:
    """Return the raw tables that silver declares, by source; also where dbt cannot read the project."""
    found: dict[str, list[str]] = {}
    for file in sorted((project.root / "silver/models/sources").glob("*.yml")):
        try:
            declared = _yaml(file.read_text(encoding="utf-8"))["sources"]
            found.update({one["name"]: [table["name"] for table in one["tables"]] for one in declared})
        except (yaml.YAMLError, KeyError, TypeError):
            found.setdefault(file.stem, [])
    return {name: tables for name, tables in found.items() if name != OF_THE_LAKE}


def sources(project: Project) -> list[str]:
    """Return the names of the sources there are: modules, and packages of those that need more than one."""
    packages = {file.parent.name for file in (project.root / SOURCES).glob("*/__init__.py")}
    return sorted({*project.modules(SOURCES), *packages})


def subjects(project: Project) -> list[Subject]:
    """Return every source that any layer mentions, so that one without a module is looked at as well."""
    names = {
        *sources(project),
        *project.modules("bronze/sample/upstreams"),
        *(name for name, value in project.settings.items() if isinstance(value, dict)),
        *declared_tables(project),
    }
    return [Subject(project, name) for name in sorted(names)]


def strays(project: Project, found: list[Subject]) -> list[Gap]:
    """Return the bronze suites that judge a table of no source."""
    tables = {table for subject in found for table in subject.tables}
    return [
        Gap(
            f"bronze/expectations/{table}.py",
            f'no source has a Table("{table}", …): write it, or remove the suite',
        )
        for table in project.modules("bronze/expectations")
        if table not in tables
    ]


def suite_gaps(project: Project, layer: str, table: str) -> list[Gap]:
    """Return what the suite of a table lacks."""
    file = f"{layer}/expectations/{table}.py"
    if not project.has(file):
        return [Gap(file, "write the table's suite: RULES, each with severity and reason")]
    from orchestration.gate import gx_duckdb

    try:
        gx_duckdb.load()  # or a suite's rules load all of Great Expectations
        rules: list[Any] = project.load(file).RULES
        build(f"{layer}.{table}", rules)
        refuses = any(rule.severity == "critical" for rule in rules)
        bare = [rule.name for rule in rules if not rule.reason.strip()]
    except Exception as error:
        return [Gap(file, f"mend the suite, which cannot be built: {error}")]
    gaps = [Gap(file, f"give rule {name!r} its reason: what goes wrong without it") for name in bare]
    if not refuses:
        gaps.append(Gap(file, "make rules critical: none is, so nothing is ever refused"))
    return gaps
