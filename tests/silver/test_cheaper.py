"""What macros ask first because it is cheap says the same as what they would ask else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import jinja2
import pytest

MACROS = Path(__file__).parents[2] / "silver" / "macros" / "logic"
#: Spaces, of which DuckDB trims more than the plain one, and other signs.
ODD = [
    *" 0123456789:-+.TZ/eN\t\n",
    "",
    "\u00a0",
    "\u2003",
    "\u3000",
    "\u200b",
    "\ufeff",
    "é",
    "\u0663",
    "\U0001f6b2",
]


def _macros(file: str) -> Any:
    return jinja2.Environment(autoescape=False).from_string((MACROS / file).read_text()).module  # noqa: S701


def _differing(texts: set[str], left: str, right: str) -> list[Any]:
    with duckdb.connect() as connection:
        connection.execute("create table texts as select unnest(?) as x", [sorted(texts)])
        query = f"select x, {left} as l, {right} as r from texts where l is distinct from r order by x"
        return connection.execute(query).fetchmany(10)


@pytest.mark.parametrize("text", ["9F", "NULL", r"\N", ""])
def test_an_id_is_known_as_any_other_text_is(text):
    odd = [(one, two, three) for one in ODD for two in ODD for three in ODD]
    texts = {a + b + text + c for a, b, c in odd} | {a + text + b + c for a, b, c in odd}
    macros = _macros("text.sql")
    assert _differing(texts, macros.known_id("x"), macros.known_text("x")) == []


@pytest.mark.slow
def test_a_whole_hour_is_as_far_from_utc_as_it_begins():
    """Rides are moved by what their hour is moved by, and the zone is asked of the hours alone."""
    macros = _macros("times.sql")
    hour = f"make_timestamp({macros.hour_number('x')} * 3600000000)"
    moved = f"epoch_us({macros.new_york_to_utc(hour)}) - epoch_us({hour})"
    with duckdb.connect() as connection:
        query = f"""
            select x
            from generate_series(timestamp '2009-12-31', timestamp '2031-01-01', interval 450 second) as walls(x)
            where make_timestamp(epoch_us(x) + {moved}) is distinct from {macros.new_york_to_utc("x")}
        """
        assert connection.execute(query).fetchmany(10) == []
