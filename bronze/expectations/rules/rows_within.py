"""The two expectations of our own: rows that a condition or a query finds stay within a share of the table."""

from __future__ import annotations

from typing import Any, ClassVar

from great_expectations.compatibility.sqlalchemy import sqlalchemy as sa
from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.core.metric_function_types import MetricPartialFunctionTypes
from great_expectations.execution_engine import SqlAlchemyExecutionEngine
from great_expectations.expectations import UnexpectedRowsExpectation
from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.expectations.metrics.metric_provider import metric_partial
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider


def _within(found: int, total: int, tolerance: float) -> dict[str, Any]:
    return {
        "success": found <= tolerance * total,
        "result": {"observed_value": found, "unexpected_count": found, "element_count": total},
    }


class RowsMeeting(TableMetricProvider):  # type: ignore[misc]  # Great Expectations has no types here
    """The number of rows that meet a condition: an aggregate, so that all those of a suite are one scan."""

    metric_name = "table.rows_meeting"
    value_keys = ("condition",)

    @metric_partial(
        engine=SqlAlchemyExecutionEngine,
        partial_fn_type=MetricPartialFunctionTypes.AGGREGATE_FN,
        domain_type=MetricDomainTypes.TABLE,
    )
    def _sqlalchemy(
        cls,  # noqa: N805 - Great Expectations calls it by this name
        metric_domain_kwargs: dict[str, Any],
        metric_value_kwargs: dict[str, Any],
        **_: Any,
    ) -> Any:
        # A literal column is taken as it is; in a text `%H:%M` would have a parameter. DuckDB's `filter (where …)`
        # asks every part of a condition of every row, `case` only those that are left, as `where` does.
        met = sa.literal_column(f"case when {metric_value_kwargs['condition']} then 1 end")
        return sa.func.count(met), metric_domain_kwargs, {}


class ConditionWithin(BatchExpectation):  # type: ignore[misc]
    """Expect no more rows to meet the condition than the share `tolerance` of the table's rows."""

    condition: str
    tolerance: float = 0.0

    metric_dependencies: ClassVar[tuple[str, ...]] = (RowsMeeting.metric_name, "table.row_count")
    success_keys: ClassVar[tuple[str, ...]] = ("condition", "tolerance")

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: Any = None,
    ) -> dict[str, Any]:
        return _within(metrics[RowsMeeting.metric_name], metrics["table.row_count"], self.tolerance)


class RowsWithin(UnexpectedRowsExpectation):  # type: ignore[misc]
    """Expect the query to find no more rows than the share `tolerance` of the table's rows.

    UnexpectedRowsExpectation allows none at all and fetches the rows; this one only counts them. Who needs
    the rows runs the query on DuckDB, where nothing is cut off.
    """

    tolerance: float = 0.0

    metric_dependencies: ClassVar[tuple[str, ...]] = ("unexpected_rows_query.row_count", "table.row_count")
    success_keys: ClassVar[tuple[str, ...]] = ("unexpected_rows_query", "tolerance")

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: Any = None,
    ) -> dict[str, Any]:
        found = metrics["unexpected_rows_query.row_count"]
        return _within(found, metrics["table.row_count"], self.tolerance)
