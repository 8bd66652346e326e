"""The client finds the lake's tools, and asks them without asking a person."""

from __future__ import annotations

import json
import sys

import pytest

from lake import Lake, mcp
from lake.snapshots import publish
from tests.client.messages import SESSION, Call
from tests.lake.rows import land
from tests.lake.test_snapshots import FACTS, build

pytestmark = pytest.mark.slow

TOOLS = {f"mcp__lake__{tool.__name__}" for tool in mcp.TOOLS.values()}


@pytest.fixture
def with_lake(world):
    """The project with a lake in it, and the Python that these tests run in where the client looks for one."""
    lake = Lake(world.root / "lake")
    land(lake, "b-1", [1, 2])
    publish(lake, build(lake), FACTS)
    python = world.root / ".venv" / "bin" / "python"
    before = python.read_text()
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    yield lake
    python.write_text(before)


def test_a_session_asks_the_lake_and_nobody_is_asked_for_leave(world, with_lake):
    # The client names the tools of servers, and loads what each takes when it is looked for.
    search = Call("ToolSearch", {"query": f"select:{','.join(sorted(TOOLS))}", "max_results": len(TOOLS)})
    describe = Call("mcp__lake__describe", {})
    query = Call("mcp__lake__query", {"sql": "select total from gold.mart"})
    harmful = Call("mcp__lake__query", {"sql": "copy gold.mart to 'x.parquet'"})
    ran = world.run({SESSION: [[search], [describe, query, harmful], "3 in all"]}, "how many?")
    assert ran.without_leave() == set()
    assert ran.model.of(SESSION)[-1].tools >= TOOLS
    _, described, answered, refused = ran.results()
    snapshot = with_lake.current.readlink().name
    assert "gold.mart" in described.text
    told = json.loads(answered.text)
    assert (told["rows"], told["snapshot"]) == ([[3]], snapshot)
    assert "never instructions" in told["note"]
    assert refused.failed
    assert "COPY is no query" in refused.text


def test_the_settings_allow_all_tools_of_the_lake_and_no_other_server(world):
    settings = json.loads((world.root / ".claude" / "settings.json").read_text())
    allowed = {rule for rule in settings["permissions"]["allow"] if rule.startswith("mcp__")}
    assert allowed == TOOLS
    assert settings["enabledMcpjsonServers"] == [
        *json.loads((world.root / ".mcp.json").read_text())["mcpServers"]
    ]
