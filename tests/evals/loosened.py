"""What was deleted or weakened: tests, contracts of models, rules of suites, and what checks look at.

Whoever has to make something green can mend it, or make the check look away. Additions are fine, moves count as
neither: what is counted is everything that checks, wherever it stands in its file.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from fnmatch import fnmatch
from typing import Any

import yaml

from tests.evals.place import Place

_SKIPS = ("skip", "skipif", "xfail")
_SHOWN = 200
_LIMITS = ("severity", "tolerance", "mostly")
#: What lets a test or model of dbt hold less, wherever it is said, unless it is said with the value beside it.
_LET_PASS = {
    "severity": "error", "enabled": "true", "enforced": "true",
    "where": None, "error_if": None, "limit": None, "fail_calc": None,
}  # fmt: skip
#: So many examples hypothesis tries where nobody says how many.
_TRIED = 100
#: Files whose every line is a promise: what refuses agents, what CI does.
_WHOLE = (".claude/settings.json", ".awos/hooks/*", ".ci/*", ".github/*", ".awos/owners.toml")


def loosened(place: Place, names: Iterable[str]) -> list[str]:
    """Say what checks less in these files than before, a line each: the file and what is gone from it."""
    found = []
    for name in names:
        was = place.before(name)
        path = place.clone / name
        now = path.read_text() if path.is_file() else ""
        if was is None or not (counting := _counting(name)):
            continue
        for what, count in sorted((counting(was) - counting(now)).items()):
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


def _nodes(text: str) -> list[ast.AST]:
    """Return all that a module consists of; nothing of one that is no Python, for then it claims nothing."""
    try:
        return [*ast.walk(ast.parse(text))]
    except SyntaxError:
        return []


def _skips(node: ast.AST) -> bool:
    """Whether something in it is a mark or call that skips, `pytest.mark.skipif` or `pytest.skip()`."""
    return any(isinstance(one, ast.Attribute) and one.attr in _SKIPS for one in ast.walk(node))


def tests_of(text: str) -> Counter[str]:
    """Count what a module of tests claims: its tests, what they assert, what they run with; a skip takes away.

    A skip may be that of the module, of a class, of a test, or stand in it. Cases are counted and not compared: of a list
    that is written there, or under a name of the module, each is one; a list that is made otherwise is one as a whole.
    """
    found: Counter[str] = Counter()
    skipped = set[ast.AST]()
    nodes = _nodes(text)
    lists = {
        target.id: node.value
        for node in nodes
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in nodes:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark":
            if _skips(node.value):
                return Counter()
        elif isinstance(node, ast.ClassDef):
            if any(map(_skips, node.decorator_list)):
                skipped.update(ast.walk(node))
            found.update(_tried(node, lists))
        elif isinstance(node, ast.FunctionDef):
            if node in skipped or any(map(_skips, [*node.decorator_list, *node.body])):
                continue
            found.update(_tried(node, lists))
            if node.name.startswith("test_"):
                found[f"the test {node.name}"] += 1
                found.update(
                    f"assert in {node.name}: {ast.unparse(one.test)}"
                    for one in ast.walk(node)
                    if isinstance(one, ast.Assert) and not _always(one.test)
                )
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("pytest.raises"):
            found[f"with {ast.unparse(node)}"] += 1
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("register_profile"):
            found[f"an example of the profile {ast.unparse(node.args[0])}"] += _examples([node]) or 0
    return found


def says_more(was: str, now: str) -> bool:
    """Whether a module of tests asserts something that it did not before, or awaits an error; a case more of a test will do."""
    claims = ("assert ", "with ", *(("a case ", "an @example ") if was else ()))
    return any(one.startswith(claims) for one in tests_of(now) - tests_of(was))


def _always(test: ast.expr) -> bool:
    return isinstance(test, ast.Constant) and bool(test.value)


def _tried(node: ast.FunctionDef | ast.ClassDef, lists: Mapping[str, ast.expr]) -> Counter[str]:
    """Count the cases that decorators give to a test, a class of them or a fixture, and what hypothesis tries."""
    found: Counter[str] = Counter()
    calls = [one for one in node.decorator_list if isinstance(one, ast.Call)]
    for call in calls:
        match ast.unparse(call.func).rpartition(".")[2]:
            case "parametrize" | "fixture":
                named = [one.value for one in call.keywords if one.arg in ("argvalues", "params")]
                for values in [*call.args[1:2], *named]:
                    made = lists.get(values.id, values) if isinstance(values, ast.Name) else values
                    several = isinstance(made, ast.List | ast.Tuple | ast.Set)
                    found[f"a case of {node.name}"] += len(made.elts) if several else 1
            case "example":
                found[f"an @example of {node.name}"] += 1
            case "given":
                found[f"the @given of {node.name}"] += 1
                found[f"an example that {node.name} tries"] += _examples(calls) or _TRIED
    return found


def _examples(calls: Iterable[ast.Call]) -> int | None:
    """Return the number that one of the calls has as `max_examples`, None where none has one that is written there."""
    for one in (one for call in calls for one in call.keywords if one.arg == "max_examples"):
        if isinstance(one.value, ast.Constant) and isinstance(one.value.value, int):
            return one.value.value
    return None


def rules_of(text: str) -> Counter[str]:
    """Count the rules of a suite: each with its condition, severity and tolerance, whatever its words."""
    found: Counter[str] = Counter()
    for node in _nodes(text):
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

    What limits a test or model (`where`, `severity: warn`, `enabled: false`, a contract that is not enforced) takes away.
    """
    content, found = _yaml(text), Counter[str]()
    for model in content.get("models", []):
        at = model["name"]
        for column in model.get("columns", []):
            found[f"column {at}.{column['name']} {column.get('data_type')}"] += 1
            found.update(_tests(f"{at}.{column['name']}", column.get("data_tests", [])))
        found.update(_tests(at, model.get("data_tests", [])))
        found.update(_limited(at, model.get("config", {}), "config"))
    for one in content.get("unit_tests", []):
        at = f"the unit test {one['name']}"
        found[at] += 1
        found.update(_limited(at, one.get("config", {})))
        rows = one.get("expect", {}).get("rows", [])
        cells = [name for row in rows for name in row] if isinstance(rows, list) else []
        lines = [] if isinstance(rows, list) else str(rows).splitlines()
        found.update([f"{at} expects {name}" for name in cells] + [f"{at} expects a line" for _ in lines])
    return found


