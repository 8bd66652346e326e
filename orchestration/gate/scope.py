"""Which rows of a built layer the gate looks at: all, or the partitions that this build wrote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lake.catalog import quote, relations
from lake.contents import partitions
from orchestration.plan import Plan


@dataclass(frozen=True)
class Scope:
    """The tables of a snapshot folder as the gate sees them under a plan (None: everything was built).

    `judged_before` has the hashes of the suites that judged the parent, by `<layer>.<table>`.
    """

    snapshot: Path
    plan: Plan | None
    judged_before: Mapping[str, str]

    def relations(self, layer: str) -> dict[str, str]:
        """Return the queries over whole tables, by `<layer>.<table>`: the layer's, and silver's for gold."""
        found = relations(self.snapshot)
        layers = ("silver", "gold") if layer == "gold" else (layer,)
        return {f"{one}.{table}": sql for one in layers for table, sql in found[one].items()}

    def _built(self) -> dict[str, list[str]]:
        """Return the partitions that were built, by column: those of the plan that any table has."""
        built: dict[str, set[str]] = {}
        for table in self.snapshot.glob("[sg]*/*/"):
            for column, values in partitions(table).items():
                found = built.setdefault(column, set())
                found |= {value for value in values if self.plan and self.plan.is_built(column, value)}
        return {column: sorted(values) for column, values in built.items()}

    def _is_part(self, layer: str, table: str, suite: str) -> bool:
        """Say whether only a part of the table is judged."""
        partial = self.plan is not None and not self.plan.full
        partitioned = bool(partitions(self.snapshot / layer / table))
        return partial and partitioned and self.judged_before.get(f"{layer}.{table}") == suite

    def is_untouched(self, layer: str, table: str, suite: str) -> bool:
        """Say whether the build wrote none of the table's partitions, nor should have."""
        if not self._is_part(layer, table, suite):
            return False
        built = self._built()
        return not any(built[column] for column in partitions(self.snapshot / layer / table))

    def seen_by(self, layer: str, table: str, suite: str) -> dict[str, str]:
        """Return the queries that the rules of one table see: all whole, or all cut to what was built."""
        whole = self.relations(layer)
        if not self._is_part(layer, table, suite):
            return whole
        built, cut = self._built(), {}
        for name, sql in whole.items():
            columns = partitions(self.snapshot.joinpath(*name.split(".", 1)))
            conditions = [
                f"{column} in ({', '.join(quote(value) for value in built[column]) or 'null'})"
                for column in columns
            ]
            cut[name] = f"{sql} where {' and '.join(conditions)}" if conditions else sql
        return cut
