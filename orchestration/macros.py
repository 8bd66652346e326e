"""The macros that a build can call: a third of those that dbt has."""

from __future__ import annotations

from typing import Any


def called_alone(manifest: Any) -> Any:
    """Take from the parsed project the macros that nothing in it calls, and return it.

    dbt has some hundred for snapshots, seeds, increments and other databases, and lays all of them out anew for
    whatever it renders, a few times for each node: a sixteenth of a small run. What calls what dbt has found when it
    parsed; adapters and materializations it looks for by name. One that is missing all the same stops the build.
    """
    by_adapter = _asked_by_adapter()
    if not by_adapter:
        return manifest
    macros = manifest.macros
    materializations = (
        *{f"materialization_{node.config.materialized}_" for node in manifest.nodes.values()},
    )
    asked = [name for node in manifest.nodes.values() for name in node.depends_on.macros]
    asked += [
        key
        for key, macro in macros.items()
        if macro.package_name == manifest.metadata.project_name
        or macro.name in by_adapter
        or macro.name.startswith(materializations)
    ]
    called = set()
    while asked:
        if (key := asked.pop()) in macros and key not in called:
            called.add(key)
            asked += macros[key].depends_on.macros
    manifest.macros = {key: macro for key, macro in macros.items() if key in called}
    return manifest


def _asked_by_adapter() -> set[str]:
    """Return the names by which dbt's adapters look for macros."""
    from dbt.adapters.base import impl as base
    from dbt.adapters.sql import impl as sql

    constants = [*vars(base).items(), *vars(sql).items()]
    return {str(value) for name, value in constants if name.endswith("_MACRO_NAME")}
