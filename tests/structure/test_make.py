"""`make` hands on what was typed: neither it nor a shell reads anything into free text."""

from __future__ import annotations

import ast
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
NAMES = [
    "ARGS",
    "Q",
    "BATCH",
    "BRANCH",
    "TABLE",
    "REASON",
    "SNAPSHOT",
    "COLUMN",
    "CONF",
    "SOURCE",
    "KEEP",
    "PORT",
    "NAME",
    "TABLES",
    "KIND",
]

#: Without what the make that runs the tests hands on: its own ARGS would be taken for what was typed here.
CLEAN = {
    name: value
    for name, value in os.environ.items()
    if name not in ("ARGS", "MAKEFLAGS", "MAKEOVERRIDES", "MFLAGS")
}


def told(name, *arguments, **environment):
    """Return what a recipe of the Makefile finds in its environment."""
    done = subprocess.run(
        ["make", "-s", f"--eval=told: ; @printenv {name}", "told", *arguments],
        cwd=ROOT, env={**CLEAN, **environment}, capture_output=True, text=True, check=True,
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


def words(*arguments, **environment):
    """Return the words that a recipe gives to a module."""
    told = "told: ; @$(RUN) $(WITH_ARGS) -c 'import sys; print(sys.argv[1:])' first"
    done = subprocess.run(
        ["make", "-s", f"--eval={told}", "told", *arguments],
        cwd=ROOT, env={**CLEAN, **environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return ast.literal_eval(done.stdout) if done.returncode == 0 else done.stderr


@pytest.mark.parametrize(
    ("typed", "arrive"),
    [
        ("", []),
        ('tests/x -k "a b"', ["tests/x", "-k", "a b"]),
        ("-k 'cost $5' \"a b\" '$(shell x)'", ["-k", "cost $5", "a b", "$(shell x)"]),
        ("; touch x", [";", "touch", "x"]),
        (
            "$(touch x) `touch x` $(shell touch x)",
            ["$(touch", "x)", "`touch", "x`", "$(shell", "touch", "x)"],
        ),
        ("> x | y && z # w", [">", "x", "|", "y", "&&", "z", "#", "w"]),
        ("$HOME * ~", ["$HOME", "*", "~"]),
    ],
)
def test_args_arrive_as_words_and_nothing_runs_them(typed, arrive):
    assert words(f"ARGS={typed}") == ["first", *arrive]
    assert words(ARGS=typed) == ["first", *arrive]


def test_args_that_are_no_words_are_told():
    assert "error: ARGS=a 'b: No closing quotation" in words("ARGS=a 'b")


def test_each_target_that_takes_args_takes_them_so():
    lines = (ROOT / "Makefile").read_text().splitlines()
    taking = [line for line in lines if line.startswith("\t") and "$(WITH_ARGS)" in line]
    assert len(taking) == 12
    assert [line for line in lines if line.startswith("\t") and "$(ARGS)" in line] == []


@pytest.mark.parametrize(
    "typed", ["SHELL=/bin/false", ".SHELLFLAGS=-n", "VENV=/nowhere", "RUN=false", "WITH_ARGS=/nowhere"]
)
def test_what_recipes_are_made_of_is_not_to_be_said(typed):
    assert words(typed, "ARGS=x") == ["first", "x"]


def test_python_is_a_path_and_no_command(tmp_path):
    done = subprocess.run(
        ["make", "-s", "agents", "ARGS=--check", f"PYTHON=touch {tmp_path}/ran;"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "name",
    ["DBT_RESOURCE_TYPES", "DUCKDB_X", "GX_X", "STREAMLIT_SERVER_ADDRESS", "AIRFLOW__CORE__X", "VERSION"],
)
def test_a_setting_of_another_project_does_not_arrive(name):
    with pytest.raises(subprocess.CalledProcessError):
        told(name, **{name: "x"})
    assert told("AIRFLOW_HOME", AIRFLOW_HOME="x") == "x"
