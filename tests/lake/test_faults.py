from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lake import locate
from lake.faults import POINTS, _killer, armed, reach
from tests.lake.rows import land

ROOT = Path(__file__).parents[2]
_REACHED = re.compile(r'\breach\("([a-z.]+)"\)')


def test_every_point_is_reached_somewhere_and_every_place_is_a_point():
    sources = [path for name in ("lake", "bronze", "orchestration") for path in (ROOT / name).rglob("*.py")]
    reached = [point for path in sources for point in _REACHED.findall(path.read_text())]
    assert sorted(reached) == sorted(POINTS)


def test_points_are_seen_only_within_the_block():
    seen: list[str] = []
    with armed(seen.append):
        reach("begin.done")
    reach("publish.done")
    assert seen == ["begin.done"]


def test_an_unknown_point_is_named():
    with pytest.raises(ValueError, match=r"no fault point 'publish\.dnoe'"):
        _killer("publish.dnoe")


@pytest.mark.slow
@pytest.mark.parametrize(("count", "left"), [("", ".record.json"), (":3", ".verdict.json")])
def test_the_process_kills_itself_at_the_point_for_the_nth_time(count, left):
    """The verdict's JSON is the third file written: the record of the version is the first."""
    code = "from lake import locate; from tests.lake.rows import land; land(locate(), 'b-1', [1])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "LAKEHOUSE_FAULT": f"text.written{count}"},
        capture_output=True,
        timeout=240,
    )
    assert done.returncode == -signal.SIGKILL
    found = {path.name.rsplit(".", 2)[0] for path in locate().root.rglob(".*.json.*")}
    assert found == {left}


def test_without_a_fault_nothing_is_killed():
    assert land(locate(), "b-1", [1]).state == "accepted"
