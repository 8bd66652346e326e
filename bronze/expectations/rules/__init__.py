"""The vocabulary in which suites are written: rules as plain data, turned into Great Expectations when run.

Plain data, so that a suite can be listed and hashed without the seconds that importing Great Expectations
costs. In every query `{batch}` stands for the table being judged; other tables of the layer are there under
`<layer>.<table>`. Literal braces in a query are doubled.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import great_expectations as gx

Severity = Literal["critical", "warning"]
CRITICAL: Severity = "critical"
WARNING: Severity = "warning"

#: Rows counted by the query are rows of the table, or one finding about the table as a whole.
ROWS, FINDING = "rows", "finding"
#: The rule that there are rows: of a table that has others than those being judged it is not asked.
NOT_EMPTY = "not_empty"
#: The rule of a suite that is a skeleton.
UNWRITTEN = "unwritten"
#: Where New York's and Jersey City's stations can be, in degrees.
LATITUDES, LONGITUDES = (40.4, 41.2), (-74.5, -73.4)


@dataclass(frozen=True)
class Rule:
    """One expectation: what must hold, why it matters, and how it is checked.

    `expectation` names a class of `great_expectations.expectations`, or of `rows_within` in this package.
    `counts` says what the rows of its query are: `rows`, `finding`, or a word for what is missing
    ("hours missing"). `show` names the columns that a report prints beside the row's origin.
    """

    name: str
    title: str
    reason: str
    severity: Severity
    expectation: str
    arguments: dict[str, Any] = field(default_factory=dict)
    counts: str = ROWS
    show: tuple[str, ...] = ()


def broken_rows(
    name: str,
    title: str,
    where: str,
    *,
    reason: str,
    severity: Severity = CRITICAL,
    tolerance: float = 0.0,
    show: Sequence[str] = (),
) -> Rule:
    """Return a rule that no row, or at most the share `tolerance` of rows, meets the condition `where`.

    `where` is SQL about one row; braces in it are literal. All such conditions of a suite are one scan.
    """
    arguments = {"condition": " ".join(where.split()), "tolerance": tolerance}
    return Rule(name, title, reason, severity, "ConditionWithin", arguments, ROWS, tuple(show))


def broken_query(
    name: str,
    title: str,
    query: str,
    *,
    reason: str,
    severity: Severity = CRITICAL,
    tolerance: float = 0.0,
    counts: str = ROWS,
    show: Sequence[str] = (),
) -> Rule:
    """Return a rule that `query` yields no row, or at most the share `tolerance` of the table's rows.

    `query` holds `{batch}` and no JOIN keyword: Great Expectations treats the placeholder differently then.
    """
    arguments = {"unexpected_rows_query": " ".join(query.split()), "tolerance": tolerance}
    return Rule(name, title, reason, severity, "RowsWithin", arguments, counts, tuple(show))


def fewer_rows() -> Rule:
    """Return the warning of every raw table, beside `before`: the version that was in force and its rows.

    No suite lists it: what is judged has a version before it or not.
    """
    return broken_query(
        "fewer_rows",
        "it has no more than a tenth fewer rows than the version that was in force",
        """
        select (select count(*) from {batch}) as rows_now, rows_before, version_before from bronze.before
        where rows_now * 10 < rows_before * 9
        """,
        reason="A page or a download that was cut short looks like a correction: see what is gone.",
        severity=WARNING,
        counts=FINDING,
    )


def unwritten(todo: str) -> Rule:
    """Return a rule that no table meets, an empty one neither: the suite of a skeleton, which says what to write."""
    query = "select 1 as unwritten from (select count(*) from {batch})"
    return broken_query(UNWRITTEN, todo, query, reason="Nobody has said yet what is refused.", counts=FINDING)


def is_unwritten(rules: Sequence[Rule]) -> bool:
    """Say whether a suite is a skeleton."""
    return any(rule.name == UNWRITTEN for rule in rules)


def unique(
    *columns: str,
    reason: str,
    severity: Severity = CRITICAL,
    tolerance: float = 0.0,
    where: str = "true",
    title: str = "",
    show: Sequence[str] = (),
) -> Rule:
    """Return a rule that the columns together name a row; all rows of a repeated key count as broken.

    `where` limits the rule to some rows; nulls are equal to each other. Not ExpectCompoundColumnsToBeUnique:
    the query it returns for the rows is a cross product, useless for showing them. Grouping by hash needs a
    fifth of the memory that the keys themselves need; the window, over the few rows left, makes it exact.
    """
    key = ", ".join(columns)
    return broken_query(
        f"unique_{'_'.join(columns)}",
        title or f"no two rows share {' and '.join(columns)}",
        f"select * from {{batch}} where {where} and hash({key}) in "
        f"(select hash({key}) from {{batch}} where {where} group by hash({key}) having count(*) > 1) "
        f"qualify count(*) over (partition by {key}) > 1",
        reason=reason,
        severity=severity,
        tolerance=tolerance,
        show=show or columns,
    )


def not_empty(reason: str) -> Rule:
    """Return the critical rule that the table has a row."""
    return Rule(
        NOT_EMPTY,
        "there are rows",
        reason,
        CRITICAL,
        "ExpectTableRowCountToBeBetween",
        {"min_value": 1},
        FINDING,
    )


def columns_are(names: Sequence[str], reason: str) -> Rule:
    """Return the critical rule that the table has these columns and no others."""
    return Rule(
        "columns",
        "the columns are the agreed ones",
        reason,
        CRITICAL,
        "ExpectTableColumnsToMatchSet",
        {"column_set": list(names), "exact_match": True},
        FINDING,
    )


def not_null(
    column: str, *, reason: str, severity: Severity = CRITICAL, mostly: float = 1.0, title: str = ""
) -> Rule:
    """Return a rule that `column` is filled in at least the share `mostly` of rows."""
    return Rule(
        f"filled_{column}",
        title or f"{column} is filled",
        reason,
        severity,
        "ExpectColumnValuesToNotBeNull",
        {"column": column, "mostly": mostly},
        show=(column,),
    )


def in_set(
    column: str, values: Sequence[Any], *, reason: str, severity: Severity = CRITICAL, mostly: float = 1.0
) -> Rule:
    """Return a rule that `column`, where filled, holds one of `values`."""
    return Rule(
        f"known_{column}",
        f"{column} is one of {', '.join(repr(value) if value == '' else str(value) for value in values)}",
        reason,
        severity,
        "ExpectColumnValuesToBeInSet",
        {"column": column, "value_set": list(values), "mostly": mostly},
        show=(column,),
    )


def between(
    column: str,
    low: float | None,
    high: float | None,
    *,
    reason: str,
    severity: Severity = CRITICAL,
    mostly: float = 1.0,
) -> Rule:
    """Return a rule that `column`, where filled, lies between `low` and `high`, both included."""
    limits = f"at least {low}" if high is None else f"at most {high}" if low is None else f"{low} to {high}"
    return Rule(
        f"range_{column}",
        f"{column} is {limits}",
        reason,
        severity,
        "ExpectColumnValuesToBeBetween",
        {"column": column, "min_value": low, "max_value": high, "mostly": mostly},
        show=(column,),
    )


def digest(rules: Sequence[Rule]) -> str:
    """Return a hash of the rules that changes when any of them does, in 16 hexadecimal digits."""
    text = json.dumps([asdict(rule) for rule in rules], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def build(name: str, rules: Sequence[Rule]) -> gx.ExpectationSuite:
    """Return the rules as a suite of Great Expectations, in their order.

    Raises:
        ValueError: two rules share a name; results could not be told apart.
    """
    import great_expectations as gx
    import great_expectations.expectations as known

    from bronze.expectations.rules import rows_within

    names = [rule.name for rule in rules]
    if len(set(names)) != len(names):
        raise ValueError(f"{name}: rule names repeat: {sorted({n for n in names if names.count(n) > 1})}")
    expectations = []
    for rule in rules:
        kind = getattr(rows_within, rule.expectation, None) or getattr(known, rule.expectation)
        expectations.append(
            kind(
                **rule.arguments,
                severity=rule.severity,
                description=rule.title,
                notes=rule.reason,
                meta={"name": rule.name, "title": rule.title, "reason": rule.reason},
            )
        )
    return gx.ExpectationSuite(name=name, expectations=expectations)
