from __future__ import annotations

import pytest

from tests.client.session import World, binary


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A throwaway home and project for the real client; without it the test is skipped."""
    if not binary():
        pytest.skip("no Claude Code: name it in CLAUDE_BIN, or have `claude` on the path (.ci/run says how)")
    return World(tmp_path_factory.mktemp("client"))
