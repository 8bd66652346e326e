"""The gate: Great Expectations judging a version (bronze) or a built layer (silver, gold).

Only critical expectations refuse, and one that cannot be checked refuses as well. Importing this module is
cheap; Great Expectations is loaded by the first judgement.
"""

from __future__ import annotations

import contextlib
import importlib
import pkgutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bronze.expectations.rules import FINDING, NOT_EMPTY, Rule, build, digest, fewer_rows, is_unwritten
from orchestration.gate.result import Check, GateResult
from orchestration.gate.scope import Scope
from orchestration.plan import Plan

if TYPE_CHECKING:
    import duckdb

#: Rows of silver and gold come from batches by way of these.
_TRIPS = "silver.fct_trips"
#: What the version before had, for the rule that every raw table is asked.
_BEFORE = "bronze.before"


def suites(layer: str) -> list[str]:
    """Return the tables of the layer that have a suite: the modules of `<layer>/expectations`."""
    package = importlib.import_module(f"{layer}.expectations")
    return sorted(module.name for module in pkgutil.iter_modules(package.__path__) if not module.ispkg)


def suite_hash(layer: str, table: str) -> str:
    """Return the hash of a table's suite, without running it. It changes when any rule does.

    Raises:
        ModuleNotFoundError: the table has no suite.
    """
    return digest(_rules(layer, table))


def judge(
    *,
    layer: str,
    table: str,
    relation_sql: str,
    subject: str,
    quarantine: Path | None = None,
    others: dict[str, str] | None = None,
    before: tuple[int, int] | None = None,
    has_others: bool = False,
    connection: duckdb.DuckDBPyConnection | None = None,
) -> GateResult:
    """Judge one table by its suite.

    `relation_sql` is the query that yields the rows. It is judged in a DuckDB of its own, or in that of
    `connection` after others: to open one takes as long as a small table. `subject` names what is judged, as
    a person would ("jc-2024-05 version 1"). `others` are further tables that rules may look at, as
    `<layer>.<table>` → query. `before` is of a version the one that it takes the place of, by number and rows:
    it is told if there are far fewer. Where the table `has_others`, rows that were judged before, those that are judged
    now may be none: of a month nobody's route need be known. With `quarantine`, a refusal is written there: report.md, result.json, gx.json and
    all offending rows per failed check.

    A relation that cannot be read is refused with the reason as its note.

    Raises:
        ModuleNotFoundError: the table has no suite.
    """
    import duckdb

    from orchestration.gate import gx_duckdb

    started = time.monotonic()
    rules = _rules(layer, table)
    name = f"{layer}.{table}"
    result = GateResult(subject, layer, table, name, digest(rules), passed=False)
    if before:
        number, count = before
        others = {**(others or {}), _BEFORE: f"select {number} as version_before, {count} as rows_before"}
        rules = [*rules, fewer_rows()]
    if has_others:
        rules = [rule for rule in rules if rule.name != NOT_EMPTY]
    with contextlib.ExitStack() as stack:
        connection = connection or stack.enter_context(gx_duckdb.database())
        try:
            gx_duckdb.define(connection, {**_looked_at(rules, others or {}), name: relation_sql})
            checks, raw = _run(connection, layer, table, rules)
        except duckdb.Error as error:
            result = replace(result, note=f"cannot be read: {error}")
        else:
            result = replace(result, passed=not any(check.blocks for check in checks), checks=checks, raw=raw)
        result = replace(result, seconds=round(time.monotonic() - started, 3))
        if not result.passed and quarantine is not None:
            from orchestration.gate.report import write_report

            result = replace(result, report=quarantine / "report.md")
            write_report(result, connection, quarantine)
    return result


