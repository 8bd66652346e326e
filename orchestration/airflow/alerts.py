"""What is said when a task or a run of a DAG fails: which batch, and where to look."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from lake.words import shown

logger = logging.getLogger("lakehouse.alerts")

#: Where to look when a task fails, by the last part of its id.
LOOK = {
    "open": "the message names the setting; scope and upstreams are in .dlt/config.toml or the environment",
    "ask": "is the upstream up? Its address is sources.<name>.base_url; clear this task when it answers",
    "land": "the message names file, row or field; clear this task to land it again",
    "judge": "the batch's report in lake/quarantine; `make accept` or `make hold` decide",
    "batches": "the tasks ask, one per upstream",
    "landed": "the tasks of the batches",
    "poll": "is the feed up? Its address is sources.<name>.base_url, that of an archive sources.<name>.archive",
    "write": "lake/work, where dbt's log is; nothing published depends on the docs",
    "begin": "`make status` says what is accepted",
    "part": "dbt's log in lake/work/build/<snapshot>/<layer>-<months>/logs; clear begin and what follows it",
    "build": "dbt's log in lake/work/build/<snapshot>/logs/dbt.log; clear begin and what follows it",
    "gate": "the layer's report in lake/quarantine/layers/<snapshot>; clear begin and what follows it",
    "publish": "`make status` says what is published; clear begin and what follows it",
    "collect": "old snapshots stay until the next run collects them",
    "outcome": "the message lists what is missing; the task of each batch says more",
}


def told(context: Mapping[str, Any]) -> str:
    """Return the alert for a failed task: task, batch, run, error and where to look."""
    task = context["task_instance"]
    batch = getattr(task, "rendered_map_index", None)
    about = f" of {batch}" if batch else ""
    error = context.get("exception") or "it ended without a word, killed perhaps"
    name = task.task_id.rpartition(".")[2]
    look = LOOK.get(name, "the log of the task")
    said = f"{task.dag_id}: {task.task_id}{about} failed in {task.run_id}: {error}\n  where to look: {look}"
    return shown(said)


def task_failed(context: Mapping[str, Any]) -> None:
    """Say in the task's log what failed and where to look. Send mail or chat messages from here."""
    logger.error(told(context))


def run_failed(context: Mapping[str, Any]) -> None:
    """Say in the DAG processor's log that a run did not do all it should."""
    logger.error(
        "run %s of %s failed (%s): the task outcome lists what is missing",
        context.get("run_id"),
        getattr(context.get("dag"), "dag_id", "the DAG"),
        context.get("reason"),
    )
