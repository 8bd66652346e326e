"""What the lake tells about itself in SQL: comments on its views, and the views of the schema `lake`.

Tables, columns and measures are those of the snapshot. Batches, snapshots and checks lie in files beside it, which
are read when somebody asks and not when a connection opens: hundreds of them would make everybody wait.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from lake.inventory import read_inventory
from lake.layout import LAYERS, Lake
from lake.meaning import Meanings
from lake.snapshots import BUILDING, EMPTY_BATCH, Snapshot, current_id
from lake.sql import name, quote, values
from lake.versions import REPORT, branch_reports

#: What each view of the schema tells.
VIEWS = {
    "tables": "Tables of this snapshot with their size on disk. One row per table.",
    "columns": "Their columns, with units in the description. One row per column of a table.",
    "measures": "Figures that are defined once: `measure.<measure>(<reads>)` over a table. One row per measure.",
    "snapshots": "Snapshots that are complete. One row per snapshot.",
    "batches": "The newest version of each batch, what was decided on it and why. One row per batch.",
    "checks": "What every gate said, of versions and built tables. One row per check of a judgement.",
}


def _typed(told: str) -> dict[str, str]:
    """Return columns `{name: type}` of a line that tells them."""
    return dict(one.split(" ", 1) for one in told.split(", "))


_SNAPSHOT = "[0-9]{8}-[0-9]{6}-[0-9]{6}"
_CHECK = _typed(
    "name varchar, title varchar, column varchar, severity varchar, reason varchar, success boolean, "
    "counts varchar, unexpected_count bigint, element_count bigint, exception varchar"
)
_RESULT = _typed("layer varchar, table varchar, subject varchar, passed boolean")


def about(lake: Lake, snapshot: Snapshot, meanings: Meanings) -> Iterator[str]:
    """Yield the statements that make the schema `lake` over a snapshot; those of its tables are made before."""
    yield "create schema if not exists lake"
    queries = {
        "tables": _tables(snapshot, meanings),
        "columns": _COLUMNS,
        "measures": _measures(meanings),
        "snapshots": _snapshots(lake, snapshot),
        "batches": _batches(lake),
        "checks": _checks(lake),
    }
    for view, query in queries.items():
        yield f"create or replace view lake.{view} as {query}"
        yield f"comment on view lake.{view} is {quote(VIEWS[view])}"


def comments(tables: Mapping[str, Mapping[str, str]], meanings: Meanings) -> Iterator[str]:
    """Yield the statements that say beside each view, and each of its columns, what it is."""
    for layer, found in tables.items():
        for table in found:
            if (one := meanings.get(f"{layer}.{table}")) is None:
                continue
            view = f"{layer}.{name(table)}"
            yield f"comment on view {view} is {quote(one.description)}"
            for column, description in one.columns.items():
                yield f"comment on column {view}.{name(column)} is {quote(description)}"


_COLUMNS = f"""
    select
        schema_name as layer, table_name, column_name, data_type, comment as description,
        column_index as position
    from duckdb_columns()
    where database_name = current_database() and schema_name in ({", ".join(map(quote, LAYERS))})
    order by layer, table_name, position"""


def _tables(snapshot: Snapshot, meanings: Meanings) -> str:
    listed = read_inventory(snapshot.path) or {}
    sizes: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    parts: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for path, (size, _) in listed.items():
        layer, *inner = path.split("/")  # as `lake.catalog.relations` takes it apart
        inner = inner[1:] if layer == "bronze" else inner
        key = (layer, inner[0].removesuffix(".parquet"))
        sizes[key].append(size)
        if (part := _part(inner[1:])) is not None:
            parts[key].add(part)
    rows = snapshot.facts["rows"]
    columns = _typed(
        "layer varchar, table_name varchar, description varchar, grain varchar, key varchar[], rows bigint, "
        "bytes bigint, files bigint, partitions bigint"
    )
    found = []
    for (layer, table), files in sorted(sizes.items(), key=lambda one: (LAYERS.index(one[0][0]), one[0][1])):
        full = f"{layer}.{table}"
        said = meanings.get(full)
        told = (said.description, said.grain, said.key or None) if said else (None, None, None)
        partitions = len(parts[layer, table]) or None
        found.append((layer, table, *told, rows.get(full), sum(files), len(files), partitions))
    return values(columns, found)


def _part(inner: list[str]) -> str | None:
    """Return the partition that a file below a table's folder belongs to; None where the table has none."""
    if len(inner) > 1:  # bronze, and snapshots from when folders had the names of partitions
        return inner[0] if inner[0] != f"batch={EMPTY_BATCH}" else None
    part = inner[0].removesuffix(".parquet") if inner else "data"
    return None if part == "data" else part.rpartition(".")[0]


def _measures(meanings: Meanings) -> str:
    columns = _typed(
        "layer varchar, table_name varchar, measure varchar, expression varchar, reads varchar[], unit varchar, "
        "description varchar, adds_over varchar[]"
    )
    return values(
        columns,
        [
            (*full.split(".", 1), measure, one.expression, one.of, one.unit, one.description, one.adds_over)
            for full, said in meanings.items()
            for measure, one in said.measures.items()
        ],
    )


