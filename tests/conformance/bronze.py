"""Bronze: the source's module, settings, stand-in, suite, tests and the line that names it."""

from __future__ import annotations

import ast
import inspect
import re
from functools import cache
from types import ModuleType
from typing import Any

from tests.conformance.finding import Found, Gap, UnreadError, piece
from tests.conformance.project import said
from tests.conformance.subject import Subject, are_tables, sources, suite_gaps

_FIXTURES = "tests/bronze/sound.py"
_CONFIG = ".dlt/config.toml"
_CLAUDE = "bronze/CLAUDE.md"
#: What the lake adds to the columns that a source lands.
HIVE = {"batch", "version"}


@piece("bronze", "source")
def source(subject: Subject) -> Found:
    """The dlt source of the module's name: offers, and rows of each of TABLES."""
    file = subject.file
    if not subject.project.has(file):
        return Found(file, [Gap(file, f"write TABLES, the offers and the dlt source {subject.name}()")])
    try:
        module = subject.project.load(file)
    except UnreadError as error:
        return Found(file, [Gap(file, f"mend the module, which cannot be imported: {error}")])
    faults = _faults(subject, module)
    # What feeds keep beside their columns is told by bronze/feeds.py.
    if not faults and not getattr(module, "FEEDS", ()) and not _tells(subject):
        faults = ["fill facts.other_fields: which names stand in OTHER_FIELDS is told in the run"]
    return Found(file, [Gap(file, todo) for todo in faults])


