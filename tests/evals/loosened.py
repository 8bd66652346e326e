"""What was deleted or weakened: tests, contracts of models, rules of suites, and what checks look at.

Whoever has to make something green can mend it, or make the check look away. Additions are fine, moves count as
neither: what is counted is everything that checks, wherever it stands in its file.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections import Counter
from collections.abc import Iterable
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import yaml

from tests.evals.claims import tests_gone, tests_of, tree
from tests.evals.place import Place

_SHOWN = 200
_LIMITS = ("severity", "tolerance", "mostly")
#: What lets a test or model of dbt hold less, wherever it is said, unless it is said with the value beside it.
_LET_PASS = {
    "severity": "error", "enabled": "true", "enforced": "true",
    "where": None, "error_if": None, "limit": None, "fail_calc": None,
}  # fmt: skip
#: Files whose every line is a promise: what refuses agents, what CI does.
_WHOLE = (".claude/settings.json", ".awos/hooks/*", ".ci/*", ".github/*", ".awos/owners.toml")


def loosened(place: Place, names: Iterable[str]) -> list[str]:
    """Say what checks less in these files than before, a line each: the file and what is gone from it."""
    found = []
    before = {name: place.before(name) for name in names}
    new = {(Path(name).name, _counting(name)): name for name, was in before.items() if was is None}
    for name, was in before.items():
        if was is None or not (counting := _counting(name)):
            continue
        path = place.clone / name
        if not path.is_file():
            path = place.clone / new.get((path.name, counting), name)
        now = path.read_text() if path.is_file() else ""
        gone = tests_gone(was, now) if counting is tests_of else counting(was) - counting(now)
        for what, count in sorted(gone.items()):
            told = what if len(what) < _SHOWN else f"{what[: _SHOWN // 2]} … {what[-_SHOWN // 2 :]}"
            found.append(f"{name}: {told}" + (f" ({count} times)" if count > 1 else ""))
    return found


def _counting(name: str) -> Any:
    if any(fnmatch(name, pattern) for pattern in _WHOLE):
        return lambda text: Counter(line.strip() for line in text.splitlines() if line.strip())
    if name.endswith(".py") and name.startswith("tests/"):
        return tests_of
    if re.fullmatch(r"(bronze|silver|gold)/expectations/.*\.py", name):
        return rules_of
    if re.fullmatch(r"(silver|gold)/models/.*\.yml", name):
        return contracts_of
    if re.fullmatch(r"(silver|gold)/(models|tests)/.*\.sql", name):
        return queries_of
    return {"pyproject.toml": settings_of, "dbt_project.yml": project_of, "Makefile": recipes_of}.get(name)


def rules_of(text: str) -> Counter[str]:
    """Count the rules of a suite: each with its condition, severity and tolerance, whatever its words."""
    found: Counter[str] = Counter()
    for node in ast.walk(tree(text)):
        if isinstance(node, ast.Assign) and any(
            isinstance(one, ast.Name) and one.id == "RULES" for one in node.targets
        ):
            rules = node.value.elts if isinstance(node.value, ast.List | ast.Tuple) else [node.value]
            found.update(said for rule in rules for said in _rule(rule))
        elif isinstance(node, ast.FunctionDef):
            # What several rules are made by.
            calls = [one for one in ast.walk(node) if isinstance(one, ast.Call)]
            found.update(f"in {node.name}: {limit}" for call in calls for limit in _limits(call))
    return found


def _limits(call: ast.Call) -> list[str]:
    return [f"{one.arg}={ast.unparse(one.value)}" for one in call.keywords if one.arg in _LIMITS]


def _rule(rule: ast.expr) -> list[str]:
    if not isinstance(rule, ast.Call):
        return [f"the rule {ast.unparse(rule)}"]
    name = ast.unparse(rule.func)
    if name == "columns_are" and rule.args and isinstance(rule.args[0], ast.List):
        # A column more is asked for more.
        return [f"the rule {name} {ast.unparse(column)}" for column in rule.args[0].elts]
    said = [ast.unparse(one) for one in rule.args if not isinstance(one, ast.Starred)]
    if name in ("broken_rows", "broken_query"):
        del said[1:2]  # its words
    return [f"the rule {name} {' '.join([*said, *_limits(rule)])}"]


def contracts_of(text: str) -> Counter[str]:
    """Count what models' YAML promises: columns with their types, every value of every test, what unit tests expect.

    A limit (`where`, `severity: warn`, `enabled: false`, a contract that is not enforced) takes away.
    """
    content, found = _yaml(text), Counter[str]()
    for model in content.get("models") or []:
        at = model["name"]
        found.update(_there(f"the model {at}", model.get("config")))
        found.update(_tests(at, model.get("data_tests")))
        for column in model.get("columns") or []:
            found[f"column {at}.{column['name']} {column.get('data_type')}"] += 1
            found.update(_tests(f"{at}.{column['name']}", column.get("data_tests")))
    for one in content.get("unit_tests") or []:
        at = f"the unit test {one['name']}"
        found.update(_there(at, one.get("config")))
        rows = (one.get("expect") or {}).get("rows") or []
        cells = [name for row in rows for name in row] if isinstance(rows, list) else []
        lines = [] if isinstance(rows, list) else str(rows).splitlines()
        found.update([f"{at} expects {name}" for name in cells] + [f"{at} expects a line" for _ in lines])
    return found


def project_of(text: str) -> Counter[str]:
    """Count what dbt's project says; each limit that is added takes one away."""
    content = _yaml(text)
    found = _values("dbt", content)
    found.subtract(f"that dbt is not limited by {at} {one}" for at, one in _limited(content))
    return found