def _json(files: str, columns: Mapping[str, str]) -> str:
    """Return the query that reads JSON files of the lake, one object each."""
    typed = ", ".join(f"{name(column)}: {quote(kind)}" for column, kind in columns.items())
    options = "format = 'unstructured', hive_partitioning = false, filename = true"
    return f"select * from read_json({quote(files)}, columns = {{{typed}}}, {options})"


def _snapshots(lake: Lake, snapshot: Snapshot) -> str:
    facts = _json(
        f"{lake.snapshots}/*/snapshot.json",
        {"parent": "varchar", "completed_at": "varchar", "origin": "varchar"},
    )
    folder = f"'({_SNAPSHOT})/[a-z]+\\.json$', 1"
    return f"""
    select
        regexp_extract(filename, {folder}) as id, parent, completed_at::timestamp as completed_at, origin,
        id = {quote(current_id(lake) or "")} as is_current, id = {quote(snapshot.id)} as is_read
    from ({facts})
    where
        regexp_matches(filename, '/{_SNAPSHOT}/snapshot\\.json$')
        and (is_current or id not in (
            select regexp_extract(file, {folder}) from glob({quote(f"{lake.snapshots}/*/{BUILDING}")})
        ))
    order by id desc"""


def _batches(lake: Lake) -> str:
    """Return the query of what `lake.status` tells of batches, from records and verdicts; what is published is in bronze."""
    columns = _typed(
        "source varchar, table_name varchar, batch varchar, version integer, state varchar, rows bigint, "
        "landed_at timestamp, state_by varchar, reason varchar, report varchar, in_force integer"
    )
    versions = "bronze/*/*/batch=*/version=*"
    if not any(lake.root.glob(f"{versions}/record.json")):
        return values(columns, [])
    said = (
        "source varchar, table varchar, batch varchar, version integer, rows_landed bigint, landed_at varchar, "
        "state varchar, by varchar, reason varchar, report varchar"
    )
    found = _json(f"{lake.root}/{versions}/*.json", _typed(said))
    return f"""
    with files as ({found}),
    records as (
        from files
        where regexp_matches(filename, '/batch=[a-z0-9-]+/version=[1-9][0-9]*/record\\.json$')
    ),
    verdicts as (from files where filename like '%/verdict.json'),
    versions as (
        select
            records.* replace (
                coalesce(verdicts.state, 'unjudged') as state, verdicts."by" as "by", verdicts.reason as reason,
                {_report(lake)} as report
            )
        from records
        left join verdicts on verdicts.filename = replace(records.filename, 'record.json', 'verdict.json')
    )
    select
        source, "table" as table_name, batch, version, state, rows_landed as rows,
        landed_at::timestamp as landed_at,
        "by" as state_by, reason, report,
        max(version) filter (where state = 'accepted') over (partition by source, "table", batch) as in_force
    from versions
    qualify version = max(version) over (partition by source, "table", batch)
    order by all"""


def _report(lake: Lake) -> str:
    """Return the expression for where a verdict's report lies, as `Version.report` tells it."""
    here, there = (quote(lake.short(one.quarantine)) for one in (lake, lake.home))
    return f"""
                case
                    when contains(verdicts.report, {quote(branch_reports(lake))}) then {here}
                    when verdicts.report is not null then {there}
                end || format(
                    '/{{}}/{{}}/{{}}-version-{{}}/{REPORT}', records.source, records."table", records.batch,
                    records.version
                )"""


def _checks(lake: Lake) -> str:
    gates = f"{lake.reports}/gates/*/*/*.json"
    columns = _typed(
        "judged_at timestamp, snapshot varchar, layer varchar, table_name varchar, subject varchar, "
        "has_passed boolean"
    )
    checked = _typed(
        "expectation varchar, title varchar, column_name varchar, severity varchar, reason varchar, "
        "is_met boolean, counts varchar, unexpected bigint, counted bigint, exception varchar"
    )
    if not any(lake.reports.glob("gates/*/*/[!.]*.json")):
        return values(columns | checked, [])
    struct = ", ".join(f"{name(field)} {kind}" for field, kind in _CHECK.items())
    result = ", ".join(f"{name(field)} {kind}" for field, kind in _RESULT.items())
    found = _json(
        gates,
        {
            "judged_at": "varchar",
            "snapshot": "varchar",
            "result": f"struct({result}, checks struct({struct})[])",
        },
    )
    judged = ", ".join(
        f"result.{name(field)} as {name(told)}" for field, told in zip(_RESULT, [*columns][2:], strict=True)
    )
    told = ", ".join(
        f'"check".{name(field)} as {name(column)}' for field, column in zip(_CHECK, checked, strict=True)
    )
    return f"""
    select judged_at::timestamp as judged_at, snapshot, {judged}, {told}
    from (select *, unnest(result.checks) as "check" from ({found}))
    order by judged_at desc, layer, table_name, subject"""
