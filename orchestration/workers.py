"""Parts of a layer, each in a process of its own on this machine; one that was killed or failed is tried again alone."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from lake.errors import LakeError
from lake.layout import Lake
from lake.snapshots import Snapshot
from orchestration.dbt import PROJECT, BuildError, work_of
from orchestration.parts import build_part, parts_of, told
from orchestration.plan import Plan


def build_parts(lake: Lake, snapshot: Snapshot, layer: str, parts: list[Plan], workers: int) -> list[str]:
    """Build all parts of a layer beside each other; return what is to be told of those that were tried again.

    `parts` are those of `workers`, which may be fewer; each worker cuts the plan for as many and so has the same.

    Raises:
        BuildError: a part could not be built, alone either: the message says of which months.
    """
    warnings = []
    for number, why in _failed(lake, snapshot, layer, workers, range(len(parts))).items():
        if again := _failed(lake, snapshot, layer, workers, [number]):
            raise BuildError(
                f"{layer} of {told(parts[number])} could not be built, and not when tried again alone: {again[number]}"
            )
        warnings.append(f"{layer} of {told(parts[number])}: {why}; tried again alone, it was built")
    return warnings


def _failed(lake: Lake, of: Snapshot, layer: str, workers: int, numbers: Sequence[int]) -> dict[int, str]:
    """Build these parts beside each other, and return why those failed that did."""
    words, failed = [str(lake.root), of.id, layer, str(workers), str(len(numbers))], {}
    logs = [work_of(lake, of) / "logs" / f"{layer}-{number + 1}.log" for number in numbers]
    with ExitStack() as stack:
        commands = zip(numbers, logs, strict=True)
        started = [stack.enter_context(_worker([*words, str(number)], log)) for number, log in commands]
        for number, log, process in zip(numbers, logs, started, strict=True):
            if ended := process.wait():
                killed = f"its process was killed ({signal.Signals(-ended).name})" if ended < 0 else ""
                said = log.read_text(encoding="utf-8", errors="replace").strip()
                failed[number] = killed or said or f"its process ended with {ended}"
    return failed


@contextmanager
def _worker(words: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start a worker for the time of the block. It ends with this process, for then its input does."""
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "orchestration.workers", *words]
    with log.open("wb") as said:
        process = subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=said, stderr=said)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _end_with_parent() -> None:
    os.read(0, 1)
    os._exit(1)


def main(words: list[str]) -> int:
    """Build one part: lake, snapshot, layer, how many workers it is cut for, how many beside this one, its number."""
    from orchestration.steps import resume

    root, snapshot_id, layer, *numbers = words
    count, beside, number = map(int, numbers)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    gc.set_threshold(100_000, 50, 100)  # as the command line does
    lake = Lake(Path(root))
    try:
        snapshot = resume(lake, snapshot_id)
        build_part(lake, snapshot, layer, parts_of(lake, snapshot, count), number, beside)
    except (BuildError, LakeError, OSError) as error:
        print(error)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
