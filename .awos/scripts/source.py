"""Write the skeleton of a source in every layer: `make source NAME=air TABLES=readings,sensors KIND=api`.

Each file and each line that is put into one holds a mark, `TODO(<source> <layer> <piece>): what to write`; while it
stands there, conformance calls the piece a gap, and nothing of it is fetched, built or shown. The templates
are `.awos/templates/source/`, whose folders are those of the project.
"""

from __future__ import annotations

import ast
import keyword
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import jinja2
import yaml

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = Path(".awos/templates/source")
SETTINGS = ".dlt/config.toml"
#: What the module of bronze shows: a question a month, pages of an answer, a file that grows, a listing of archives,
#: what is true now and has no past.
KINDS = ("api", "paged", "file", "archive", "feed")
#: What is to be followed, where it is not the smallest source.
SHOWS = {"archive": "bronze/sources/citibike", "feed": "bronze/sources/gbfs.py"}
#: What the other layers follow: the pieces of the smallest source, or of the one that is a feed.
FOLLOWED = {
    "typed": "holidays",
    "core": "dim_holidays",
    "mart": "mart_demand_daily",
    "page": "holidays",
    "yml": "nager",
}
OF_A_FEED = {
    "typed": "station_status", "core": "fct_station_status", "mart": "mart_station_availability", "page": "availability",
    "yml": "gbfs",
}  # fmt: skip
#: Where marks may stand, and the longest line there but of documents.
SUFFIXES, LONGEST = {".py", ".sql", ".yml", ".toml", ".md"}, 110


class RefusedError(Exception):
    """The skeleton cannot be written: the message says why, and nothing was."""


def check(root: Path, name: str, tables: list[str], kind: str) -> None:
    """Refuse names that no source or table can have.

    Raises:
        RefusedError: a name is none, is there already, or the kind is unknown.
    """
    if kind not in KINDS:
        raise RefusedError(f"KIND={kind!r} is unknown: choose of {', '.join(KINDS)}")
    if not all(tables) or len(set(tables)) < len(tables):
        raise RefusedError(f"TABLES={','.join(tables)!r}: name one or more tables, each once")
    if name in (declared := _declared(root)) or _taken(root, f"bronze/sources/{name}.py"):
        said = [f"  {file}" for file in _there(root, name)]
        raise RefusedError(
            "\n".join([f"the source {name!r} is there already, and nothing is written. Of it:", *said])
        )
    if name in tomllib.loads((root / SETTINGS).read_text(encoding="utf-8"))["sources"]:
        raise RefusedError(f"{name!r} is a key below [sources] of {SETTINGS} already: choose another name")
    used = _used(root, kind)
    for word, names in [
        (name, {name, f"{_camel(name)}Offer"}),
        *((table, {table.upper()}) for table in tables),
    ]:
        if names & used:
            raise RefusedError(
                f"{word!r} is a name that the module of a source has a use for: choose another"
            )
        if not re.fullmatch(r"[a-z][a-z0-9_]*", word) or keyword.iskeyword(word) or word in _words_of_sql():
            raise RefusedError(
                f"{word!r} is no name: small letters, digits and _, and no word of Python or SQL"
            )
    for other, known in declared.items():
        if taken := sorted({*known} & {*tables}):
            raise RefusedError(f"{taken[0]!r} is a table of {other}: choose another name")


def _used(root: Path, kind: str) -> set[str]:
    """Return the names that the module of a source defines or asks for, whatever it is called."""
    words = {"name": "NAME", "tables": ["TABLE"], "camel": "CAMEL", "kind": kind, "title": "", "shows": ""}
    text = _templates(root).get_template(f"kinds/{kind}.j2").render(**words, todo=lambda *_: "")
    kinds = ("id", "arg", "name", "asname")
    return {str(getattr(node, one, "")) for node in ast.walk(ast.parse(text)) for one in kinds}


def _camel(name: str) -> str:
    return name.title().replace("_", "")


def _declared(root: Path) -> dict[str, list[str]]:
    """Return the tables of each source, as silver declares them; a suite tells of those that it does not."""
    files = (root / "silver" / "models" / "sources").glob("*.yml")
    read = [yaml.load(file.read_text(encoding="utf-8"), yaml.CSafeLoader) for file in files]
    found = [one for declared in read for one in declared["sources"]]
    return {one["name"]: [table["name"] for table in one["tables"]] for one in found}


def _taken(root: Path, file: str) -> bool:
    """Say whether there is such a file, or a package of its name."""
    return (root / file).exists() or (root / file).with_suffix("").exists()


def _words_of_sql() -> set[str]:
    import duckdb

    reserved = "select keyword_name from duckdb_keywords() where keyword_category <> 'unreserved'"
    return {str(word) for (word,) in duckdb.sql(reserved).fetchall()}


