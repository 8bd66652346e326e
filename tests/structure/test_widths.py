"""No line is wider than it can be made, and what makes it narrower changes no meaning."""

from __future__ import annotations

import textwrap

import pytest
import widths
import yaml

LONG = "Bikes that " + "come and go all day, " * 8 + "are counted."


@pytest.mark.parametrize("name", widths.files())
def test_lines_end_at_column_110(name):
    text = (widths.owners.ROOT / name).read_text(encoding="utf-8")
    assert widths.mended(name, text) == text, "make format"
    if name.endswith(".yml"):
        assert all(len(line) <= widths.WIDTH for line in text.splitlines()), "break it by hand"


@pytest.mark.parametrize(
    "code",
    [
        f"# {LONG}\n# They come back.\nx = 1\n",
        f"def f():\n    return 1  # {LONG}\n",
        f'def f():\n    """Count.\n\n    {LONG}\n    {LONG}\n    """\n',
        f'def f():\n    """Count all bikes there are. {LONG}"""\n    return 1\n',
        f'x = "{LONG}"\n',
        f'def f(n):\n    raise ValueError(f"{LONG} {{n}}", "{LONG}")\n',
        f'x = ["a", "b" "{LONG}"]\n',
        f"x = r'\\d {LONG[40:]}'.split()\n",
    ],
)
def test_python_says_the_same_in_narrower_lines(code):
    told: dict[bool, dict] = {}
    for narrow in (False, True):
        text = widths.mended("a.py", code) if narrow else code
        told[narrow] = {}
        exec(compile(text, "a.py", "exec"), told[narrow])  # noqa: S102 - the lines above
        assert narrow == all(len(line) <= widths.WIDTH for line in text.splitlines())
    assert told[True].get("x") == told[False].get("x")
    assert widths._meaning_of_python(text) == widths._meaning_of_python(code)
    assert "are counted." in " ".join(text.replace('"', " ").replace("#", " ").split())


@pytest.mark.parametrize(
    "code",
    [
        f'x = """\n{LONG}\n"""\n',
        f"x = {'a' * 120}\n",
        f"x = 1  # noqa: {LONG}\n",
        f'x = "{"a" * 120}"\n',
        f'def f():\n    """Count {LONG}"""\n',
    ],
)
def test_what_cannot_be_broken_is_left(code):
    assert widths.mended("a.py", code) == code


@pytest.mark.parametrize(
    "code",
    [
        f'columns:\n  - {{name: a, description: "{LONG}", data_tests: [not_null]}} # why\n'.replace(
            " # why", ""
        ),
        f'columns:\n  - &a {{name: a, description: "{LONG}"}}\n  - *a\n',
        f"columns:\n  # {LONG}\n  - {{name: a, description: b}}\n",
        f"a:\n  description: {LONG}\n",
        f"a: >-\n  {LONG}\n  {LONG}\n\n  b\n",
        "a:\n  values: [" + ", ".join(f'"{number}: x"' for number in range(20)) + "]\n",
        "a:\n  - b: {arguments: {values: [" + ", ".join(f"v{number}" for number in range(30)) + "]}}\n",
        "rows:\n  - {" + ", ".join(f"column_{number}: {number}" for number in range(12)) + "}\n",
    ],
)
def test_yaml_says_the_same_in_narrower_lines(code):
    text = widths.mended("a.yml", code)
    assert all(len(line) <= widths.WIDTH for line in text.splitlines()), text
    assert yaml.safe_load(text) == yaml.safe_load(code)
    assert widths.mended("a.yml", text) == text


def test_columns_stand_one_key_a_line_and_rows_side_by_side():
    given = f'columns:\n  - {{name: a, data_type: date, description: "Day. {"x " * 40}"}}\n'
    assert widths.mended("a.yml", given).splitlines()[:3] == [
        "columns:",
        "  - name: a",
        "    data_type: date",
    ]
    rows = "rows:\n  - {" + ", ".join(f"column_{number}: {number}" for number in range(12)) + "}\n"
    assert len(widths.mended("a.yml", rows).splitlines()) == 3


def test_sql_of_a_unit_test_is_broken_outside_of_its_strings():
    said = ", ".join(f"'one, two and three' as c{number}" for number in range(5))
    text = widths.mended("a.yml", f"rows: |\n  select {said}\n  from t\n")
    assert all(len(line) <= widths.WIDTH for line in text.splitlines())
    assert text.count("'one, two and three'") == 5


def test_comments_of_sql_are_wrapped_and_nothing_else():
    text = widths.mended("a.sql", f"-- {LONG}\n-- They come back.\n{{# {LONG} #}}\nselect {'a, ' * 50} b\n")
    *comment, query = text.splitlines()
    assert all(len(line) <= widths.WIDTH for line in comment)
    assert query == f"select {'a, ' * 50} b"
    assert textwrap.dedent(text).count("are counted.") == 2