def queries_of(text: str) -> Counter[str]:
    """Count a model or test of dbt that is there, and whether its own settings limit it; what it asks is not looked at."""
    said = " ".join(re.findall(r"\bconfig\s*\((.*?)\)\s*-?[%}]\}", text, re.DOTALL))
    pairs = re.findall(r"""\b(\w+)["']?\s*[=:]\s*("[^"]*"|'[^']*'|\w+)""", said)
    settings = [{name: value.strip("\"'")} for name, value in pairs]
    return _there("its query", settings) if text.strip() else Counter()


def recipes_of(text: str) -> Counter[str]:
    """Count what each goal of a Makefile needs and runs; of two recipes of one goal make runs the later."""
    needs: Counter[str] = Counter()
    runs: dict[str, list[str]] = {}
    if not re.search(r"(?m)^(\.IGNORE\b|[^#\t\n]*\bMAKEFLAGS\b.*([ =]-\w*i|ignore-errors))", text):
        needs["that an error ends it"] += 1
    goal, begins = "", True
    for line in text.splitlines():
        if line.startswith("\t"):
            runs[goal] = [*([] if begins else runs[goal]), line.strip().lstrip("@")]
            begins = False
        elif line.strip() and not line.startswith("#"):
            goal, _, needed = (one.strip() for one in line.partition("##")[0].partition(":"))
            begins = True
            needs.update(f"{goal}: {one}" for one in needed.split())
    return needs + Counter(f"{goal}: {line}" for goal, lines in runs.items() for line in lines)


def settings_of(text: str) -> Counter[str]:
    """Count what tools are told to look at; each exception that is added takes one away."""
    tools = tomllib.loads(text).get("tool", {})
    found: Counter[str] = Counter()
    for at, one in _leaves(tools):
        if any(word in at for word in ("ignore", "exclude", "omit", "disable", "allow_", "deselect")):
            found[f"that nothing is let pass by {at} {one}"] -= 1
        else:
            found[f"{at} {one}"] += 1
    return found


def _yaml(text: str) -> dict[str, Any]:
    """Return what YAML holds; nothing of what is none or has no names, for then it promises nothing."""
    try:
        content = yaml.load(text, yaml.CSafeLoader)
    except yaml.YAMLError:
        return {}
    return content if isinstance(content, dict) else {}


def _tests(what: str, tests: Iterable[Any] | None) -> Counter[str]:
    """Count tests of dbt, which are a name, or a name with what it is told."""
    found: Counter[str] = Counter()
    for one in tests or []:
        told = one if isinstance(one, dict) else {one: []}
        for name in told:
            found.update(_there(f"{what}: {name}", told))
        found.update(_values(what, told))
    return found


def _there(what: str, told: Any) -> Counter[str]:
    """Count what is there, and once more where nothing limits it: then one that is new may have its limits."""
    return Counter([what] if _limited(told) else [what, f"{what}, without a limit"])


def _values(what: str, node: Any) -> Counter[str]:
    """Count every value but limits as a promise."""
    return Counter(f"{what}: {at} {one}" for at, one in _leaves(node) if _last(at) not in _LET_PASS)


def _limited(node: Any) -> list[tuple[str, Any]]:
    """Return the values that let something pass, each with where it stands."""
    return [
        (at, one)
        for at, one in _leaves(node)
        if _last(at) in _LET_PASS and str(one).lower() != _LET_PASS[_last(at)]
    ]


def _last(at: str) -> str:
    return at.rpartition(".")[2].lstrip("+")


def _leaves(node: Any, at: str = "") -> list[tuple[str, Any]]:
    if isinstance(node, dict):
        return [leaf for name, inner in node.items() for leaf in _leaves(inner, f"{at}.{name}")]
    if isinstance(node, list):
        return [leaf for inner in node for leaf in _leaves(inner, at)]
    return [(at.lstrip("."), node)]
