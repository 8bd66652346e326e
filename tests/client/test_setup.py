"""Where a session starts decides what of the layer it has."""

from __future__ import annotations

import json

import pytest

from tests.client.messages import SESSION
from tests.client.session import bash
from tests.structure.test_agents import COMMANDS

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("folder", [".", "bronze"])
def test_a_command_brings_its_whole_text_wherever_the_session_starts(world, folder):
    ran = world.run({}, *(f"/awos:{name} traffic counts" for name in COMMANDS), cwd=world.root / folder)
    told = ran.model.of(SESSION)[-1].told
    for name in COMMANDS:
        _, _, text = (world.root / ".awos" / "commands" / f"{name}.md").read_text().rpartition("---\n")
        assert text.replace("$ARGUMENTS", "traffic counts").strip() in told, name


def test_a_command_may_take_as_long_as_the_checks_do(world):
    """Two minutes, the client's own limit, end a `make test` in the middle."""
    env = json.loads((world.root / ".claude" / "settings.json").read_text())["env"]
    bash_tool = next(
        tool for tool in world.run({}).model.of(SESSION)[0].body["tools"] if tool["name"] == "Bash"
    )
    limits = f"default {env['BASH_DEFAULT_TIMEOUT_MS']}, max {env['BASH_MAX_TIMEOUT_MS']}"
    assert limits in bash_tool["description"]
    assert int(env["CLAUDE_CODE_PRINT_BG_WAIT_CEILING_MS"]) >= int(env["BASH_MAX_TIMEOUT_MS"]) > 600_000


def test_a_clone_that_nobody_trusts_has_no_rules_that_allow_until_they_are_handed_over(world):
    script = {"session": [bash("make lint", "make clean")]}
    world.trust()
    try:
        assert world.run(script).without_leave() == {"make lint", "make clean"}
        handed = world.run(script, flags=("--settings", ".claude/settings.json"))
    finally:
        world.trust(world.root)
    assert handed.without_leave() == {"make clean"}


def test_below_the_root_settings_are_not_read(world):
    """Why the documents say where to start."""
    ran = world.run({"session": [bash("make lint")]}, cwd=world.root / "bronze")
    assert ran.without_leave() == {"make lint"}


def test_the_client_finds_no_fault_in_the_installation(world):
    doctor = world.command("doctor")
    assert "No installation issues found" in doctor.stdout
    assert not [
        line
        for line in doctor.stdout.splitlines()
        if "settings" in line.lower() and "invalid" in line.lower()
    ]


def test_agents_commands_and_settings_are_valid(world):
    said = world.command("plugin", "validate", ".")
    assert said.returncode == 0, said.stdout
    assert "Validation passed" in said.stdout
    assert "⚠" not in said.stdout


def test_nothing_is_reached_but_the_model(world):
    assert world.run({}).model.reached == {"/v1/messages"}
