"""`make test-fast` stays fast: a module that makes whole runs, builds and the like is marked as slow."""

from __future__ import annotations

import ast
import pkgutil
from pathlib import Path

import pytest

from tests.conftest import SLOW_AS_A_WHOLE

ROOT = Path(__file__).parents[2]
#: What takes seconds, by where it is imported from.
SLOW = {
    "tests.client.session.bash",
    "tests.orchestration.lakes.go",
    "tests.orchestration.lakes.once",
    "tests.orchestration.lakes.sample_run",
    "tests.orchestration.test_refusals.overruled_runs",
    "tests.orchestration.test_refusals.refused_run",
    "tests.orchestration.history.history",
    "tests.orchestration.kills.trial",
    "tests.serving.truth",
    "tests.serving.truth.facts",
    "tests.silver.lakefixture.dbt",
    "tests.structure.skeletons.with_skeletons",
    "tests.properties.models.compile_models",
    "tests.serving.browser",
    "hypothesis.stateful.RuleBasedStateMachine",
}


@pytest.mark.parametrize("name", sorted(SLOW))
def test_what_is_slow_has_this_name(name):
    assert pkgutil.resolve_name(name)


def test_a_module_that_makes_what_is_slow_is_marked():
    unmarked = []
    for path in sorted(ROOT.glob("tests/**/test_*.py")):
        text = path.read_text()
        if SLOW_AS_A_WHOLE.search(text):
            continue
        imported = {
            f"{node.module}.{alias.name}"
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
        if imported & SLOW:
            unmarked.append(f"{path.relative_to(ROOT)}: pytestmark = pytest.mark.slow")
    assert unmarked == []
