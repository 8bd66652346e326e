"""What a module of tests claims: tests, what they assert, the cases and examples that they run with."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable, Mapping

_SKIPS = ("skip", "skipif", "xfail", "importorskip")
#: So many examples hypothesis tries where nobody says how many.
_TRIED = 100
#: More cases than any list has: of one that moved to another module nobody looks how many.
_MANY = 10**6


def tree(text: str) -> ast.Module:
    """Return what a module consists of; nothing of one that is no Python, for then it claims nothing."""
    try:
        return ast.parse(text)
    except SyntaxError:
        return ast.Module([], [])


def _given(body: Iterable[ast.stmt]) -> dict[str, ast.expr]:
    """Return what stands under each name that a module or class gives, whether its type is said or not."""
    return {
        ast.unparse(target): node.value
        for node in body
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
    }


def _skips(node: ast.AST) -> bool:
    """Whether something in it is a mark or call that skips, `pytest.mark.skipif` or `pytest.skip()`."""
    return any(isinstance(one, ast.Attribute) and one.attr in _SKIPS for one in ast.walk(node))


def _is_skipped(node: ast.AST) -> bool:
    """Whether a module, a class or a function is: by a mark, or by a call in it. The mark of a case skips that one only."""
    match node:
        case ast.Module():
            # A mark may have a name here, which skips nothing yet.
            parts: list[ast.expr] = [
                one
                for part in node.body
                if not isinstance(part, ast.FunctionDef | ast.ClassDef)
                for one in ast.walk(part)
                if isinstance(one, ast.Call)
                and ast.unparse(one.func) in ("pytest.skip", "pytest.importorskip")
            ]
        case ast.ClassDef():
            parts = node.decorator_list
        case ast.FunctionDef():
            return any(map(_skips, [*(one for one in node.decorator_list if not _cases(one)), *node.body]))
        case _:
            return False
    marks = [one for name, one in _given(node.body).items() if name == "pytestmark"]
    return any(map(_skips, [*parts, *marks]))


def _running(module: ast.Module) -> set[ast.AST]:
    """Return all nodes of a module of tests that no skip takes away."""
    nodes = {*ast.walk(module)}
    return nodes - {one for node in nodes if _is_skipped(node) for one in ast.walk(node)}


def tests_of(text: str, *, elsewhere: int = 1) -> Counter[str]:
    """Count what a module of tests claims: its tests, what they assert, what they run with; one that runs without a skip counts twice.

    A skip may be that of the module, of a class, of a test, or stand in it. Cases are counted and not compared: of a list
    that is written there, or under a name of the module, each is one; one that stands `elsewhere` is so many, and one
    that is made otherwise is one as a whole.
    """
    found: Counter[str] = Counter()
    module = tree(text)
    lists, running = _given(module.body), _running(module)
    for node in ast.walk(module):
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            found.update(_tried(node, lists, elsewhere))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            found[f"the test {node.name}"] += 1
            found.update([f"the test {node.name}, without a skip"] if node in running else [])
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


def tests_gone(was: str, now: str) -> Counter[str]:
    """Return what a module of tests claims less than before. A list that moved away has the cases that it had."""
    return tests_of(was) - tests_of(now, elsewhere=_MANY)


def says_more(was: str, now: str) -> bool:
    """Whether a module of tests asserts something that it did not before, or awaits an error; a case more of a test will do."""
    tried = tests_of(now) - tests_of(was) if was else ()
    return bool(_asserted(now) - _asserted(was)) or any(
        one.startswith(("a case ", "an @example ")) for one in tried
    )


def _asserted(text: str) -> Counter[str]:
    """Count what asserts or awaits an error, in tests and in what they call: `assert`, `assert_allclose()`, `raises()`."""
    return Counter(
        ast.unparse(one)
        for one in _running(tree(text))
        if (isinstance(one, ast.Assert) and not _always(one.test))
        or (isinstance(one, ast.Call) and re.match("assert|raises$", _called(one)))
    )


def _called(call: ast.Call) -> str:
    return ast.unparse(call.func).rpartition(".")[2]


def _always(test: ast.expr) -> bool:
    return isinstance(test, ast.Constant) and bool(test.value)


def _cases(decorator: ast.expr) -> list[ast.expr]:
    """Return what a decorator says the cases are, if it gives any to a test, a class of them or a fixture."""
    if not isinstance(decorator, ast.Call) or _called(decorator) not in ("parametrize", "fixture"):
        return []
    named = [one.value for one in decorator.keywords if one.arg in ("argvalues", "params")]
    return [*decorator.args[1:2], *named]


def _tried(
    node: ast.FunctionDef | ast.ClassDef, lists: Mapping[str, ast.expr], elsewhere: int
) -> Counter[str]:
    """Count the cases that decorators give to a test, a class of them or a fixture, and what hypothesis tries."""
    found: Counter[str] = Counter()
    calls = [one for one in node.decorator_list if isinstance(one, ast.Call)]
    for call in calls:
        for values in _cases(call):
            match lists.get(ast.unparse(values), values):
                case ast.List(elts) | ast.Tuple(elts) | ast.Set(elts):
                    count = len([one for one in elts if not _skips(one)])
                case ast.Call(ast.Name("range"), ends) if all(isinstance(one, ast.Constant) for one in ends):
                    count = len(range(*map(ast.literal_eval, ends)))
                case ast.Name() | ast.Attribute():
                    count = elsewhere
                case _:
                    count = 1
            found[f"a case of {node.name}"] += count
        match _called(call):
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
