"""Parts of a layer, each in a process of its own on this machine; one that was killed or failed is tried again alone."""

from __future__ import annotations

import gc
import multiprocessing
import os
import threading
from concurrent.futures.process import BrokenProcessPool, ProcessPoolExecutor
from contextlib import ExitStack
from multiprocessing.connection import Connection
from pathlib import Path

from lake.errors import LakeError
from lake.layout import Lake
from lake.snapshots import Snapshot
from orchestration.dbt import BuildError, work_of
from orchestration.parts import build_part, told
from orchestration.plan import Plan


def build_parts(lake: Lake, snapshot: Snapshot, layer: str, parts: list[Plan]) -> list[str]:
    """Build all parts of a layer beside each other; return what is to be told of those that were tried again.

    Raises:
        BuildError: a part could not be built, alone either: the message says of which months.
    """
    warnings = []
    for part, why in _failed(lake, snapshot, layer, parts).items():
        of = f"{layer} of {told(part)}"
        if again := _failed(lake, snapshot, layer, [part]):
            raise BuildError(f"{of} could not be built, and not when tried again alone: {again[part]}")
        warnings.append(f"{of}: {why}; tried again alone, it was built")
    return warnings


def _failed(lake: Lake, snapshot: Snapshot, layer: str, parts: list[Plan]) -> dict[Plan, str]:
    """Build these parts beside each other, and return why those failed that did."""
    context, failed = multiprocessing.get_context("spawn"), {}
    ended, ending = context.Pipe(duplex=False)
    # Left by an error or Ctrl-C, the pipe is closed before the pools: who still works ends, and nobody waits for it.
    with ExitStack() as pools, ending:
        started = []
        for part in parts:
            log = work_of(lake, snapshot) / "logs" / f"{layer}-{part.months[0]}.log"
            # One that dies takes all others of its pool along.
            pool = pools.enter_context(ProcessPoolExecutor(1, context, _begin, (ended, log)))
            started.append((part, log, pool.submit(build_part, lake, snapshot, layer, part, len(parts))))
        for part, log, built in started:
            try:
                built.result()
            except BrokenProcessPool:
                failed[part] = f"its process was killed, or could not begin: see {lake.short(log)}"
            except (BuildError, LakeError, OSError) as error:
                failed[part] = str(error)
        pools.close()  # whoever is done ends by itself, as a process should
    return failed


def _begin(ended: Connection, log: Path) -> None:
    """Let this process say all in a log of its own, and end when the pipe does: it is closed, or its parent was killed."""
    threading.Thread(target=_end_with, args=[ended], daemon=True).start()
    gc.set_threshold(100_000, 50, 100)  # as the command line does
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as said:
        for output in (1, 2):
            os.dup2(said.fileno(), output)


def _end_with(ended: Connection) -> None:
    ended.poll(None)
    os._exit(1)
