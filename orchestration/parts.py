"""A layer in parts: months that can be built apart, by whoever, and then what needs all of them."""

from __future__ import annotations

import json
import os
import shutil
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from lake.faults import reach
from lake.filesystem import link_file
from lake.layout import Lake
from lake.paths import remove_tree
from lake.snapshots import Snapshot
from lake.sql import name, quote
from lake.versions import Version, all_versions
from orchestration import dbt
from orchestration.dbt import PROJECT, BuildError, Built, Choice
from orchestration.plan import Plan

SETTING = "BUILD__WORKERS"
#: What a part leaves in its folder when it is whole.
_BUILT = "built.json"


def workers() -> int:
    """Return how many workers share a build, one by default. Read without dlt, for Airflow asks at every look at a DAG.

    Raises:
        ValueError: the setting is no number from 1 on.
    """
    configured = tomllib.loads((PROJECT / ".dlt" / "config.toml").read_text(encoding="utf-8"))
    said = os.environ.get(SETTING) or str(configured.get("build", {}).get("workers", 1))
    if not (said.isascii() and said.isdecimal() and int(said)):
        raise ValueError(f"build.workers in .dlt/config.toml, or {SETTING}: {said!r} is no number from 1 on")
    return int(said)


def split(plan: Plan, versions: Iterable[Version], count: int) -> list[Plan]:
    """Cut a plan into at most `count` parts of about as many rows: months that follow each other, and batches.

    `versions` are those that the snapshot holds. Each month and batch is in one part, a batch where most of its months
    are; what a part reads are the batches that its months and batches are made from.
    """
    rows, months_of = Counter[str](), defaultdict[str, set[str]](set)
    for version in versions:
        touched = version.record["months"]
        months_of[version.batch].update(touched)
        for month in touched:
            rows[month] += version.record["rows_landed"] / len(touched)
    months = sorted(set().union(*months_of.values())) if plan.full else plan.months
    shares, before = defaultdict[int, set[str]](set), 0.0
    total = sum(rows[month] for month in months) + 1  # which no month goes beyond, if of no rows
    for month in months:
        shares[int(count * (before + rows[month] / 2) / total)].add(month)
        before += rows[month]
    if len(shares) < 2:
        return [plan]
    # The first of those with as many months, and of no month at all.
    home = {
        batch: max(shares.values(), key=lambda part: len(part & months_of.get(batch, set())))
        for batch in (months_of if plan.full else plan.batches)
    }
    parts = []
    for part in shares.values():
        batches = {batch for batch, place in home.items() if place is part}
        read = {batch for batch, touched in months_of.items() if batch in batches or touched & part}
        parts.append(Plan(False, plan.why, *(tuple(sorted(names)) for names in (part, batches, read))))
    return parts


def parts_of(lake: Lake, snapshot: Snapshot, count: int) -> list[Plan]:
    """Return the parts that `count` workers build of a snapshot: its own plan, where there is nothing to share."""
    plan = Plan.of(snapshot.facts["plan"])
    if count == 1:
        return [plan]
    held = {tuple(identity[:4]) for identity in snapshot.facts["accepted"]}
    known = all_versions(lake)
    return split(plan, [v for v in known if (v.source, v.table, v.batch, v.number) in held], count)


def told(part: Plan) -> str:
    """Return the months of a part in words."""
    first, last = part.months[0], part.months[-1]
    return f"month {first}" if first == last else f"months {first} to {last}"


