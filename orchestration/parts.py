"""A layer in parts: months that can be built apart, by whoever, and then what needs all of them."""

from __future__ import annotations

import os
import shutil
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import asdict, replace
from functools import partial
from typing import Any

from lake.branches import link_tree
from lake.faults import reach
from lake.files import read_json, write_json
from lake.layout import Lake
from lake.paths import remove_tree
from lake.snapshots import Snapshot
from lake.versions import Version, all_versions
from orchestration import dbt
from orchestration.plan import Plan

SETTING = "BUILD__WORKERS"
#: What a part leaves in its folder when it is whole.
_BUILT = "built.json"


def workers() -> int:
    """Return how many workers share a build, one by default. Read without dlt, for Airflow asks at every look at a DAG.

    Raises:
        ValueError: the setting is no number from 1 on.
    """
    configured = tomllib.loads((dbt.PROJECT / ".dlt" / "config.toml").read_text(encoding="utf-8"))
    said = os.environ.get(SETTING) or str(configured.get("build", {}).get("workers", 1))
    if not (said.isascii() and said.isdecimal() and int(said)):
        raise ValueError(f"build.workers in .dlt/config.toml, or {SETTING}: {said!r} is no number from 1 on")
    return int(said)


def split(plan: Plan, versions: Iterable[Version], count: int) -> list[Plan]:
    """Cut a plan into at most `count` parts of about as many rows: months that follow each other, and batches.

    One alone is none. `versions` are those that the snapshot holds. Each month and batch is in one part, a batch where
    the first of its months is that are built; what a part reads are the batches that its months and batches are made from.
    """
    rows, months_of = Counter[str](), defaultdict[str, set[str]](set)
    for version in versions:
        touched = version.record["months"]
        months_of[version.batch].update(touched)
        for month in touched:
            rows[month] += version.record["rows_landed"] / len(touched)
    months, batches = (sorted(rows), months_of) if plan.full else (plan.months, plan.batches)
    shares, before = defaultdict[int, set[str]](set), 0.0
    total = sum(rows[month] for month in months) + 1  # which no month goes beyond, if of no rows
    for month in months:
        shares[int(count * (before + rows[month] / 2) / total)].add(month)
        before += rows[month]
    # Of no month that is built: where the first of all is.
    first = {batch: min(months_of.get(batch, set()) & {*months} or months, default="") for batch in batches}
    parts = []
    for part in shares.values():
        own = {batch for batch, month in first.items() if month in part}
        read = {batch for batch, touched in months_of.items() if batch in own or touched & part}
        parts.append(Plan(False, plan.why, *(tuple(sorted(names)) for names in (part, own, read))))
    return parts if len(parts) > 1 else []


def parts_of(lake: Lake, snapshot: Snapshot) -> list[Plan]:
    """Return the parts that the workers build of a snapshot; none, where there is nothing to share."""
    if (count := workers()) == 1:
        return []
    held = {tuple(identity[:4]) for identity in snapshot.facts["accepted"]}
    versions = [v for v in all_versions(lake) if (v.source, v.table, v.batch, v.number) in held]
    return split(Plan.of(snapshot.facts["plan"]), versions, count)


def told(part: Plan) -> str:
    """Return the months of a part in words."""
    first, last = part.months[0], part.months[-1]
    return f"month {first}" if first == last else f"months {first} to {last}"


def _nodes(manifest: Any, layer: str, *, of_part: bool = False) -> list[str]:
    """Return dbt's options for what a part of a layer builds and tests; or for the rest, with all that it needs itself.

    A model by month that reads a table of all history is one of the rest.
    """
    nodes = {
        key: one for key, one in manifest.nodes.items() if one.original_file_path.startswith(f"{layer}/")
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
    chosen = apart if of_part else rest.union(*(above(key, by_month) for key in rest)) - by_month
    return ["--select", *sorted(nodes[key].name for key in chosen), "--indirect-selection", "empty"]


def _scratch(lake: Lake, snapshot: Snapshot, layer: str, part: Plan) -> Snapshot:
    """Return where a part is built, called after its months: as a snapshot of its own, in the scratch folder of this one."""
    own = f"{layer}-{part.months[0]}-{part.months[-1]}"
    return replace(snapshot, id=f"{snapshot.id}/{own}", path=dbt.work_of(lake, snapshot) / own)


def build_part(lake: Lake, snapshot: Snapshot, layer: str, part: Plan, beside: int) -> None:
    """Let dbt build and test one part of a layer in a folder and database of its own; nothing else is touched.

    `beside` says how many workers share the machine. What an earlier try left is cleared first.

    Raises:
        BuildError: a model or test failed.
    """
    scratch, below = _scratch(lake, snapshot, layer, part), dbt.work_of(lake, snapshot) / dbt.DATABASE
    remove_tree(scratch.path, lake.work)
    scratch.path.mkdir(parents=True)
    scratch.bronze.symlink_to(snapshot.bronze.resolve())
    if below.exists():  # it knows the tables of the layer below
        shutil.copyfile(below, scratch.path / dbt.DATABASE)
    built = dbt.build(lake, scratch, layer, part, partial(_nodes, of_part=True), beside)
    write_json(scratch.path / _BUILT, asdict(built))
    reach("part.written")


def build_rest(lake: Lake, snapshot: Snapshot, layer: str, parts: list[Plan]) -> dbt.Built:
    """Link what the parts of a layer wrote into the snapshot, then build and test what needs all of it.

    Raises:
        BuildError: a model or test failed.
        DamagedError: a part is not there.
    """
    import duckdb

    built = []
    for part in parts:
        folder = _scratch(lake, snapshot, layer, part).path
        missing = f"{layer} of {told(part)} was not built: begin anew; on several machines with one {SETTING}"
        built.append(dbt.Built(**read_json(folder / _BUILT, mend=missing)))
        for table in (folder / layer).iterdir():
            # Columns and types are the same of every part: those of the first.
            link_tree(table, snapshot.path / layer / table.name, ("_schema.parquet",) if built[1:] else ())
    reach("parts.linked")
    with duckdb.connect(str(dbt.work_of(lake, snapshot) / dbt.DATABASE)) as connection:
        for table in sorted((snapshot.path / layer).iterdir()):
            files = connection.read_parquet(f"{table}/**/*.parquet", hive_partitioning=False)
            files.create_view(table.name, replace=True)
        rest = dbt.build(lake, snapshot, layer, Plan.of(snapshot.facts["plan"]), _nodes)
        # Parts of the next layer copy the file, and dbt has it open in this process.
        connection.execute("checkpoint")
    # All parts build and test the same.
    models, tests = rest.models + built[0].models, rest.tests + built[0].tests
    warnings = [warning for one in (*built, rest) for warning in one.warnings]
    return replace(rest, models=models, tests=tests, warnings=warnings, parts=len(parts))
