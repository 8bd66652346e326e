"""What is wired in the DAG files, as JSON: `python -m tests.orchestration.airflow.described`.

A process of its own, with an AIRFLOW_HOME of its own, so that Airflow never reads anybody's settings.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

DAGS = Path(__file__).parents[3] / "orchestration" / "dags"
#: Errors as tasks meet them, and what the retry policy should make of each.
ERRORS = {
    "refused": "orchestration.airflow.tasks:RefusedError",
    "broken model": "orchestration.dbt:BuildError",
    "gate": "orchestration.steps:GateError",
    "lake": "lake.errors:LakeError",
    "overtaken": "lake.errors:OvertakenError",
    "damaged": "bronze.errors:BatchError",
    "setting": "builtins:ValueError",
    "bug": "builtins:TypeError",
    "upstream": "bronze.errors:UnreachableError",
    "busy": "lake.errors:BusyError",
}


def _decisions(policy: Any) -> dict[str, str]:
    from importlib import import_module

    def error(path: str) -> Exception:
        module, _, name = path.partition(":")
        kind: type[Exception] = getattr(import_module(module), name)
        return kind("x")

    return {name: policy.evaluate(error(path), 1, 3).action.value for name, path in ERRORS.items()}


def _names(callbacks: Any) -> list[str]:
    found = callbacks if isinstance(callbacks, list | tuple) else [callbacks]
    return [callback.__name__ for callback in found if callback]


def _task(operator: Any) -> dict[str, Any]:
    mapped = operator.is_mapped
    arguments = {**operator.partial_kwargs} if mapped else {}

    def of(name: str) -> Any:
        return arguments.get(name, getattr(operator, name, None))

    timeout, policy = of("execution_timeout"), of("retry_policy")
    return {
        "upstream": sorted(operator.upstream_task_ids),
        "given": [text for text in getattr(operator, "op_args", ()) if isinstance(text, str)],
        "over": next(iter(operator._get_specified_expand_input().value.values()), None) if mapped else None,
        "sensor": [of("mode"), of("poke_interval"), of("timeout")] if operator.task_id == "open" else None,
        "mapped": mapped or operator.get_closest_mapped_task_group() is not None,
        "pool": of("pool"),
        "retries": of("retries"),
        "backoff": of("retry_exponential_backoff"),
        "on_error": _decisions(policy) if policy else None,
        "trigger_rule": str(getattr(of("trigger_rule"), "value", of("trigger_rule"))),
        "timeout": timeout.total_seconds() if timeout else None,
        "named": of("map_index_template"),
        "outlets": [asset.name for asset in of("outlets") or []],
        "doc": of("doc_md") or of("doc") or of("python_callable").__doc__,
        "on_failure": _names(of("on_failure_callback")),
    }


def describe() -> dict[str, Any]:
    """Parse the DAG files and return what is in them, and which packages that loads beside Airflow's."""
    import airflow.sdk  # noqa: F401  # what it loads itself is not ours
    from airflow.dag_processing.dagbag import DagBag

    before = {name.partition(".")[0] for name in sys.modules}
    bag = DagBag(str(DAGS), bundle_path=DAGS, bundle_name="tested")
    loaded = {name.partition(".")[0] for name in sys.modules} - before
    return {
        "errors": bag.import_errors,
        "loaded": sorted(loaded),
        "dags": {
            dag.dag_id: {
                "max_active_runs": dag.max_active_runs,
                "catchup": dag.catchup,
                "timeout": dag.dagrun_timeout.total_seconds() if dag.dagrun_timeout else None,
                "schedule": str(getattr(dag.timetable, "expression", None) or dag.timetable),
                "timezone": str(getattr(dag.timetable, "timezone", "")),
                "starts_paused": dag.is_paused_upon_creation,
                "assets": [asset.name for asset in getattr(dag.timetable.asset_condition, "objects", ())],
                "params": dict(dag.params.dump()),
                "doc": dag.doc_md,
                "on_failure": _names(dag.on_failure_callback),
                "groups": sorted(name for name in dag.task_group_dict if name),
                "tasks": {task.task_id: _task(task) for task in dag.tasks},
            }
            for dag in bag.dags.values()
        },
    }


if __name__ == "__main__":
    described = describe()
    # The setting is looked up whenever the file is read.
    os.environ["BUILD__WORKERS"] = "2"
    described["shared"] = describe()["dags"]["lakehouse"]
    print("\n" + json.dumps(described, default=str))