def project_of(text: str) -> Counter[str]:
    """Count what dbt's project says, and what it limits."""
    return _held("dbt", _yaml(text))


def queries_of(text: str) -> Counter[str]:
    """Count a model or test of dbt that is there, and what its own settings limit; what it asks is not looked at."""
    said = " ".join(re.findall(r"\bconfig\s*\((.*?)\)\s*-?\}\}", text, re.DOTALL))
    pairs = re.findall(r"""\b(\w+)["']?\s*[=:]\s*("[^"]*"|'[^']*'|\w+)""", said)
    found = Counter[str]({"its query": 1} if text.strip() else {})
    for name, value in pairs:
        found.update(_limited("it", {name: value.strip("\"'")}))
    return found


def recipes_of(text: str) -> Counter[str]:
    """Count what each goal of a Makefile needs and runs; of two recipes of one goal make runs the later."""
    needs: Counter[str] = Counter()
    runs: dict[str, list[str]] = {}
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
    """Return what YAML holds; nothing of what is none, for then it promises nothing."""
    try:
        return yaml.safe_load(text) or {}
    except yaml.YAMLError:
        return {}


def _tests(what: str, tests: Iterable[Any]) -> Counter[str]:
    """Count tests of dbt, which are a name, or a name with what it is told."""
    found: Counter[str] = Counter()
    for one in tests:
        told = one if isinstance(one, dict) else {one: []}
        found.update(f"{what}: {name}" for name in told)
        found.update(_held(what, told))
    return found


def _held(what: str, node: Any) -> Counter[str]:
    """Count every value as a promise, but for limits, which take away."""
    found = _limited(what, node)
    found.update(f"{what}: {at} {one}" for at, one in _leaves(node) if _last(at) not in _LET_PASS)
    return found


def _limited(what: str, node: Any, at: str = "") -> Counter[str]:
    """Take one away for each value that lets something pass."""
    found: Counter[str] = Counter()
    for path, one in _leaves(node, at):
        if _last(path) in _LET_PASS and str(one).lower() != _LET_PASS[_last(path)]:
            found[f"that {what} is not limited by {path} {one}"] -= 1
    return found


def _last(at: str) -> str:
    return at.rpartition(".")[2].lstrip("+")


def _leaves(node: Any, at: str = "") -> list[tuple[str, Any]]:
    if isinstance(node, dict):
        return [leaf for name, inner in node.items() for leaf in _leaves(inner, f"{at}.{name}")]
    if isinstance(node, list):
        return [leaf for inner in node for leaf in _leaves(inner, at)]
    return [(at.lstrip("."), node)]
