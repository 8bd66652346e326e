"""Rows that were not kept, of sources whose facts are built by month: empty while there is no such source."""

from __future__ import annotations

from bronze.expectations.rules import broken_query, broken_rows, columns_are, unique

_KEY = ("source", "table_name", "batch", "version", "source_record")

RULES = [
    columns_are(
        [*_KEY, "outcome", "reason", "detail", "answer_month"],
        "The account of rows reads these columns by name.",
    ),
    broken_rows(
        "origin",
        "every row says where it came from and in which month it was judged",
        " or ".join(f"{name} is null" for name in _KEY)
        + " or not coalesce(regexp_full_match(answer_month, '[0-9]{4}-[0-9]{2}'), false)",
        reason="A row of no month is built by no run, and the next one loses it.",
        show=(*_KEY, "answer_month"),
    ),
    broken_rows(
        "outcome",
        "every row is rejected with its reason, came twice or lies outside its batch",
        "outcome is null or outcome not in ('rejected', 'duplicate', 'outside') "
        "or (outcome = 'rejected') <> (coalesce(trim(reason), '') <> '')",
        reason="A row thrown away without a reason is a row lost.",
        show=(*_KEY, "outcome", "reason"),
    ),
    unique(*_KEY, reason="A row accounted for twice hides one that is lost."),
    broken_query(
        "rejected",
        "what is rejected here stands among the rejected answers",
        """
        select source, table_name, batch, version, source_record from {batch} where outcome = 'rejected'
        except
        select source, table_name, batch, version, source_record from silver.rejected_answers
        """,
        reason="Pages and reports read why rows were rejected there.",
        counts="rejected rows that are told nowhere",
    ),
]
