"""Break lines past column 110 that ruff and sqlfluff leave, as `make format` does.

`.venv/bin/python .awos/scripts/widths.py [path…]` looks at these files, or at all. Comments, docstrings and
strings of Python; comments of SQL; maps, lists, texts and comments of YAML in silver and gold. Only the
layout changes: a break after which a file means something else is not made, and a line that cannot be broken
(a long name, a text of several lines in Python) is left, and nobody complains of it.
"""

from __future__ import annotations

import ast
import re
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import owners
import yaml

WIDTH = 110
_PRAGMA = re.compile(r"#\s*(noqa|type:|fmt:|pragma|ruff:|mypy:)")
_STRING = re.compile(r"""(?<!\w)([rbfRBF]{0,2})(["'])((?:\\.|(?!\2).)*)\2""")
#: What goes on with the line before it: no list item, no heading, no name of an error or argument.
_GOES_ON = re.compile(r"(?![-*#>|{\"]|\d+\.|[\w.]+:( |$))\S")

#: A way to break the first of these lines: what stands for it, and how many lines after it that takes in.
Break = tuple[list[str], int]


def mended(path: str, text: str) -> str:
    """Return the text of a file, with lines past `WIDTH` broken where its meaning allows it."""
    breaks, meaning = _LANGUAGES[Path(path).suffix]
    lines = text.split("\n")
    if all(len(line) <= WIDTH for line in lines):
        return text
    before = meaning(text)
    row = 0
    while row < len(lines):
        tried = breaks(lines, row) if len(lines[row]) > WIDTH else iter([])
        trials = ([*lines[:row], *instead, *lines[row + 1 + more :]] for instead, more in tried)
        narrower = next((trial for trial in trials if meaning("\n".join(trial)) == before), None)
        lines = narrower or lines
        row += narrower is None or len(lines[row]) <= WIDTH
    return "\n".join(lines)


def _flow(lines: list[str], row: int, prefix: str) -> Iterator[Break]:
    """Break prose whose lines all begin with `prefix`; the rest goes before what follows, if that goes on."""
    first, *rest = textwrap.wrap(
        lines[row][len(prefix) :],
        WIDTH - len(prefix),
        break_long_words=False,
        break_on_hyphens=False,
    ) or [""]  # fmt: skip
    if not rest:
        return
    left, after = " ".join(rest), lines[row + 1] if row + 1 < len(lines) else ""
    if not lines[row].endswith("#}") and after.startswith(prefix) and _GOES_ON.match(after[len(prefix) :]):
        yield [prefix + first, f"{prefix}{left} {after[len(prefix) :]}"], 1
    yield [prefix + first, prefix + left], 0


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _comment(lines: list[str], row: int, mark: str) -> Iterator[Break]:
    if found := re.match(rf"\s*{mark}:? ", lines[row]):
        yield from _flow(lines, row, found[0])


def _python(lines: list[str], row: int) -> Iterator[Break]:
    line, indent = lines[row], _indent(lines[row])
    if _PRAGMA.search(line):
        return
    yield from _comment(lines, row, "#")
    for behind in reversed(list(re.finditer(r"\s+(# .*)", line))):
        yield [indent + behind[1], line[: behind.start()]], 0
    # A docstring's first line is one sentence.
    if first := re.match(r'(\s*(?:[rR]?""").{8,}?(?<!\.\w)\.) (.+?)("""|)$', line):
        closed = [indent + '"""'] if first[3] else []
        yield [first[1], "", indent + first[2], *closed], 0
    elif '"""' not in line and "\n".join(lines[:row]).count('"""') % 2:
        yield from _flow(lines, row, indent)
    for found in _STRING.finditer(line):
        if found.end() < WIDTH:
            continue
        kind, quote, start, end = found[1], found[2], found.start(), found.end()
        for at in range(WIDTH - 3, start, -1):
            if line[at] != " ":
                continue
            # Two strings, one below the other: in the brackets there are, or in brackets of their own.
            one, other = line[start : at + 1] + quote, kind + quote + line[at + 1 : end]
            yield [f"{line[:start]}{one}", f"{indent}{other}{line[end:]}"], 0
            yield [f"{line[:start]}({one}", f"{indent}    {other}){line[end:]}"], 0


def _meaning_of_python(text: str) -> str | None:
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            docstring = ast.get_docstring(node, clean=False)
            if docstring is not None:
                node.body[0] = ast.Expr(ast.Constant(" ".join(docstring.split())))
    return ast.dump(tree)


def _sql(lines: list[str], row: int) -> Iterator[Break]:
    yield from _comment(lines, row, "--")
    before = "\n".join(lines[:row])
    if lines[row].lstrip().startswith("{#") or before.rfind("{#") > before.rfind("#}"):
        yield from _flow(lines, row, _indent(lines[row]))


def _meaning_of_sql(text: str) -> str:
    """Return it without space and marks of comments: no line is broken but in a comment."""
    return re.sub(r"\s|--", "", text)