def judge_layer(
    snapshot: Path,
    layer: str,
    quarantine: Path | None = None,
    *,
    plan: Plan | None = None,
    judged_before: Mapping[str, str] | None = None,
) -> list[GateResult]:
    """Judge every built table of silver or gold, in order of name.

    Each folder of `<snapshot>/<layer>` is a table of Parquet files. Rules may look at the other tables of
    the layer, and those of gold at silver beside it. A table whose suite exists but whose files do not is
    refused; a table without a suite is listed as such. With `quarantine`, each refusal is written to its
    folder `<layer>/<table>` there.

    Of a partitioned table only what the `plan` built is judged, beside the same part of the other tables:
    the rest was judged when it was built. Where the suite is another than then (`judged_before` has the
    hashes, by `<layer>.<table>`), the whole table is judged.
    """
    from orchestration.gate import gx_duckdb

    scope = Scope(snapshot, plan, judged_before or {})
    with gx_duckdb.database() as connection:
        return list(_judge_each(scope, layer, quarantine, connection))


def _judge_each(
    scope: Scope, layer: str, quarantine: Path | None, connection: duckdb.DuckDBPyConnection
) -> Iterator[GateResult]:
    relations = scope.relations(layer)
    judged = suites(layer)
    built = {name.removeprefix(f"{layer}.") for name in relations if name.startswith(f"{layer}.")}
    for table in sorted({*judged, *built}):
        name = f"{layer}.{table}"
        if table not in judged:
            note = "there is no suite for this table"
            yield GateResult(name, layer, table, None, None, passed=True, note=note)
        elif name not in relations and is_unwritten(_rules(layer, table)):
            continue  # its model is a skeleton as well, and not built
        elif name not in relations:
            note = f"the table is missing: no Parquet file below {scope.snapshot / layer / table}"
            yield GateResult(name, layer, table, name, suite_hash(layer, table), passed=False, note=note)
        elif scope.is_untouched(layer, table, suite_hash(layer, table)):
            note = "nothing of it was built; its partitions were judged with the parent"
            yield GateResult(name, layer, table, name, suite_hash(layer, table), passed=True, note=note)
        else:
            seen = scope.seen_by(layer, table, suite_hash(layer, table))
            yield judge(
                layer=layer,
                table=table,
                relation_sql=seen[name],
                subject=name,
                quarantine=None if quarantine is None else quarantine / layer / table,
                others=seen,
                has_others=scope.has_others(layer, table, suite_hash(layer, table)),
                connection=connection,
            )


def suite_hashes() -> dict[str, str]:
    """Return the hash of every suite of silver and gold, by `<layer>.<table>`."""
    return {
        f"{layer}.{table}": suite_hash(layer, table)
        for layer in ("silver", "gold")
        for table in suites(layer)
    }


def _rules(layer: str, table: str) -> list[Rule]:
    rules: list[Rule] = importlib.import_module(f"{layer}.expectations.{table}").RULES
    return rules


def _looked_at(rules: list[Rule], others: dict[str, str]) -> dict[str, str]:
    """Return those of the other tables that rules name, and the trips, by which batches are told.

    For a view DuckDB opens the files behind it: all tables for each of them took longer than the judgements.
    """
    said = " ".join(str(rule.arguments) for rule in rules)
    return {name: sql for name, sql in others.items() if name == _TRIPS or name in said}


def _run(
    connection: duckdb.DuckDBPyConnection, layer: str, table: str, rules: list[Rule]
) -> tuple[tuple[Check, ...], dict[str, Any]]:
    """Run the suite; return its checks in the order of the rules, and Great Expectations' own result.

    Rows are asked for in a second turn, of the expectations that failed: to ask for them costs a scan each.
    """
    from orchestration.gate import gx_duckdb

    connection.execute(f"create or replace view {table} as from {layer}.{table}")
    name = f"{layer}.{table}"
    columns = connection.sql(f"from {table}").columns
    # all columns as "index": the query for unexpected rows that comes back then yields whole rows
    rows = {"result_format": "COMPLETE", "unexpected_index_column_names": columns}
    with gx_duckdb.batch(connection, table) as batch:
        raw: dict[str, Any] = batch.validate(build(name, rules), result_format="BASIC").to_json_dict()
        said = _outcomes(raw)
        if failed := [rule for rule in rules if not said[rule.name]["success"]]:
            again = _outcomes(batch.validate(build(name, failed), result_format=rows).to_json_dict())
            raw["results"] = [again.get(_name(outcome), outcome) for outcome in raw["results"]]
    found = _outcomes(raw)
    checks = tuple(_check(connection, layer, rule, found[rule.name], table, columns) for rule in rules)
    return checks, raw