def _there(root: Path, name: str) -> list[str]:
    """Return the files that are called after a source, and those with marks of it, with their number."""
    import owners

    found = []
    for file in (path for path in owners.files(root) if Path(path).suffix in SUFFIXES):
        marks = len(re.findall(rf"TODO\({name}[ .]", (root / file).read_text(encoding="utf-8")))
        if marks or Path(file).stem in (name, f"test_{name}"):
            found.append(f"{file}{f': {marks} to write' * bool(marks)}")
    return found


def _templates(root: Path) -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(root / TEMPLATES), undefined=jinja2.StrictUndefined, autoescape=jinja2.select_autoescape(),
        variable_start_string="<<", variable_end_string=">>", block_start_string="<%", block_end_string="%>",
        comment_start_string="<#", comment_end_string="#>", trim_blocks=True, lstrip_blocks=True,
        keep_trailing_newline=True,
    )  # fmt: skip


def skeleton(root: Path, name: str, tables: list[str], kind: str) -> dict[str, str]:
    """Return the new text of every file, by path: those to write, and those that get lines.

    Raises:
        RefusedError: a file is there already, or the names are too long for a line.
    """
    env = _templates(root)
    words = {
        "name": name, "tables": tables, "table": tables[0], "kind": kind,
        "title": name.replace("_", " ").capitalize(), "camel": _camel(name),
        "shows": SHOWS.get(kind, "bronze/sources/nager.py"),
        "period": "a day in UTC" if kind == "feed" else "a month",
        "follow": OF_A_FEED if kind == "feed" else FOLLOWED,
    }  # fmt: skip

    def batch(table: str) -> str:
        called = (name if kind == "feed" else table).replace("_", "-")
        return f"{called}-2024-05-03" if kind == "feed" else f"{called}-2024-05"

    def filled(template: str, of_table: str = "") -> str:
        def todo(piece: str, text: str, table: str = of_table) -> str:
            return f"TODO({name}{f'.{table}' * bool(table)} {piece}): {text}"

        return env.get_template(template).render(
            {**words, "table": of_table or tables[0], "todo": todo, "batch_of": batch}
        )

    found: dict[str, str] = {}
    for template in env.list_templates(filter_func=lambda path: not path.startswith(("kinds/", "lines."))):
        path = template.removesuffix(".j2").replace("SOURCE", name).replace("FIRST", tables[0])
        for table in tables if "TABLE" in path else [""]:
            file = path.replace("TABLE", table)
            if _taken(root, file):
                raise RefusedError(f"{file} is there already: choose another name")
            found[file] = filled(template, table)
    for one in tomllib.loads(filled("lines.toml.j2"))["lines"]:
        text = found.get(one["file"], (root / one["file"]).read_text(encoding="utf-8"))
        found[one["file"]] = _inserted(text, one)
    for file, text in found.items():
        too_long = [line for line in text.splitlines() if "TODO(" in line and len(line) > LONGEST]
        if too_long and not file.endswith(".md"):
            raise RefusedError(f"the names are too long for a line of {file}: {too_long[0].strip()}")
    return found


def _inserted(text: str, line: dict[str, str]) -> str:
    """Return a file's text with lines below the last place that matches, or above the first."""
    lines = text.splitlines(keepends=True)
    where = line.get("above") or line["below"]
    places = [number for number, one in enumerate(lines) if re.search(where, one)]
    if not places:
        raise RefusedError(
            f"{line['file']} has no line like {where!r} any more: mend {TEMPLATES}/lines.toml.j2"
        )
    place = places[0] if "above" in line else places[-1] + 1
    return "".join([*lines[:place], line["text"], *lines[place:]])


def write(root: Path, name: str, tables: list[str], kind: str) -> list[str]:
    """Write the skeleton; return the files.

    Raises:
        RefusedError: nothing was written, and why.
    """
    check(root, name, tables, kind)
    found = skeleton(root, name, tables, kind)
    for file, text in found.items():
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text(text, encoding="utf-8")
    python = [file for file in found if file.endswith(".py")]
    ruff = str(Path(sys.executable).with_name("ruff"))
    # The template of a module imports what any kind may need.
    subprocess.run([ruff, "check", "--quiet", "--fix", "--select", "F401,I", *python], cwd=root, check=True)
    subprocess.run([ruff, "format", "--quiet", *python], cwd=root, check=True)
    return list(found)


def _told(files: list[str], root: Path) -> Iterator[str]:
    import owners

    known = owners.owners(root)
    for file in files:
        yield f"{' and '.join(owners.owners_of(file, known)):24}{file}"


def main(arguments: list[str]) -> int:
    """Write a skeleton and tell its files with their owners; 2 with an error told, and then nothing is written."""
    if len(arguments) != 3:
        print("usage: source.py <name> <table>,<table>… <kind>", file=sys.stderr)
        return 2
    name, tables, kind = arguments[0], [table.strip() for table in arguments[1].split(",")], arguments[2]
    try:
        files = write(ROOT, name, tables, kind)
    except RefusedError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(*_told(files, ROOT), f"make conformance SOURCE={name} tells what to write, in order", sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
