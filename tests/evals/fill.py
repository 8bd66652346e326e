"""A right answer from the repository's own pieces: the skeleton of a source, and what its marks ask for.

`make source` writes the skeleton; the templates in `filling/` are laid over it. Sources that a measure by city and day
can be taken from share them; what only one source has (its module of bronze, its stand-in) is its task's.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2

from tests.evals.place import Place
from tests.structure.copies import edit

FILLING = Path(__file__).parent / "filling"
#: Rows of a sound batch in the tests of the gate.
_SOUND = 200


@dataclass(frozen=True)
class Field:
    """A column: of what kind it lands, what it is in silver and how it is read, and SQL for a sound value of row `i`."""

    name: str
    about: str
    sample: str
    arrow: str = "TEXT"
    type: str = "varchar"
    typed: str = ""

    @property
    def sql(self) -> str:
        """Its type in bronze."""
        return "bigint" if self.arrow == "WHOLE" else "varchar"


@dataclass(frozen=True)
class Table:
    """A raw table. `entry` is the field that no two entries share; `key` names a row that is kept.

    One with a `measure` has a `day`, which `dated` reads (SQL); `newest` orders what has one key; `also` are columns of
    silver that are made of those that landed.
    """

    name: str
    fields: Sequence[Field]
    key: Sequence[str]
    newest: str
    entry: str = ""
    measure: str = ""
    day: str = ""
    dated: str = ""
    example: str = "2024-05-03"
    also: Sequence[Field] = ()

    @property
    def title(self) -> str:
        """Its name in words."""
        return self.name.replace("_", " ").capitalize()

    @property
    def columns(self) -> list[str]:
        """What lands."""
        return [*(one.name for one in self.fields), "source_record", "other_fields"]

    @property
    def kept(self) -> list[Field]:
        """What is kept, typed, but for where it came from."""
        plain = [one for one in self.fields if one.name not in (self.measure, self.day)]
        counted = [
            Field("counted_on", "Local day.", "date '2024-05-03'", type="date"),
            Field(self.measure, "How many.", "100::bigint", type="bigint"),
        ]
        return [*plain, *self.also, *(counted if self.measure else [])]


@dataclass(frozen=True)
class Filled:
    """A source that is asked for, as it is to be: names, tables, and the mart's measure.

    `counted` is SQL for `city`, `counted_on` and the columns of the mart behind `trips`; `total` names one of them that adds
    up, and what it is of a day in the first table (SQL), if it is not the measure's sum. `edits` are replacements in files by
    regular expression, `stand_in` the text of the module that answers in the sample. `full` goes on to page and notebook.
    """

    name: str
    kind: str
    tables: Sequence[Table]
    mart: Sequence[Field]
    counted: str
    stand_in: str
    total: tuple[str, str] | None = None
    edits: Sequence[tuple[str, str, str]] = ()
    notebook: Sequence[tuple[str, str]] = ()
    full: bool = False

    @property
    def first(self) -> str:
        """The table that the mart is called after."""
        return self.tables[0].name

    @property
    def measure(self) -> str:
        """The mart's own column."""
        return self.mart[0].name


_DAYS = (
    Field("city", "The city: nyc or jc.", ""),
    Field("trip_date", "Day, New York's.", "", type="date"),
    Field("trips", "Trips that began in the city on that day.", "", type="bigint"),
)


def fill(place: Place, source: Filled) -> None:
    """Write the skeleton of a source into the clone, and fill it in.

    Raises:
        RuntimeError: the skeleton was refused.
        AssertionError: a place to fill in is not there, or in several.
    """
    tables = ",".join(table.name for table in source.tables)
    made = place.python(".awos/scripts/source.py", source.name, tables, source.kind)
    if made.returncode:
        raise RuntimeError(made.stderr)
    written = _templates(source)
    for file, text in written.items():
        (place.clone / file).parent.mkdir(parents=True, exist_ok=True)
        (place.clone / file).write_text(text)
    for file, old, new in [*_common(source), *(_shown(source) if source.full else ()), *source.edits]:
        edit(place.clone, file, old, new.replace("\\", r"\\"))
    if source.full:
        (place.clone / "analysis" / f"06_{source.name}.ipynb").write_text(_notebook(source.notebook))
    python = [f"bronze/sources/{source.name}.py", *(file for file in written if file.endswith(".py"))]
    for words in (["check", "--quiet", "--fix", "--select", "F401,I"], ["format", "--quiet"]):
        done = place.run(".venv/bin/ruff", *words, *python)
        if done.returncode:
            raise RuntimeError(done.stdout + done.stderr)


