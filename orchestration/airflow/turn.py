"""Who may work on the lake now: one run of the DAG at a time, and within it tasks beside each other or alone.

A task that writes takes the run's lock for its own time only: landing and judging share it, so that batches
go side by side, and everything else holds it alone.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from lake.errors import BusyError
from lake.files import exclusive_lock, read_json, write_json
from lake.layout import Lake, locate
from lake.locks import run_lock

#: The variable that tells a run in a terminal which lock its process holds.
TERMINAL = "LAKEHOUSE_TERMINAL"


@contextlib.contextmanager
def alone(lake: Lake) -> Iterator[None]:
    """Hold the run's lock alone, as the command line does."""
    with exclusive_lock(run_lock(lake), _busy(lake)):
        yield


@contextlib.contextmanager
def together(lake: Lake) -> Iterator[None]:
    """Share the run's lock with other batches: versions of different batches never meet."""
    with exclusive_lock(run_lock(lake), _busy(lake), shared=True):
        yield


def _busy(lake: Lake) -> str:
    return f"another run is working on {lake.short(lake.root)}; this task tries again later"


def take_turn(run: str, is_running: Callable[[str], bool]) -> str | None:
    """Let one run of the DAG at a time go through the lake; return what a run has to wait for, or None.

    Airflow counts backfills apart from `max_active_runs`, and two runs would clear each other's snapshots.
    Whose turn it is stays in the lake until that run is no longer going on (`is_running`), however it ended. One in a
    terminal ends with its process, and Airflow, which then says for good that it is going on, is not asked.
    """
    lake = locate()
    turn = lake.work / "turn.json"
    try:
        with alone(lake):
            holder, terminal = run, None
            if turn.exists():
                last = read_json(turn, {"run": str}, mend="remove it")
                holder, terminal = last["run"], last.get("terminal")
            if holder != run and not has_ended(terminal) and is_running(holder):
                return f"run {holder} is going on; if its Airflow was stopped, `make airflow` goes on with it"
            write_json(turn, {"run": run, "terminal": os.environ.get(TERMINAL)})
    except BusyError as error:
        return str(error)
    return None


def has_ended(terminal: str | None, *, wait: float = 0.0) -> bool:
    """Say whether the processes of a run in a terminal are gone, by the lock that they hold; its file goes with them.

    Killed ones may need a moment for it: they are given `wait` seconds.
    """
    if terminal is None:
        return False
    lock = Path(terminal)
    try:
        if lock.exists():
            with exclusive_lock(lock, "held", wait=wait):
                lock.unlink(missing_ok=True)
    except BusyError:
        return False
    return True
