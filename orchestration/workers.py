"""Parts of a layer, each in a process of its own on this machine; one that was killed or failed is tried again alone."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

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
    for number, why in _failed(lake, snapshot, layer, parts, range(len(parts))).items():
        of = f"{layer} of {told(parts[number])}"
        if again := _failed(lake, snapshot, layer, parts, [number]):
            raise BuildError(f"{of} could not be built, and not when tried again alone: {again[number]}")
        warnings.append(f"{of}: {why}; tried again alone, it was built")
    return warnings


def _failed(
    lake: Lake, snapshot: Snapshot, layer: str, parts: list[Plan], numbers: Sequence[int]
) -> dict[int, str]:
    """Build these parts beside each other, and return why those failed that did."""
    failed = {}
    with ExitStack() as stack:
        started = []
        for number in numbers:
            log = work_of(lake, snapshot) / "logs" / f"{layer}-{number + 1}.log"
            worker = _worker(log, lake, snapshot, layer, parts, number, len(numbers))
            started.append((number, log, stack.enter_context(worker)))
        for number, log, process in started:
            process.join()
            if ended := process.exitcode:
                killed = f"its process was killed ({signal.Signals(-ended).name})" if ended < 0 else ""
                said = log.read_text(encoding="utf-8", errors="replace").strip()
                failed[number] = killed or said or f"its process ended with {ended}"
    return failed


@contextmanager
def _worker(log: Path, *part: Any) -> Iterator[BaseProcess]:
    """Start a worker on a part, as `build_part` takes it, for the time of the block."""
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("its process could not begin", encoding="utf-8")
    process = multiprocessing.get_context("spawn").Process(target=_work, args=(log, *part))
    process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join()


def _work(log: Path, *part: Any) -> None:
    """Build a part; why that could not be done is the last that is said."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    gc.set_threshold(100_000, 50, 100)  # as the command line does
    with log.open("wb") as said:
        for output in (1, 2):
            os.dup2(said.fileno(), output)
    try:
        build_part(*part)
    except (BuildError, LakeError, OSError) as error:
        sys.exit(str(error))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
    os._exit(1)
