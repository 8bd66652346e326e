"""dbt docs of the published snapshot in one file: lineage, descriptions, tests and a filled catalog.

dbt-duckdb's catalog lists what is in the database it is connected to. The published models are Parquet
files and the build's database is gone, so the catalog is made on a scratch database with a view per published
table; rows, files and bytes are added from the snapshot itself.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lake.catalog import relations
from lake.errors import LakeError
from lake.layout import Lake
from lake.paths import remove_tree
from lake.snapshots import Snapshot
from orchestration.dbt import BuildError, invoke, parsed, project_on

FOLDER = "models"
#: Where dbt's page takes its data from when it is to be one file; without them it fetches.
_PLACES = ('"MANIFEST.JSON INLINE DATA"', '"CATALOG.JSON INLINE DATA"')


def write_dbt_docs(lake: Lake, snapshot: Snapshot) -> int:
    """Write `lake/reports/models/index.html` for a snapshot and return how many models it shows.

    Raises:
        LakeError: dbt could not make its docs; the message says why.
    """
    work = lake.work / "docs"
    remove_tree(work, lake.work)
    # Layers' folders are made before the first model, in one that is there.
    (work / "out").mkdir(parents=True)
    database = work / "build.duckdb"
    target = work / "target"
    try:
        with project_on(snapshot.bronze, work / "out", database):
            common = ["--target-path", str(target), "--log-path", str(work / "logs")]
            # The folder is removed, and a log of it with it.
            common += ["--quiet", "--log-level", "none", "--log-level-file", "none"]
            _publish_views(database, snapshot)
            # What is not published, views and work tables, is made anew without rows: for their columns.
            for command, what in (
                (["run", "--empty", "--exclude", "config.materialized:external"], "models"),
                (["docs", "generate"], "docs"),
            ):
                _run([*command, *common], what, parsed(snapshot.bronze, database, common))
        manifest = json.loads((target / "manifest.json").read_text())
        catalog = json.loads((target / "catalog.json").read_text())
        page = (target / "index.html").read_text(encoding="utf-8")
    except BuildError as error:
        raise LakeError(str(error)) from error
    finally:
        remove_tree(work, lake.work)
    models = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    for node in models:
        entry = catalog["nodes"].get(node["unique_id"])
        if entry is not None and node["config"]["materialized"] == "external":
            entry["metadata"]["type"] = "external Parquet"
            entry["stats"] = _stats(snapshot, node)
    from orchestration.docs.page import write_page

    write_page(lake.reports / FOLDER / "index.html", _inlined(page, manifest, catalog))
    return len(models)


def _run(arguments: list[str], what: str, manifest: Any) -> None:
    result = invoke(arguments, manifest)
    if not result.success:
        nodes = getattr(result.result, "results", None) or []
        said = [f"{node.node.name}: {node.message}" for node in nodes if node.status in {"error", "fail"}]
        raise LakeError(f"dbt could not make its {what}: {result.exception or '; '.join(said)}")


def _publish_views(database: Path, snapshot: Snapshot) -> None:
    """Put a view on each published table where dbt looks for the model."""
    import duckdb

    found = relations(snapshot.path.resolve())
    with duckdb.connect(str(database)) as connection:
        for layer in ("silver", "gold"):
            for table, query in found[layer].items():
                connection.execute(f'create or replace view main."{table}" as {query}')


def _stats(snapshot: Snapshot, node: dict[str, Any]) -> dict[str, Any]:
    layer, name = node["original_file_path"].partition("/")[0], node["name"]
    files = list((snapshot.path / layer / name).rglob("*.parquet"))
    facts = {
        "rows": ("Rows", snapshot.facts["rows"].get(f"{layer}.{name}", 0), "in the published snapshot"),
        "files": ("Parquet files", len(files), f"below {layer}/{name}"),
        "bytes": ("Bytes", sum(file.stat().st_size for file in files), "of Parquet, compressed"),
        "snapshot": ("Snapshot", snapshot.id, "the published snapshot when this was made"),
        "has_stats": ("Has stats", True, "shown where true"),
    }
    return {
        key: {
            "id": key,
            "label": label,
            "value": value,
            "description": description,
            "include": key != "has_stats",
        }
        for key, (label, value, description) in facts.items()
    }


def _inlined(page: str, manifest: dict[str, Any], catalog: dict[str, Any]) -> str:
    """Return dbt's page with both files inside, so that it opens from disk as well as from a server."""
    for place, content in zip(_PLACES, (manifest, catalog), strict=True):
        if page.count(place) != 1:
            raise LakeError(f"dbt's docs page has no place for {place}: see orchestration/docs/dbt_docs.py")
        # A description may hold "</script>": the sequence must not end dbt's own.
        page = page.replace(place, json.dumps(content).replace("</", "<\\/"))
    return page