def _tells(subject: Subject) -> bool:
    """Say whether the source says anywhere in its code what it keeps of fields that nobody asked for."""
    module = subject.project.root / subject.file
    files = module.parent.glob("*.py") if module.name == "__init__.py" else [module]
    nodes = (node for file in files for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    return any(
        isinstance(node, ast.Attribute) and node.attr == "other_fields" and isinstance(node.ctx, ast.Store)
        for node in nodes
    )


def _faults(subject: Subject, module: ModuleType) -> list[str]:
    from bronze import landing
    from bronze.columns import OTHER_FIELDS, TEXT

    landing.settings()  # or dlt loads Airflow and Streamlit, to ask them for settings of the source
    missing = [name for name in ("TABLES", subject.name) if not hasattr(module, name)]
    if missing:
        return [f"add {' and '.join(missing)}"]
    if not are_tables(module.TABLES):
        return ["let TABLES be a tuple of bronze.tables.Table, one for each raw table"]
    if len(module.TABLES) > len(subject.declared):
        return ["two of TABLES have one name: choose another"]
    bare = [table for table, columns in subject.declared.items() if columns.get(OTHER_FIELDS) != TEXT]
    if bare:
        what = "what is published beside them is kept as it is"
        return [f"add OTHER_FIELDS: TEXT to the columns of {table}: {what}" for table in bare]
    faults = [
        f'"{table}" is a table of {name} as well: choose another name'
        for name in sources(subject.project)
        if name != subject.name
        for table in Subject(subject.project, name).declared
        if table in subject.declared
    ]
    try:
        made = getattr(module, subject.name)(**_answers(getattr(module, subject.name)))
        resources = made.resources
    except Exception as error:
        return [*faults, f"mend {subject.name}(), which cannot be called: {said(error)}"]
    if made.name != subject.name:
        faults.append(f'the dlt source is called "{made.name}": call it "{subject.name}"')
    names = ("offers", *(["now"] if getattr(module, "FEEDS", ()) else []), *subject.declared)
    faults += [f'return the resource "{one}" as well' for one in names if one not in resources]
    for table, columns in subject.declared.items():
        if table not in resources:
            continue
        rows = resources[table]
        frozen = rows.schema_contract or {}
        if set(rows.compute_table_schema()["columns"]) != set(columns) or frozen.get("data_type") != "freeze":
            faults.append(f"make the rows of {table} with rows_resource, which freezes columns and types")
    return faults


def _answers(function: Any) -> dict[str, Any]:
    """Return a value of the right kind for every setting that the source is called with; none is used."""
    kinds = {"str": "x", "int": 1, "float": 1.0, "bool": True}
    return {
        name: [] if _kind(one).startswith("list") else kinds.get(_kind(one), "x")
        for name, one in inspect.signature(function).parameters.items()
        if _is_setting(one) or one.default is inspect.Parameter.empty
    }


def _kind(parameter: inspect.Parameter) -> str:
    return str(getattr(parameter.annotation, "__name__", parameter.annotation))


def _is_setting(parameter: inspect.Parameter) -> bool:
    import dlt

    return parameter.default is dlt.config.value


@piece("bronze", "settings")
def settings(subject: Subject) -> Found:
    """Every setting that the dlt source takes, and the live address as a comment."""
    found = subject.project.settings
    name = subject.name
    if not isinstance(found.get(name), dict):
        return Found(_CONFIG, [Gap(_CONFIG, f"add [sources.{name}], with the live base_url as a comment")])
    gaps = []
    section = subject.project.text(_CONFIG).partition(f"[sources.{name}]")[2].partition("\n[")[0]
    # An address of letters, or none at all: the skeleton's is neither.
    if not re.search(r"^#? *base_url *= *\"(https?://\w[^\"]*)?\"", section, re.MULTILINE):
        todo = (
            f'add `# base_url = "…"`, the live address, under [sources.{name}], or `""` where nobody told it'
        )
        gaps.append(Gap(_CONFIG, todo))
    function = getattr(subject.module, name, None)
    taken = inspect.signature(function).parameters.items() if callable(function) else ()
    gaps += [
        Gap(_CONFIG, f"add {setting} under [sources.{name}], which {name}() takes")
        for setting, parameter in taken
        if setting != "base_url" and _is_setting(parameter) and setting not in {**found, **found[name]}
    ]
    return Found(_CONFIG, gaps)


@piece("bronze", "stand-in")
def stand_in(subject: Subject) -> Found:
    """The module that answers as the upstream does when the sample is run."""
    file = f"bronze/sample/upstreams/{subject.name}.py"
    if not subject.project.has(file):
        return Found(file, [Gap(file, "write PATH and answer(asked), which answers as the upstream does")])
    try:
        module = subject.project.load(file)
    except UnreadError as error:
        return Found(file, [Gap(file, f"mend the stand-in, which cannot be imported: {error}")])
    there = {
        "PATH": isinstance(getattr(module, "PATH", None), str),
        "answer(asked)": callable(getattr(module, "answer", None)),
    }
    if getattr(subject.module, "FEEDS", ()):
        there['SETTING = "archive"'] = getattr(module, "SETTING", None) == "archive"
    return Found(file, [Gap(file, f"add {name}") for name, is_there in there.items() if not is_there])


@piece("bronze", "suite", of_each_table=True)
def suite(subject: Subject) -> Found:
    """The suite that refuses a version, whose agreed columns are those that land."""
    file = f"bronze/expectations/{subject.table}.py"
    gaps = suite_gaps(subject.project, "bronze", subject.table)
    if not gaps and subject.columns:
        rules = subject.project.load(file).RULES
        agreed = [set(rule.arguments["column_set"]) for rule in rules if "column_set" in rule.arguments]
        landed = {*subject.columns, *HIVE}
        if not agreed:
            gaps.append(Gap(file, "add the rule columns_are(…), or a renamed field turns into nulls"))
        elif apart := sorted(agreed[0] ^ landed):
            gaps.append(
                Gap(file, f"columns_are and the columns in {subject.file} differ in {', '.join(apart)}")
            )
    return Found(file, gaps)


@piece("bronze", "fixtures", of_each_table=True)
def fixtures(subject: Subject) -> Found:
    """A good version for the suite, and a bad one for each of its critical rules."""
    table = subject.table
    try:
        tests = subject.project.load(_FIXTURES)
        good, bad = tests.GOOD, tests.BAD
    except (UnreadError, AttributeError) as error:
        return Found(_FIXTURES, [Gap(_FIXTURES, f"mend it, it cannot be read: {error}")])
    gaps = [
        Gap(_FIXTURES, f'add {what} of "{table}" to {name}')
        for name, held, what in (
            ("GOOD", good, "a good version"),
            ("BAD", bad, "a bad version per critical rule"),
        )
        if table not in held
    ]
    if not gaps and not suite_gaps(subject.project, "bronze", table):
        rules = subject.project.load(f"bronze/expectations/{table}.py").RULES
        bare = [rule.name for rule in rules if rule.severity == "critical" and rule.name not in bad[table]]
        gaps = [Gap(_FIXTURES, f'add a version that "{name}" refuses to BAD["{table}"]') for name in bare]
    return Found(_FIXTURES, gaps)


@piece("bronze", "tests", of_each_table=True)
def tests(subject: Subject) -> Found:
    """A test of the landing: one that lands it, or its own; of several tables this one."""
    name, own = subject.name, f"tests/bronze/test_{subject.name}.py"
    wanted = {name} if len(subject.tables) == 1 else {name, subject.table}
    folder = subject.project.root / "tests" / "bronze"
    others = sorted(str(file.relative_to(subject.project.root)) for file in folder.rglob("test_*.py"))
    for file in [own, "tests/bronze/test_landing.py", *others]:
        found = _named(subject.project.text(file))
        # A test of suites may have its rows, say, and lands nothing.
        if wanted <= found and (file == own or {"land", "landing"} & found):
            return Found(file)
    todo = f"test the landing of {subject.table}: content, unchanged second landing, faults, answers that are no answer"
    return Found(own, [Gap(own, todo)])


@cache
def _named(text: str) -> frozenset[str]:
    """Return the texts and the imported names in a Python file; nothing where it is none."""
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return frozenset()
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
        elif isinstance(node, ast.ImportFrom):
            found |= {*(node.module or "").split("."), *(alias.name for alias in node.names)}
        elif isinstance(node, ast.Import):
            found |= {part for alias in node.names for part in alias.name.split(".")}
    return frozenset(found)


@piece("bronze", "CLAUDE.md", of_each_table=True)
def entry(subject: Subject) -> Found:
    """The row of the table of sources: what it lands, and what a batch is."""
    row = f"| `{subject.name}` | `{subject.table}` |"
    if any(line.startswith(row) for line in subject.project.text(_CLAUDE).splitlines()):
        return Found(_CLAUDE)
    return Found(_CLAUDE, [Gap(_CLAUDE, f"add a row to its table of sources: {row} a batch | upstream |")])
