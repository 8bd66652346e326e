"""What a build leaves out of dbt's macros is called by nothing that it keeps."""

from __future__ import annotations

import pytest
from dbt_common.clients.jinja import get_environment
from jinja2 import nodes

from orchestration.macros import called_alone
from tests.orchestration.test_dbt import another_process

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def macros(tmp_path_factory):
    """All macros of the parsed project, and those that a build keeps."""
    manifest = another_process(tmp_path_factory.mktemp("macros"))
    every = manifest.macros
    return every, called_alone(manifest).macros, manifest.nodes


def called(text, known):
    """Return which of the macros a template calls by their names; of those it has dispatched, the adapter's."""
    found = set()
    for call in get_environment().parse(text).find_all(nodes.Call):
        if isinstance(call.node, nodes.Name):
            found.add(call.node.name)
        elif isinstance(call.node, nodes.Getattr) and call.node.attr == "dispatch":
            dispatched = (f"{where}__{call.args[0].value}" for where in ("duckdb", "default"))
            found |= set([name for name in dispatched if name in known][:1])
    return found & known


def test_what_a_build_keeps_calls_nothing_that_is_left_out(macros):
    every, kept, models = macros
    names, known = ({macro.name for macro in some.values()} for some in (kept, every))
    texts = [macro.macro_sql for macro in kept.values()] + [node.raw_code for node in models.values()]
    assert {name for text in texts for name in called(text, known)} <= names


def test_the_project_and_what_it_overrides_is_kept_and_most_of_dbt_is_not(macros):
    every, kept, _ = macros
    assert {key for key in every if key.startswith("macro.lakehouse.")} <= kept.keys()
    assert "macro.dbt.materialization_test_default" in kept
    assert "macro.dbt_duckdb.duckdb__list_relations_without_caching" in kept
    assert not any("snapshot" in macro.original_file_path.split("/") for macro in kept.values())
    assert len(kept) < len(every) / 2


def test_whatever_a_model_is_made_as_is_kept(tmp_path):
    manifest = another_process(tmp_path)
    manifest.nodes["model.lakehouse.dim_holidays"].config.materialized = "incremental"
    kept = called_alone(manifest).macros
    assert "macro.dbt.materialization_incremental_default" in kept or any(
        "materialization_incremental_duckdb" in key for key in kept
    )
