"""Questions of the Lake health page: to `lake.status()`, to what a snapshot says of itself, and to silver."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import polars as pl

from analysis.stats import TooLittleDataError
from serving.filters import CITIES
from serving.reader import Reader

if TYPE_CHECKING:
    from lake import Lake, LakeStatus

#: The address of `make docs SERVE=1`.
_DOCS = "http://127.0.0.1:8080/"


def conservation(reader: Reader) -> pl.DataFrame:
    """Return the law of rows by table: sums over the versions in the snapshot, and versions that break it.

    Columns: source, table_name, versions, broken, rows_counted, rows_bronze, rows_kept, rows_rejected,
    rows_duplicate, rows_outside, unexplained (rows_bronze minus what became of them).
    """
    return reader.ask(
        """
        select source, table_name, count(*) as versions, count(*) filter (where not is_conserved) as broken,
            sum(rows_counted)::bigint as rows_counted, sum(rows_bronze)::bigint as rows_bronze,
            sum(rows_kept)::bigint as rows_kept, sum(rows_rejected)::bigint as rows_rejected,
            sum(rows_duplicate)::bigint as rows_duplicate, sum(rows_outside)::bigint as rows_outside,
            sum(rows_bronze - rows_kept - rows_rejected - rows_duplicate - rows_outside)::bigint
                as unexplained
        from silver.conservation
        group by source, table_name
        order by source, table_name
        """
    )


def rejected(reader: Reader) -> pl.DataFrame:
    """Return rejected rows by reason: reason, rows, batches, example (the newest batch's first, in words)."""
    return reader.ask(
        """
        select reason, count(*) as rows, count(distinct batch) as batches,
            arg_max(batch || ': ' || detail, batch) as example
        from silver.rejected_trips
        group by reason
        order by rows desc, reason
        """
    )


def freshness(reader: Reader) -> pl.DataFrame:
    """Return how far each covered city's data reaches: city, last_trip_day, last_weather_day (or null)."""
    return reader.ask(
        """
        select city, max(trip_date) filter (where weather.trips > 0) as last_trip_day,
            max(trip_date) filter (where temperature_c is not null) as last_weather_day
        from gold.mart_weather_effect as weather
        inner join (select city, trip_date from gold.mart_covered_days) using (city, trip_date)
        group by city
        order by city
        """
    )


def coverage(status: LakeStatus, reader: Reader) -> pl.DataFrame:
    """Return what became of each city's months, the newest first: trip_month, and a column for each city.

    `present` is in the snapshot (`present, newer refused`: an older version than landed last; `present, held since`:
    that one, until a run builds without it; `present, mostly rejected`: of which silver rejected most rows), and `no
    trip kept` of a batch that is there all the same; else the state of its batch (refused, held, unjudged, failed;
    `not built` if it was accepted since), or `missing`: nobody has landed it, and months around it are there.
    """
    here = set(
        reader.ask("select distinct city, trip_month from gold.mart_covered_days order by all").iter_rows()
    )
    trips = [one for one in status.batches if one.table == "trips"]
    failed = {_month(one.batch) for one in status.failed if one.table == "trips"}
    mostly = {_month(one.batch) for one in status.rejected if one.table == "trips"}
    states = dict.fromkeys(failed, "failed") | dict.fromkeys(here, "present")
    for one in trips:
        key = _month(one.batch)
        newer = "failed" if key in failed else one.state if one.published != one.version else ""
        if key not in here and one.published is None:
            states[key] = newer.replace("accepted", "not built")
            continue
        parts = [
            "present" if key in here else "no trip kept",
            "mostly rejected" if key in here & mostly else "",
            f"newer {newer}" if newer else "" if one.state == "accepted" else f"{one.state} since",
        ]
        states[key] = ", ".join(filter(None, parts))
    known = sorted({key for key in states if key[0] in CITIES and len(key[1]) == 7})
    if not known:
        return _frame([], ["trip_month"])
    first, last = (int(end(month[:4] + month[5:] for _, month in known)) for end in (min, max))
    rows = []
    for number in range(last // 100 * 12 + last % 100, first // 100 * 12 + first % 100 - 1, -1):
        year, month = divmod(number - 1, 12)
        name = f"{year}-{month + 1:02}"
        row = {"trip_month": name}
        for city in sorted({city for city, _ in known}, reverse=True):
            key = (city, name)
            row[CITIES[city]] = states.get(key, "missing")
        rows.append(row)
    return _frame(rows, list(rows[0]))


def told(status: LakeStatus, reader: Reader | None) -> str:
    """Say whether everything in scope is served, and every row accounted for: the sentence of the page.

    Raises:
        TooLittleDataError: no run has asked the upstreams, or nothing can be read.
    """
    if reader is None or status.asked_at is None:
        raise TooLittleDataError(
            "nothing is published yet" if reader is None else "no run has asked the upstreams yet"
        )
    scope, served = sum(status.listed.values()), status.listed.get("accepted", 0)
    nowhere = status.listed.get("not listed", 0)
    unlisted = f", {nowhere:,} {'is' if nowhere == 1 else 'are'} not listed by an upstream" if nowhere else ""
    most = len(status.rejected)
    poor = f"; silver rejected most rows of {most:,} {'batch' if most == 1 else 'batches'}" if most else ""
    waiting = len(status.waiting())
    differ = (
        f"{waiting:,} {'differs' if waiting == 1 else 'differ'} in the published snapshot {status.until()}"
    )
    since = f"; {differ}" if waiting else ""
    law = conservation(reader)
    broken, rows = int(law["broken"].sum()), int(law["rows_bronze"].sum())
    return (
        f"{f'All {scope:,}' if served == scope else f'{served:,} of {scope:,}'} batches in scope are "
        f"accepted{unlisted}{since}{poor}; {'none' if not broken else 'part'} of {rows:,} rows is unaccounted for; "
        f"{_months_here(coverage(status, reader))}."
    )


def _months_here(months: pl.DataFrame) -> str:
    """Say how many of the months between the first and the last each city has; `months` are of `coverage`."""
    if months.is_empty():
        return "no month of trips has landed"
    first, last = (date.fromisoformat(f"{months['trip_month'][end]}-01") for end in (-1, 0))
    when = f"{first:%B %Y}" if first == last else f"{first:%B %Y} to {last:%B %Y}"
    counts = {city: int(months[city].str.starts_with("present").sum()) for city in months.columns[1:]}
    if set(counts.values()) == {months.height}:
        return f"{' and '.join(counts)} {'has' if len(counts) == 1 else 'have'} every month, {when}"
    told = [f"{city} has {f'{count:,}' if count else 'none'}" for city, count in counts.items()]
    return f"of the {months.height:,} months {when} {' and '.join(told)}"


def _month(batch: str) -> tuple[str, str]:
    city, _, month = batch.partition("-")
    return city, month


def glance(status: LakeStatus, reader: Reader | None) -> list[tuple[str, str, str]]:
    """Return label, value and explanation of the figures on top."""
    states = Counter(batch.state for batch in status.batches)
    not_passed = [gate for gate in _gates(reader) if not gate["passed"]]
    return [
        (
            "Published",
            _ago(reader.facts["completed_at"]) if reader else "never",
            "When the snapshot was built.",
        ),
        ("Upstreams asked", _ago(status.asked_at) if status.asked_at else "never", "By the last run."),
        ("Batches accepted", f"{states['accepted']} of {len(status.batches)}", "By their newest version."),
        ("Failed to land", str(len(status.failed)), "At the last run."),
        ("Gates failed", str(len(not_passed)) if reader else "–", "Of the published snapshot's tables."),
        ("Snapshots", str(len(status.snapshots)), "Kept; older ones are collected."),
    ]


def _ago(moment: str, now: datetime | None = None) -> str:
    """Return how long ago an ISO moment was, in its largest unit."""
    then = datetime.fromisoformat(moment)
    then = then if then.tzinfo else then.replace(tzinfo=UTC)
    seconds = max(0.0, ((now or datetime.now(UTC)) - then).total_seconds())
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length:.0f} {unit} ago"
    return "just now"


def all_served(status: LakeStatus) -> bool:
    """Say whether every batch in scope is accepted."""
    return set(status.listed) <= {"accepted"}


def troubled(status: LakeStatus) -> pl.DataFrame:
    """Return batches whose newest version is not in force, or not published as is in force; failed ones first."""
    failed = [
        {"batch": one.batch, "table": one.table, "state": "failed", "reason": one.error}
        for one in status.failed
    ]
    waiting = status.waiting()
    others = [
        {
            "batch": one.batch,
            "table": one.table,
            "state": one.state,
            "reason": f"not published {status.until()}" if one.state == "accepted" else one.reason,
            "by": one.by,
            "served": _served(one.published),
            "report": one.report,
        }
        for one in status.batches
        if one.state != "accepted" or one in waiting
    ]
    return _frame([*failed, *others], ["batch", "table", "state", "reason", "by", "served", "report"])


def _served(version: int | None) -> str:
    return "nothing" if version is None else f"version {version}"


def batches(status: LakeStatus) -> pl.DataFrame:
    """Return every batch's newest version."""
    rows = [
        {
            "source": one.source,
            "table": one.table,
            "batch": one.batch,
            "version": one.version,
            "state": one.state,
            "rows": one.rows,
            "landed": one.landed_at[:16].replace("T", " "),
            "judged by": one.by,
            "reason": one.reason,
            "served": _served(one.published),
        }
        for one in status.batches
    ]
    columns = [
        "source",
        "table",
        "batch",
        "version",
        "state",
        "rows",
        "landed",
        "judged by",
        "reason",
        "served",
    ]
    return _frame(rows, columns)


def snapshots(status: LakeStatus) -> pl.DataFrame:
    """Return the snapshots that are kept, newest first."""
    rows = [
        {
            "snapshot": one.id,
            "published": "now" if one.is_current else "",
            "built": one.completed_at[:16].replace("T", " "),
            "built on": one.parent or "nothing",
            "data": one.origin,
            "trips": one.rows.get("silver.fct_trips"),
        }
        for one in status.snapshots
    ]
    return _frame(rows, ["snapshot", "published", "built", "built on", "data", "trips"])


def gates(reader: Reader) -> pl.DataFrame:
    """Return what the gates said about a snapshot's tables: table, verdict, checks, rules not met (in words)."""
    rows = []
    for gate in _gates(reader):
        findings = [check for check in gate["checks"] if not check["success"]]
        verdict = "refused" if not gate["passed"] else "findings" if findings else "passed"
        told = "; ".join(check["title"] for check in findings)
        rows.append(
            {
                "table": gate["subject"],
                "verdict": verdict,
                "checks": len(gate["checks"]),
                "rules not met": told,
            }
        )
    order = {"refused": 0, "findings": 1, "passed": 2}
    rows.sort(key=lambda row: order[str(row["verdict"])])
    return _frame(rows, ["table", "verdict", "checks", "rules not met"])


def _gates(reader: Reader | None) -> list[dict[str, Any]]:
    return list(reader.facts.get("gates", [])) if reader else []


def _frame(rows: Iterable[dict[str, Any]], columns: list[str]) -> pl.DataFrame:
    return pl.DataFrame(
        [{name: row.get(name) for name in columns} for row in rows],
        schema=None if rows else dict.fromkeys(columns, pl.String),
        infer_schema_length=None,
    )


def docs(lake: Lake) -> str:
    """Return where the data docs lie and how to open them; how to make them, if there are none."""
    index = lake.reports / "index.html"
    if not index.exists():
        return "There are none yet: `make docs` makes them of every gate's judgements and the models."
    return (
        f"They lie in `{lake.short(index)}`. `make docs SERVE=1` serves them at [{_DOCS}]({_DOCS}): "
        "every gate's judgement, the models and their columns, and the notebooks."
    )
