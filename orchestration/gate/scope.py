"""Which rows of a built layer the gate looks at: all, or the partitions that this build wrote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from lake.catalog import files_sql, relations
from lake.contents import partition_files
from orchestration.plan import Plan


@dataclass(frozen=True)
class Scope:
    """The tables of a snapshot folder as the gate sees them under a plan (None: everything was built).

    `judged_before` has the hashes of the suites that judged the parent, by `<layer>.<table>`.
    """

    snapshot: Path
    plan: Plan | None
    judged_before: Mapping[str, str]

    @cached_property
    def _relations(self) -> dict[str, dict[str, str]]:
        return relations(self.snapshot)

    @cached_property
    def _files(self) -> dict[str, dict[tuple[str, str], list[Path]]]:
        """The files of every table by partition, `(column, value)`; of one that has none, nothing."""
        tables = {f"{folder.parent.name}.{folder.name}": folder for folder in self.snapshot.glob("[sg]*/*/")}
        return {name: partition_files(folder) for name, folder in tables.items()}

    @cached_property
    def _built(self) -> dict[str, set[str]]:
        """The partitions that were built, by column: those of the plan that any table has."""
        built: dict[str, set[str]] = {}
        for column, value in {partition for files in self._files.values() for partition in files}:
            found = built.setdefault(column, set())
            if self.plan and self.plan.is_built(column, value):
                found.add(value)
        return built

    def relations(self, layer: str) -> dict[str, str]:
        """Return the queries over whole tables, by `<layer>.<table>`: the layer's, and silver's for gold."""
        layers = ("silver", "gold") if layer == "gold" else (layer,)
        return {f"{one}.{table}": sql for one in layers for table, sql in self._relations[one].items()}

    def _is_part(self, name: str, suite: str) -> bool:
        """Say whether only a part of the table is judged."""
        partial = self.plan is not None and not self.plan.full
        return partial and bool(self._files.get(name)) and self.judged_before.get(name) == suite

    def is_untouched(self, layer: str, table: str, suite: str) -> bool:
        """Say whether the build wrote none of the table's partitions, nor should have."""
        name = f"{layer}.{table}"
        if not self._is_part(name, suite):
            return False
        return not any(self._built[column] for column, _ in self._files[name])

    def has_others(self, layer: str, table: str, suite: str) -> bool:
        """Say whether the table has rows beside those that are judged, in partitions that the build left as they were."""
        name = f"{layer}.{table}"
        return self._is_part(name, suite) and any(
            value not in self._built[column] for column, value in self._files[name]
        )

    def seen_by(self, layer: str, table: str, suite: str) -> dict[str, str]:
        """Return the queries that the rules of one table see: all whole, or all cut to what was built.

        What is cut reads the files of those partitions alone, however many there are beside them.
        """
        whole = self.relations(layer)
        if not self._is_part(f"{layer}.{table}", suite):
            return whole
        return {name: self._cut(name, sql) for name, sql in whole.items()}

    def _cut(self, name: str, sql: str) -> str:
        of = self._files.get(name, {})
        if not of:
            return sql
        files = [
            file for (column, value), found in of.items() if value in self._built[column] for file in found
        ]
        return files_sql(files) if files else f"{sql} where false"