def _nodes(manifest: Any, layer: str) -> tuple[set[str], set[str]]:
    """Return the ids of what a part of a layer builds and tests, and of the rest, with all that it needs itself.

    A model by month that reads a table of all history is one of the rest.
    """
    nodes = {
        key: node for key, node in manifest.nodes.items() if node.original_file_path.startswith(f"{layer}/")
    }
    models = {key: node.config for key, node in nodes.items() if node.resource_type == "model"}

    def above(key: str, stop: Iterable[str] = ()) -> set[str]:
        own = {found for found in nodes[key].depends_on_nodes if found in models and found not in stop}
        return own.union(*(above(found, stop) for found in own))

    cut = {key for key, config in models.items() if config.meta.get("partition_by")}
    of_all = {key for key in models.keys() - cut if models[key].materialized == "external"}
    by_month = {key for key in cut if not above(key) & of_all}
    apart = by_month.union(*map(above, by_month))
    # What is said of one model is asked where that is built; an identity between tables of all of them.
    tests = {key for key, node in nodes.items() if getattr(node, "attached_node", None) in apart}
    apart |= {key for key in tests if above(key) <= apart}
    rest = nodes.keys() - apart
    return apart, rest.union(*(above(key, by_month) for key in rest)) - by_month


def _only(of: int) -> Choice:
    """Return the choice of what a part builds and tests, 0, or of the rest, 1."""

    def chosen(manifest: Any, layer: str) -> list[str]:
        names = sorted(manifest.nodes[key].name for key in _nodes(manifest, layer)[of])
        return ["--select", *names, "--indirect-selection", "empty"]

    return chosen


def _folder(lake: Lake, snapshot: Snapshot, layer: str, number: int, count: int) -> Path:
    return dbt.work_of(lake, snapshot) / f"{layer}-{number + 1}-of-{count}"


def build_part(
    lake: Lake, snapshot: Snapshot, layer: str, parts: list[Plan], number: int, beside: int
) -> Built:
    """Let dbt build and test one part of a layer in a folder and database of its own; nothing else is touched.

    `beside` says how many workers share the machine. What an earlier try left is cleared first.

    Raises:
        BuildError: a model or test failed.
    """
    folder = _folder(lake, snapshot, layer, number, len(parts))
    remove_tree(folder, lake.work)
    folder.mkdir(parents=True)
    below = dbt.work_of(lake, snapshot) / dbt.DATABASE
    if below.exists():  # it knows the tables of the layer below
        shutil.copyfile(below, folder / dbt.DATABASE)
    built = dbt.build(lake, snapshot, layer, parts[number], folder, _only(0), beside)
    (folder / _BUILT).write_text(json.dumps(asdict(built)), encoding="utf-8")
    reach("part.written")
    return built


def build_rest(lake: Lake, snapshot: Snapshot, layer: str, parts: list[Plan]) -> Built:
    """Link what the parts of a layer wrote into the snapshot, then build and test what needs all of it.

    Raises:
        BuildError: a part is not there, or a model or test failed.
    """
    import duckdb

    database, built = dbt.work_of(lake, snapshot) / dbt.DATABASE, []
    for number, part in enumerate(parts):
        folder = _folder(lake, snapshot, layer, number, len(parts))
        if not (folder / _BUILT).exists():
            raise BuildError(f"{layer} of {told(part)} was not built: see the worker of part {number + 1}")
        built.append(Built(**json.loads((folder / _BUILT).read_text(encoding="utf-8"))))
        for file in sorted((folder / layer).rglob("*.parquet")):
            target = snapshot.path / file.relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            # Columns and types, the same of every part.
            if file.name != "_schema.parquet" or not target.exists():
                link_file(file, target)
    reach("parts.linked")
    with duckdb.connect(str(database)) as connection:
        for table in sorted((snapshot.path / layer).iterdir()):
            read = f"from read_parquet({quote(f'{table}/**/*.parquet')}, hive_partitioning = false)"
            connection.execute(f"create or replace view {name(table.name)} as {read}")
    rest = dbt.build(lake, snapshot, layer, Plan.of(snapshot.facts["plan"]), chosen=_only(1))
    # Parts of the next layer copy the file, and dbt has it open in this process.
    with duckdb.connect(str(database)) as connection:
        connection.execute("checkpoint")
    # All parts build and test the same.
    models, tests = rest.models + built[0].models, rest.tests + built[0].tests
    warnings = [warning for one in (*built, rest) for warning in one.warnings]
    return replace(rest, models=models, tests=tests, warnings=warnings)
