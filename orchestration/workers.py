"""Parts of a layer, each in a process of its own on this machine; one that was killed or failed is tried again alone."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from lake.commands import collect_seldom
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
    failed = {}
    with ExitStack() as ends:
        started = []
        for part in parts:
            log = work_of(lake, snapshot) / "logs" / f"{layer}-{part.months[0]}.log"
            log.parent.mkdir(parents=True, exist_ok=True)
            log.write_bytes(b"")
            # Its facts grow with the lake. More than a pipe holds would wait for ever for a process that dies at once.
            work = (log, lake, replace(snapshot, facts={}), layer, part, len(parts))
            process = multiprocessing.get_context("spawn").Process(target=_work, args=work)
            process.start()
            ends.callback(process.join)
            ends.callback(process.kill)  # first, where one that works is not waited for
            started.append((part, log, process))
        for part, log, process in started:
            process.join()
            if ended := process.exitcode:
                said = log.read_text(encoding="utf-8", errors="replace").strip() or "it ended without a word"
                failed[part] = (
                    said if ended > 0 else f"its process was killed ({signal.Signals(-ended).name})"
                )
    return failed


def _work(log: Path, *part: Any) -> None:
    """Build a part, as `build_part` takes it; why that could not be done is what the log has."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    collect_seldom()
    with log.open("wb") as said:
        for output in (1, 2):
            os.dup2(said.fileno(), output)
    try:
        build_part(*part)
    except (BuildError, LakeError, OSError) as error:
        sys.exit(str(error))


def _end_with_parent() -> None:
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)