def _templates(source: Filled) -> dict[str, str]:
    """Return the text of every file that is laid over the skeleton's."""
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FILLING),
        undefined=jinja2.StrictUndefined,
        autoescape=jinja2.select_autoescape(),
        variable_start_string="<<",
        variable_end_string=">>",
        block_start_string="<%",
        block_end_string="%>",
        comment_start_string="<#",
        comment_end_string="#>",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    words: dict[str, Any] = {
        "name": source.name,
        "title": source.name.replace("_", " ").capitalize(),
        "tables": source.tables,
        "first": source.first,
        "measure": source.measure,
        "total": source.total or (source.measure, f"sum({source.measure})"),
        "mart": [*_DAYS, *source.mart],
        "counted": source.counted.strip("\n"),
        "period": "a day in UTC" if source.kind == "feed" else "a month",
    }
    found = {f"bronze/sample/upstreams/{source.name}.py": source.stand_in}
    for template in env.list_templates(filter_func=lambda path: "/" in path):
        if template.startswith(("serving", "tests/serving")) and not source.full:
            continue
        path = template.removesuffix(".j2").replace("SOURCE", source.name).replace("FIRST", source.first)
        for table in source.tables if "TABLE" in path else source.tables[:1]:
            text = env.get_template(template).render(words, table=table)
            found.setdefault(path.replace("TABLE", table.name), text)
    return found


def _common(source: Filled) -> list[tuple[str, str, str]]:
    """Return the replacements in files that the skeleton has put lines into."""
    name, module = source.name, f"bronze/sources/{source.name}.py"
    declared = f"silver/models/sources/{name}.yml"
    found = [
        (module, r"#: Remove it.*\nUNWRITTEN = .*\n\n", ""),
        (module, r"    if UNWRITTEN:\n.*\n", ""),
        (".dlt/config.toml", r'# base_url = "https://"  # TODO.*', '# base_url = "https://example.org/api"'),
        (declared, r"        # TODO.*freshness.*\n", ""),
    ]
    for table in source.tables:
        mark = rf"TODO\({name}\.{table.name}"
        columns = ", ".join(f'"{one.name}": {one.arrow}' for one in table.fields)
        raw = "".join(
            f'          - {{name: {one.name}, data_type: {one.sql}, description: "{one.about}"}}\n'
            for one in table.fields
            if one.name != "asked_at"
        )
        line = f'"table": "{table.name}", "kept": "fct_{table.name}", "judged": "int_{table.name}_judged"'
        listed = f'    {{"source": "{name}", {line}}},\n  ] -%}}\n'
        found += [
            (
                module,
                rf'(?<="{table.name}", \{{)(ASKED_AT: TEXT, )?"source_record"',
                f'{columns}, "source_record"',
            ),
            (declared, rf"          # {mark}.*\n", raw),
            ("bronze/CLAUDE.md", rf"{mark}.*? \|", "its operator's interface |"),
            (
                "silver/macros/logic/accounts.sql",
                rf"  \] -%\}}\n(?:.*\n)*?  \{{#- {mark}.*\n.*\n  -#\}}\n",
                listed,
            ),
            ("tests/bronze/sound.py", rf"# {mark}.*\n", ""),
            ("tests/bronze/sound.py", r"(?=\Z)", _sound(table)),
            ("tests/orchestration/gate/sound.py", r"(?=\Z)", _kept(table)),
        ]
    found.append(("tests/orchestration/gate/sound.py", r"(?=\Z)", _mart(source)))
    return found


def _sound(table: Table) -> str:
    """Return a sound batch of a table, and what breaks it, for the tests of its suite."""
    values = ",\n        ".join(f"{one.sample} as {one.name}" for one in table.fields)
    faults = ['        "columns": EXTRA,']
    if table.entry:
        faults.append(f'        "unique_{table.entry}": "from good union all from good",')
    read = [column for column in (table.measure, table.day) if column]
    faults += [f"""        "{one}": some("{one}", "'n/a'", "source_record <= 40"),""" for one in read]
    said = "\n".join(faults)
    return f'''GOOD["{table.name}"] = """
    select {values},
        i as source_record, null::varchar as other_fields, 'sound-2024-05' as batch, 1 as version
    from range(1, {_SOUND + 1}) as numbers(i)
"""
BAD |= {{
    "{table.name}": {{
{said}
    }}
}}
'''


