"""`make` hands on what was typed: neither it nor a shell reads anything into free text."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXTS = [
    "$5,000",
    "'$.a'",
    "$$",
    "$(shell echo read)",
    "`echo read`",
    "$HOME",
    '"; echo read',
    "a # b",
    "50 %",
    "\\",
]
NAMES = ["Q", "BATCH", "TABLE", "REASON", "SNAPSHOT", "COLUMN", "CONF", "SOURCE", "KEEP", "PORT"]


def told(name, *arguments, **environment):
    """Return what a recipe of the Makefile finds in its environment."""
    done = subprocess.run(
        ["make", "-s", f"--eval=told: ; @printenv {name}", "told", *arguments],
        cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.removesuffix("\n")


@pytest.mark.parametrize("text", TEXTS)
def test_free_text_arrives_as_it_was_typed(text):
    assert told("REASON", f"REASON={text}") == text
    assert told("REASON", REASON=text) == text


@pytest.mark.parametrize("name", NAMES)
def test_each_setting_of_a_command_does(name):
    assert told(name, f"{name}=$5,000") == "$5,000"


def test_no_recipe_has_their_text_in_its_own():
    """Make would fill it in, and the shell read it."""
    recipes = [line for line in (ROOT / "Makefile").read_text().splitlines() if line.startswith("\t")]
    found = [line for line in recipes for name in NAMES if f"$({name})" in line or f"$(or $({name}" in line]
    assert found == []


def test_words_arrive_as_a_shell_reads_them_and_make_does_not():
    done = subprocess.run(
        ["make", "-s", "--eval=told: ; @printf '%s|' $(ARGS)", "told", "ARGS=-k 'cost $5' \"a b\" '$(shell x)'"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == "-k|cost $5|a b|$(shell x)|"


@pytest.mark.parametrize(
    "name", ["DBT_RESOURCE_TYPES", "DUCKDB_X", "GX_X", "STREAMLIT_SERVER_ADDRESS", "AIRFLOW__CORE__X"]
)
def test_a_setting_of_another_project_does_not_arrive(name):
    with pytest.raises(subprocess.CalledProcessError):
        told(name, **{name: "x"})
    assert told("AIRFLOW_HOME", AIRFLOW_HOME="x") == "x"
