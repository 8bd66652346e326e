"""Silver: the declared source, staging, the published model, its suite, and the account of rows."""

from __future__ import annotations

import re

from tests.conformance.bronze import HIVE
from tests.conformance.finding import Found, Gap, piece
from tests.conformance.graph import Node, path
from tests.conformance.subject import Subject, suite_gaps

_ACCOUNTS = "silver/macros/logic/accounts.sql"


def beside(node: Node, ending: str = ".yml") -> str:
    """Return the file of the same name beside a model's SQL."""
    return path(node).removesuffix(".sql") + ending


def undescribed(node: Node) -> list[str]:
    """Return the columns without a description."""
    return [name for name, one in node["columns"].items() if not one["description"].strip()]


def model_gaps(subject: Subject, node: Node) -> list[Gap]:
    """Return what a published model lacks: grain, contract, columns, a tested key."""
    file = beside(node)
    if not node["patch_path"]:
        return [Gap(file, "write it: a description that ends with the grain, contract, columns, tests")]
    gaps = []
    if not re.search(r"One (row|line) per ", node["description"]):
        gaps.append(Gap(file, "let the description end with the grain: One row per …."))
    if not node["config"]["contract"]["enforced"]:
        gaps.append(Gap(file, "enforce the contract"))
    gaps += [Gap(file, f"describe {column}, with its unit") for column in undescribed(node)]
    tests = [one for one in subject.project.graph.readers([node], "test") if one.get("attached_node")]
    own = [one for one in tests if one["attached_node"] == node["unique_id"]]
    if not any((one.get("test_metadata") or {}).get("kwargs", {}).get("unique") for one in own):
        gaps.append(Gap(file, "test the grain: unique, in every_row"))
    return gaps


@piece("silver", "source table", of_each_table=True)
def source_table(subject: Subject) -> Found:
    """The raw table as dbt knows it, with every column that lands."""
    file = f"silver/models/sources/{subject.name}.yml"
    if not subject.project.has(file):
        return Found(file, [Gap(file, "declare the raw table: location, freshness, every column described")])
    raw = [node for node in subject.raw if node["name"] == subject.table]
    if not raw:
        return Found(file, [Gap(file, f'declare the table "{subject.table}", as {subject.file} calls it')])
    [node] = raw
    gaps = [Gap(file, f"describe {column}") for column in undescribed(node)]
    location = str((node.get("source_meta") or {}).get("external_location") or "")
    if f"/{subject.name}/" not in location:
        gaps.append(Gap(file, f"let external_location point at …/{subject.name}/{{name}}/…"))
    declared, landed = set(node["columns"]), {*(subject.columns or node["columns"]), *HIVE}
    for verb, columns in (("declare what lands", landed - declared), ("remove", declared - landed)):
        if columns:
            gaps.append(Gap(file, f"{verb}: {', '.join(sorted(columns))}"))
    return Found(file, gaps)


@piece("silver", "freshness", of_each_table=True)
def freshness(subject: Subject) -> Found:
    """When the upstream counts as late, by the versions of this very source."""
    file = f"silver/models/sources/{subject.name}.yml"
    gaps = []
    for node in subject.raw:
        if not ((node["freshness"] or {}).get("warn_after") or {}).get("count"):
            gaps.append(Gap(file, "say under config when its data is late: freshness, warn_after"))
        if f"'{subject.name}'" not in (node["loaded_at_query"] or ""):
            gaps.append(Gap(file, f"let loaded_at_query ask the versions of source = '{subject.name}'"))
    return Found(
        file, gaps if subject.raw else [Gap(file, "say when its data is late: freshness, loaded_at_query")]
    )


@piece("silver", "staging", of_each_table=True)
def staging(subject: Subject) -> Found:
    """A view that types the raw table, described, with its YAML beside it."""
    if not subject.staging:
        file = f"silver/models/staging/stg_{subject.table}.sql"
        todo = f'write it, and its .yml: it types {{{{ source("{subject.name}", "{subject.table}") }}}}'
        return Found(file, [Gap(file, todo)])
    gaps = []
    for node in subject.staging:
        if not node["patch_path"] or not node["description"].strip():
            gaps.append(Gap(beside(node), "write it: a description with the grain, and the columns"))
        gaps += [Gap(beside(node), f"describe {column}") for column in undescribed(node)]
    return Found(path(subject.staging[0]), gaps)


@piece("silver", "unit test", of_each_table=True)
def unit_test(subject: Subject) -> Found:
    """A unit test of a few rows between the raw table and what is published."""
    graph = subject.project.graph
    published = {node["unique_id"] for node in subject.core}
    before = [n for n in graph.behind(subject.raw) if n["config"]["materialized"] != "external"]
    inside = {n["unique_id"] for n in graph.behind(subject.core)} - published
    own = [node for node in before if node["unique_id"] not in inside] + subject.core
    if units := graph.readers(own, "unit_test"):
        return Found(path(units[0]))
    file = beside(subject.staging[0]) if subject.staging else f"silver/models/staging/stg_{subject.table}.yml"
    return Found(file, [Gap(file, "add a unit test of a few rows for what could be typed or judged wrongly")])


@piece("silver", "core model", of_each_table=True)
def core(subject: Subject) -> Found:
    """The published model of the rows that were kept."""
    if not subject.core:
        file = f"silver/models/core/fct_{subject.table}.sql"
        todo = "write the published fct_… or dim_… of the rows kept, and its .yml: grain, contract, tests"
        return Found(file, [Gap(file, todo)])
    return Found(path(subject.core[0]), [gap for node in subject.core for gap in model_gaps(subject, node)])


@piece("silver", "suite", of_each_table=True)
def suite(subject: Subject) -> Found:
    """The suite of each published model."""
    names = [node["name"] for node in subject.core] or [f"fct_{subject.table}"]
    gaps = [gap for name in names for gap in suite_gaps(subject.project, "silver", name)]
    return Found(f"silver/expectations/{names[0]}.py", gaps)


@piece("silver", "account", of_each_table=True)
def account(subject: Subject) -> Found:
    """The law of rows: `conservation` counts the raw table, and what became of its rows."""
    graph = subject.project.graph
    conservation = graph.model("conservation")
    read = graph.reads(conservation) if conservation else set()
    raw = {node["unique_id"] for node in subject.raw}
    kept = {node["unique_id"] for node in subject.core}
    if raw & read and kept & read:
        # A source may count what was not kept in tables of its own, as trips do.
        return Found(_ACCOUNTS, _months(subject) if len(kept & read) == 1 else [])
    model = subject.core[0]["name"] if subject.core else f"fct_{subject.table}"
    line = f'{{"source": "{subject.name}", "table": "{subject.table}", "kept": "{model}", "judged": "int_…"}}'
    what = "counts none of its rows" if not raw & read else "does not count the rows kept"
    return Found(_ACCOUNTS, [Gap(_ACCOUNTS, f"conservation {what}: add {line}")])


def _months(subject: Subject) -> list[Gap]:
    """Return what the account lacks of a fact that is written in parts: rows not kept have to be as well."""
    graph = subject.project.graph
    cut = [node["name"] for node in subject.core if (node["config"].get("meta") or {}).get("partition_by")]
    unkept = graph.model("unkept_answers")
    judged = {node["unique_id"] for node in (*subject.staging, *graph.behind(subject.staging))}
    if not cut or judged & (graph.reads(unkept) if unkept else set()):
        return []
    todo = f'{cut[0]} is partitioned: add "month", the judged model\'s column of the month, to its line'
    return [Gap(_ACCOUNTS, todo)]