def _name(outcome: dict[str, Any]) -> str:
    return str(outcome["expectation_config"]["meta"]["name"])


def _outcomes(raw: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {_name(outcome): outcome for outcome in raw["results"]}


def _check(
    connection: duckdb.DuckDBPyConnection,
    layer: str,
    rule: Rule,
    outcome: dict[str, Any],
    view: str,
    columns: list[str],
) -> Check:
    result = outcome.get("result") or {}
    check = Check(
        name=rule.name,
        title=rule.title,
        expectation=rule.expectation,
        column=rule.arguments.get("column"),
        severity=rule.severity,
        reason=rule.reason,
        success=bool(outcome["success"]),
        counts=rule.counts,
        show=rule.show,
        unexpected_count=result.get("unexpected_count"),
        element_count=result.get("element_count"),
        exception=_exception(outcome.get("exception_info") or {}),
    )
    if check.success or check.exception is not None:
        return check
    query = _rows_query(rule, result, view, columns)
    check = replace(check, rows_query=query, observed=_observed(connection, rule, result, query))
    if query is None or layer == "bronze" or not check.blocks:
        return check
    return replace(check, batches=_batches(connection, query))


def _batches(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[str, ...]:
    """Return the batches that offending rows of a layer came from; none where no column of theirs tells."""
    columns = connection.sql(query).columns
    if {"batch", "version"} <= set(columns):
        origin = query
    elif "station_id" in columns:
        ids = f"(select station_id from ({query}))"
        origin = f"from {_TRIPS} where start_station_id in {ids} or end_station_id in {ids}"
    elif day := next((name for name in ("trip_month", "trip_date") if name in columns), None):
        months = f"select left(cast({day} as varchar), 7) from ({query})"
        origin = f"from {_TRIPS} where trip_month in ({months})"
    else:
        return ()
    if origin is not query and not connection.sql("from duckdb_views() where view_name = 'fct_trips'"):
        return ()
    named = connection.sql(
        f"select distinct concat(batch, ' version ', version) as name from ({origin}) order by name"
    )
    return tuple(name for (name,) in named.fetchall())


def _exception(info: dict[str, Any]) -> str | None:
    """Return the first exception's message: the info is one record, or one record per failed metric."""
    records = [info] if "raised_exception" in info else list(info.values())
    raised = [record for record in records if record.get("raised_exception")]
    return str(raised[0].get("exception_message") or "no message") if raised else None


def _rows_query(rule: Rule, result: dict[str, Any], view: str, columns: list[str]) -> str | None:
    if "condition" in rule.arguments:
        return f"select * from {view} where {rule.arguments['condition']}"
    if "unexpected_rows_query" in rule.arguments:
        return str(rule.arguments["unexpected_rows_query"].format(batch=view))
    query = result.get("unexpected_index_query")
    if query is None:
        return None
    # Great Expectations puts the judged column behind the index columns: it is there twice
    names = ", ".join(f'"{column}"' for column in columns)
    return f"select {names} from ({query.rstrip('; ')}) as offending({names}, judged)"


def _observed(
    connection: duckdb.DuckDBPyConnection, rule: Rule, result: dict[str, Any], query: str | None
) -> str | None:
    """Return what a finding about the table as a whole found instead, in words."""
    if rule.counts != FINDING:
        return None
    if query is None:
        details = (result.get("details") or {}).get("mismatched") or {}
        changes = [f"{kind}: {', '.join(names)}" for kind, names in details.items()]
        return "; ".join(changes) or str(result.get("observed_value"))
    relation = connection.sql(query)
    first = relation.fetchone() or ()
    return ", ".join(f"{name} = {value}" for name, value in zip(relation.columns, first, strict=False))
