"""The one expectation of our own: the rows a query finds stay within a share of the table."""

from __future__ import annotations

from typing import Any, ClassVar

from great_expectations.expectations import UnexpectedRowsExpectation


class RowsWithin(UnexpectedRowsExpectation):  # type: ignore[misc]  # Great Expectations has no types here
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
        found, total = metrics["unexpected_rows_query.row_count"], metrics["table.row_count"]
        return {
            "success": found <= self.tolerance * total,
            "result": {"observed_value": found, "unexpected_count": found, "element_count": total},
        }