def _kept(table: Table) -> str:
    values = ",\n        ".join(f"{one.sample} as {one.name}" for one in table.kept)
    return f'''SILVER["fct_{table.name}"] = """
    select {values},
        'sound-2024-05' as batch, 1 as version, i as source_record
    from range(1, 2) as numbers(i)
"""
'''


def _mart(source: Filled) -> str:
    values = ", ".join(f"100::{one.type} as {one.name}" for one in source.mart)
    return f'''GOLD["mart_{source.first}"] = """
    select 'jc' as city, date '2024-05-03' as trip_date, 60 as trips, {values}
"""
'''


def _shown(source: Filled) -> list[tuple[str, str, str]]:
    """Return the replacements that bring page and notebook in."""
    name, mart, title = source.name, f"mart_{source.first}", source.name.capitalize()
    page = (
        f"  - name: dashboard_{name}\n    label: {title}\n    type: dashboard\n    maturity: high\n"
        f"    url: http://127.0.0.1:8501/{name}\n    description: {title} by day and city.\n"
        f"    depends_on:\n      - ref('mart_covered_days')\n      - ref('mart_demand_daily')\n      - ref('{mart}')\n"
        "    owner: {name: Maintainers}\n"
    )
    book = (
        f'  - name: notebook_{name}\n    label: "Notebook: {name}"\n    type: notebook\n'
        f"    url: ../notebooks/06_{name}.html\n"
        f"    description: Whether {source.measure} go with demand; `analysis/06_{name}.ipynb`.\n"
        f"    owner: {{name: analysis}}\n    depends_on:\n      - ref('mart_covered_days')\n"
        f"      - ref('mart_demand_daily')\n      - ref('{mart}')\n"
    )
    values = ", ".join(f"100::{one.type} as {one.name}" for one in source.mart)
    rows = f"select city, trip_date, sum(trips)::bigint as trips, {values} from kinds group by all"
    headed = f'    "{source.measure.capitalize()} by day": ["{source.measure} a day"],\n'
    drawn = (
        f'    "{name}.days": shown(\n'
        f'        made({{"city": ["jc", "nyc"], "trip_date": DAYS[:2]}}, "trips", "{source.measure}"),\n'
        f'        (None, "{source.measure} a day"),\n'
        "        *(trace(only=c.city == city, name=name, x=c.trip_date, "
        f'y=c("{source.measure}"), line_dash=dash)\n'
        '          for city, name, dash in (("jc", "Jersey City", "dot"), ("nyc", "New York", "solid"))),\n'
        "    ),\n"
    )
    return [
        ("gold/models/exposures_dashboard.yml", r"  # TODO.*\n.*\n.*\n", page),
        ("gold/models/exposures.yml", r"  # TODO.*\n.*\n", book),
        (
            "serving/pages.py",
            r"    # TODO.*\n.*\n",
            f'    Page("{name}", "{title}", "directions_boat", figures=1),\n',
        ),
        ("tests/serving/lakes.py", r"(?<=\n_MARTS = \{\n)", f'    "{mart}": "{rows}",\n'),
        ("tests/serving/test_figures.py", r"(?<=\nSHOWN = \{\n)", drawn),
        ("tests/serving/headings.py", r"(?<=\nUNDER = \{\n)", headed),
        ("README.md", r"(?<=US holidays), and", f", {name} {source.measure}, and"),
        (
            "context/product/roadmap.md",
            r"(?=\n- \[x\] \*\*Marts\*\*)",
            f"\n- [x] **{title}**: {source.measure} by day beside demand.",
        ),
    ]


def _notebook(cells: Sequence[tuple[str, str]]) -> str:
    """Return a notebook of these cells: `markdown` or `code`, and the text."""
    made: list[dict[str, Any]] = []
    for number, (kind, text) in enumerate(cells, 1):
        cell: dict[str, Any] = {"cell_type": kind, "id": f"cell-{number:02}", "metadata": {}}
        if kind == "code":
            cell |= {"execution_count": None, "outputs": []}
        made.append(cell | {"source": text.strip("\n").splitlines(keepends=True)})
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    whole = {"cells": made, "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}}}
    return json.dumps(whole | {"nbformat": 4, "nbformat_minor": 5}, indent=1, ensure_ascii=False) + "\n"
