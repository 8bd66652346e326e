"""What SQLMesh knows of this project: the dbt project beside it, on bronze of the published snapshot.

`make sqlmesh` plans and applies it; any other command is SQLMesh's own, `.venv/bin/sqlmesh` in this folder.
"""

import os
from pathlib import Path
from typing import Any

from sqlmesh.core.config import ModelDefaultsConfig
from sqlmesh.core.environment import EnvironmentStatements
from sqlmesh.core.loader import LoadedProject
from sqlmesh.core.macros import MacroRegistry
from sqlmesh.dbt.loader import DbtLoader, sqlmesh_config

from lake.catalog import pinned
from lake.layout import locate


class Loader(DbtLoader):
    """SQLMesh's loader of dbt projects, told where bronze lies, and without `on-run-start`.

    The hook serves dbt's unit tests only, and every plan would begin with a change: SQLMesh never finds it to
    be the one of the plan before.
    """

    def load(self, *arguments: Any, **options: Any) -> LoadedProject:
        """Load the project with sources in BRONZE.

        Not a variable of dbt: it would be part of every model that asks for any, and SQLMesh would take
        another snapshot for a change of those models that leaves others below as they are. Not set when this
        file is read: SQLMesh restores the environment after that.
        """
        os.environ["LAKEHOUSE_BRONZE"] = BRONZE
        # Two thirds of a load were dbt's parsing: it goes on from the last, of which dbt knows what each file
        # took from the environment. (A build has its own way, `orchestration/dbt.py`.)
        os.environ["DBT_PARTIAL_PARSE"] = "true"
        return super().load(*arguments, **options)

    def _load_environment_statements(self, macros: MacroRegistry) -> list[EnvironmentStatements]:
        return []

    def _compute_yaml_max_mtime_per_subfolder(
        self, root: Path, visited: set[Path] | None = None
    ) -> dict[Path, float]:
        """Leave out the folders without models: the environment and the lake took a fifth of a load."""
        if root.parent == PROJECT and root.name not in {"silver", "gold"}:
            return {}
        found: dict[Path, float] = super()._compute_yaml_max_mtime_per_subfolder(root, visited)
        return found


PROJECT = Path(__file__).resolve().parent
# The folder of one snapshot and not `lake/accepted`, which is another one after each run: SQLMesh builds anew
# what is defined otherwise than before, and never looks whether files have changed.
# Resolved, as `make sqlmesh` has it: through a link or `..` every model would be another one.
BRONZE = os.environ.get("LAKEHOUSE_BRONZE") or str(pinned(locate()).bronze.resolve())

config = sqlmesh_config(
    PROJECT,
    # dbt's switch in dbt_project.yml: models are tables here.
    dbt_target_name="sqlmesh",
    model_defaults=ModelDefaultsConfig(start="2013-01-01"),
    # What no environment uses any more is removed by the first `make sqlmesh` a day later.
    snapshot_ttl="in 1 day",
    # One for each snapshot: the cache would not notice that sources lie elsewhere.
    cache_dir=str(PROJECT / "target" / "sqlmesh" / Path(BRONZE).parent.name),
    disable_anonymized_analytics=True,
    # There are no models in Python, and to read what every installed package says of itself takes a second.
    infer_python_dependencies=False,
    loader=Loader,
)
