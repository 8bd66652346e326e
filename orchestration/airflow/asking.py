"""What a run asks its upstreams for, and what it asks feeds without a past when it begins."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from bronze.errors import BatchError
from lake.layout import Lake, locate
from lake.retention import kept_snapshots
from orchestration import poll, steps
from orchestration.airflow.run_scope import scope_of, scoped
from orchestration.airflow.turn import alone
from orchestration.upstreams import Origin, RunScope, configured, configured_scope, upstreams

#: Small facts as JSON holds them: what one task hands to the next.
Facts = dict[str, Any]


def open_run(params: Mapping[str, Any], kind: str, starts: date | None) -> Facts:
    """Check what is asked, clear what killed runs left behind, ask the feeds, and say what this run asks for.

    `kind` is Airflow's type of run (manual, scheduled, backfill), `starts` the day its interval begins.

    Raises:
        ValueError, LakeError: the scope or the configuration makes no sense.
    """
    lake = locate()
    kept_snapshots()  # a wrong setting is told now, not after all the work
    sample = not any(configured().values())
    scope = scope_of(configured_scope(), params, kind=kind, starts=starts, sample=sample)
    with alone(lake):
        steps.clear_leftovers(lake)
        # Generates the sample where it is asked for, so that later tasks only serve it.
        with scoped(scope), upstreams(lake) as origin:
            run = {
                "lake": str(lake.root.resolve()),
                "months": scope.months,
                "cities": list(scope.cities),
                "origin": origin,
                "full": bool(params.get("full")),
            }
    # Not under the lock: who is asked may take minutes to answer.
    return run | {"unkept": _poll(lake, run)}


def _poll(lake: Lake, run: Facts) -> list[Facts]:
    """Ask the feeds within a run, tell what they said, and return what could not be kept."""
    with asking(lake, run) as origin:
        asked = poll.poll(lake, origin)
    for _, line in poll.told(asked):
        print(line)
    return [steps.entry(one) for one in poll.failures(asked)]


def poll_feeds() -> list[str]:
    """Ask the feeds between runs, and return what became of each. Takes no lock: a run may go on for hours.

    Raises:
        BatchError: an answer could not be kept; those of other feeds were.
        ValueError, LakeError: the configuration makes no sense.
    """
    failed: list[str] = []
    said: list[str] = []

    def say(is_well: bool, line: str) -> None:
        print(line)
        (said if is_well else failed).append(line)

    if poll.main_poll(locate(), say):
        raise BatchError("\n".join(failed))
    return said


@contextlib.contextmanager
def asking(lake: Lake, run: Facts) -> Iterator[Origin]:
    """Ask for what a run asks for, for the time of the block, and say where the data comes from."""
    with scoped(RunScope(run["months"], tuple(run["cities"]))), upstreams(lake) as origin:
        yield origin