def _yaml(lines: list[str], row: int) -> Iterator[Break]:
    line, above = lines[row], _above(lines, row)
    yield from _comment(lines, row, "#")
    if any(head.endswith("|") for head in above):
        yield from _sql_of_a_unit_test(line)
    elif found := re.fullmatch(r"(\s*(?:- )*)((?:[\w.]+|\"[^\"]*\"):)? ?(&\w+ )?([{\[].*[}\]])", line):
        before, key, anchor, flow = (part or "" for part in found.groups())
        try:
            items = _items(flow)
        except yaml.YAMLError:  # prose that begins with a bracket
            return
        # Rows of a unit test are read as a table.
        if above and above[0].endswith("rows:"):
            yield _packed(line[: found.start(4)], flow, items), 0
        dash, named = "- " if flow[0] == "[" else "", bool(key or anchor)
        block = [f"{' ' * (len(before) + 2 * named)}{dash}{item}" for item in items]
        head = f"{before}{key}{' ' if key and anchor else ''}{anchor}".rstrip()
        yield [head, *block] if named else [before + dash + items[0], *block[1:]], 0
    elif found := re.match(r"(\s*)((?:- )*)((?:[\w.]+: )?)(?=\S)", line):
        indent, dashes, key = found.groups()
        if key or dashes:
            inner = " " * (len(indent + dashes) + (2 if key else 0))
            try:
                said = str(yaml.safe_load(line[found.end() :]))
            except yaml.YAMLError:  # a text with a colon, say
                said = line[found.end() :]
            folded = textwrap.wrap(said, WIDTH - len(inner), break_long_words=False, break_on_hyphens=False)
            yield [f"{indent}{dashes}{key}>-", *(inner + part for part in folded)], 0
        yield from _flow(lines, row, indent)


def _sql_of_a_unit_test(line: str) -> Iterator[Break]:
    """Break it within no string: after a comma, in as few brackets as there are; else at a space."""
    indent = _indent(line)
    spaces = [at for at in range(len(indent), WIDTH) if line[at] == " " and line.count("'", 0, at) % 2 == 0]
    depths = {at: line.count("(", 0, at) - line.count(")", 0, at) for at in spaces}
    for at in sorted(spaces, key=lambda at: (line[at - 1] != ",", depths[at], -at)):
        yield [line[:at], f"{indent}    {line[at + 1 :]}"], 0


def _items(flow: str) -> list[str]:
    """Return the text of every item of a flow map or list, as it is written. Aliases are not resolved.

    Raises:
        yaml.YAMLError: it is neither.
    """
    spans: list[list[int]] = []
    depth = nodes = 0
    for event in yaml.parse(flow, Loader=yaml.SafeLoader):
        begins, ends = (mark.index if mark else 0 for mark in (event.start_mark, event.end_mark))
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth == 1 and isinstance(event, yaml.NodeEvent):
            # In a map every other node is a key, with which an item begins.
            if flow[0] == "[" or nodes % 2 == 0:
                spans.append([begins, ends])
            nodes += 1
        if depth == 1 and spans:
            spans[-1][1] = ends
        depth += isinstance(event, yaml.CollectionStartEvent)
    return [flow[begins:ends] for begins, ends in spans]


def _packed(start: str, flow: str, items: list[str]) -> list[str]:
    """Return a flow map over as few lines as hold it, its items below each other."""
    packed = [start + flow[0] + items[0]]
    for item in items[1:]:
        if len(f"{packed[-1]}, {item}{flow[-1]}") <= WIDTH:
            packed[-1] += f", {item}"
        else:
            packed[-1] += ","
            packed.append(" " * (len(start) + 1) + item)
    packed[-1] += flow[-1]
    return packed


def _above(lines: list[str], row: int) -> list[str]:
    """Return the lines that head the blocks this one stands in, the nearest first."""
    heads, indent = [], len(_indent(lines[row]))
    for line in reversed(lines[:row]):
        if line and len(_indent(line)) < indent:
            heads.append(line)
            indent = len(_indent(line))
    return heads


def _meaning_of_yaml(text: str) -> str | None:
    """Return what it says; how the SQL of a unit test is laid out is not part of that."""
    try:
        return re.sub(r"\\n\s*", " ", repr(yaml.safe_load(text)))
    except yaml.YAMLError:
        return None


_LANGUAGES: dict[str, tuple[Callable[[list[str], int], Iterator[Break]], Callable[[str], str | None]]] = {
    ".py": (_python, _meaning_of_python),
    ".sql": (_sql, _meaning_of_sql),
    ".yml": (_yaml, _meaning_of_yaml),
}


def files() -> list[str]:
    """Return the files whose width is held, from the root: Python, and SQL and YAML of silver and gold."""
    held = (".py", ".sql", ".yml")
    return [
        name
        for name in owners.files()
        if name.endswith(held) and (name.endswith(".py") or name.startswith(("silver/", "gold/")))
    ]


def main(names: list[str]) -> int:
    """Break the lines of these files, or of all, and name each file that changed."""
    for name in names or files():
        path = owners.ROOT / name
        text = path.read_text(encoding="utf-8")
        if (now := mended(name, text)) != text:
            path.write_text(now, encoding="utf-8")
            print(f"{name}: broken past column {WIDTH}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
