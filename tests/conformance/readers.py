"""Who reads the source: marts in gold, pages, notebooks, and the DAG that lands it."""

from __future__ import annotations

import ast
import re
from functools import cache

from tests.conformance.finding import Found, Gap, piece
from tests.conformance.graph import Node, path
from tests.conformance.silver import model_gaps
from tests.conformance.subject import Subject, sources, suite_gaps

_DASHBOARD = "gold/models/exposures_dashboard.yml"
_NOTEBOOKS = "gold/models/exposures.yml"
_README = "README.md"
_DAG = "orchestration/dags/lakehouse.py"


@piece("gold", "mart")
def mart(subject: Subject) -> Found:
    """A mart that is made from the source, and every such mart under contract, described and tested."""
    if not subject.marts:
        file = f"gold/models/marts/mart_{subject.table}.sql"
        kept = f'ref("{subject.core[0]["name"]}")' if subject.core else "the source's model of silver"
        return Found(
            file, [Gap(file, f"write a mart that reads {kept}, and its .yml; or use it in another mart")]
        )
    gaps = [gap for node in subject.marts for gap in model_gaps(subject, node)]
    return Found(path(_nearest(subject, subject.marts)), gaps)


@piece("gold", "identity")
def identity(subject: Subject) -> Found:
    """A singular test that holds one of these marts against the source's own rows in silver.

    Another mart will not do: a join that repeats the source's rows leaves the trips of the mart as they were.
    """
    own = {node["unique_id"] for node in subject.core}
    tests = [
        test
        for test in subject.project.graph.readers(subject.marts, "test")
        if path(test).startswith("gold/tests/") and own & subject.project.graph.reads(test)
    ]
    if tests:
        nearest = _nearest(subject, subject.marts)["unique_id"]
        return Found(path(min(tests, key=lambda test: nearest not in subject.project.graph.reads(test))))
    file = f"gold/tests/{subject.table}_add_up.sql"
    kept = f'ref("{subject.core[0]["name"]}")' if subject.core else "the source's model of silver"
    todo = f"write an identity of the mart with {kept}: it returns where the source's own total is another"
    return Found(file, [Gap(file, todo)])


@piece("gold", "suite")
def suite(subject: Subject) -> Found:
    """The suite of each of these marts."""
    if not subject.marts:
        file = f"gold/expectations/mart_{subject.table}.py"
        return Found(file, suite_gaps(subject.project, "gold", f"mart_{subject.table}"))
    gaps = [gap for node in subject.marts for gap in suite_gaps(subject.project, "gold", node["name"])]
    return Found(f"gold/expectations/{_nearest(subject, subject.marts)['name']}.py", gaps)


def _exposures(subject: Subject, node: Node, kind: str) -> list[Node]:
    return [one for one in subject.project.graph.readers([node], "exposure") if one["type"] == kind]


def _nearest(subject: Subject, nodes: list[Node]) -> Node:
    """Return the one that the fewest pages and notebooks read: it is the most about this source."""
    graph = subject.project.graph
    return min(nodes, key=lambda n: (len(graph.readers([n], "exposure")) or 99, len(graph.readers([n]))))


@piece("serving", "page")
def page(subject: Subject) -> Found:
    """A page that shows one of the marts, says so to dbt, and whose query really names it."""
    shown = [
        (node, one["name"].removeprefix("dashboard_"))
        for node in subject.marts
        for one in _exposures(subject, node, "dashboard")
    ]
    if not shown:
        name = subject.marts[0]["name"] if subject.marts else f"mart_{subject.table}"
        todo = f"show gold.{name} on a page (serving/queries, figures, screens), and name it in its exposure"
        return Found(_DASHBOARD, [Gap(_DASHBOARD, todo)])
    listed = {one.name for one in subject.project.load("serving/pages.py").PAGES}
    if not any(name in listed and subject.project.has(f"serving/screens/{name}.py") for _, name in shown):
        file = f"serving/screens/{shown[0][1]}.py"
        return Found(
            file, [Gap(file, "write the page that the exposure names, and list it in serving/pages.py")]
        )
    asked = [
        (node, name)
        for node, name in shown
        if f"gold.{node['name']}"
        in _tables(subject, f"serving/queries/{name}.py", "serving/queries/shared.py")
    ]
    if not asked:
        node, name = shown[0]
        file = f"serving/queries/{name}.py"
        return Found(
            file, [Gap(file, f"no query of the page names gold.{node['name']}, as its exposure says")]
        )
    nearest = _nearest(subject, [node for node, _ in asked])
    return Found(next(f"serving/queries/{name}.py" for node, name in asked if node is nearest))


def _tables(subject: Subject, *files: str) -> set[str]:
    """Return the tables that queries name: texts in the code, docstrings aside."""
    return {table for file in files for table in _named(subject.project.text(file))}


@cache
def _named(code: str) -> frozenset[str]:
    try:
        nodes = [*ast.walk(ast.parse(code))]
    except SyntaxError:
        return frozenset()
    told = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    texts = [node.value for node in nodes if isinstance(node, ast.Constant) and id(node) not in told]
    found = [re.findall(r"\b(?:gold|silver)\.\w+", text) for text in texts if isinstance(text, str)]
    return frozenset(name for names in found for name in names)


@piece("analysis", "notebook")
def notebook(subject: Subject) -> Found:
    """A notebook that reads something made from the source, and says so to dbt."""
    made = [*subject.core, *subject.project.graph.behind(subject.core, subject.name)]
    told = [(node, one) for node in made for one in _exposures(subject, node, "notebook")]
    if not told:
        todo = "write analysis/<number>_<question>.ipynb after the template, and its exposure here"
        return Found(_NOTEBOOKS, [Gap(_NOTEBOOKS, todo)])
    files = {one["name"]: re.sub(r".*/(\w+)\.html$", r"analysis/\1.ipynb", one["url"]) for _, one in told}
    missing = [
        Gap(file, "write it, or remove its exposure")
        for file in files.values()
        if not subject.project.has(file)
    ]
    nearest = _nearest(subject, [node for node, _ in told])
    return Found(files[next(one["name"] for node, one in told if node is nearest)], missing)


@piece("serving", "README")
def named(subject: Subject) -> Found:
    """The README's first section names it, as what there is; `citibike` may be written Citi Bike."""
    first = subject.project.text(_README).split("\n## ")[0]
    letters = r"[\s_.-]?".join(subject.name.replace("_", ""))
    if re.search(rf"\b{letters}\b", first, re.IGNORECASE):
        return Found(_README)
    return Found(_README, [Gap(_README, f"say in its first lines what {subject.name} brings, by this name")])


@piece("orchestration", "DAG")
def dag(subject: Subject) -> Found:
    """The DAG asks it: its task `ask` is mapped over all sources."""
    # One that is not there yet will be asked as soon as all that are there are.
    there = sources(subject.project)
    wanted = {subject.name} if subject.name in there else set(there)
    bare = sorted(wanted - set(subject.project.asked))
    todo = f"not asked: {', '.join(bare)}; map `ask` over bronze.sources.names()"
    return Found(_DAG, [Gap(_DAG, todo)] if bare else [])
