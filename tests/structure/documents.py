"""What a document names, and what of it does not exist: each function returns the names that lie."""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
from functools import cache
from pathlib import Path

import owners

from lake import about, layout
from tests.structure.test_models import MODELS, SOURCES

ROOT = Path(__file__).parents[2]
PACKAGES = ("lake", "bronze", "silver", "gold", "orchestration", "serving", "analysis", "tests")
_URL = re.compile(r"\w+://\S+")
_FENCED = re.compile(r"```[a-z]*\n(.*?)```", re.DOTALL)
_MODEL = re.compile(r"\b(?:fct|dim|mart|stg|int)_[a-z0-9_]+(?:\.[a-z0-9_]+)?")


def pieces(text: str) -> list[str]:
    """Return the code in a document, without placeholders: spans in backquotes, lines of fenced blocks."""
    lines = [re.sub(r"(^|\s)#.*", "", line) for block in _FENCED.findall(text) for line in block.splitlines()]
    spans = re.findall(r"`([^`\n]+)`", _FENCED.sub("", text))
    return [piece.strip() for piece in [*lines, *spans] if not re.search(r"[<…]|NNN|\.\.\.", piece)]


def paths(text: str) -> set[str]:
    """Return files and folders of the project that are not there; of a glob, that it finds nothing."""
    wrong = set()
    for word in (
        word for piece in pieces(text) for word in re.findall(r"[\w./*-]+(?:::\w+)?", _URL.sub("", piece))
    ):
        name, _, test = word.partition("::")
        name = name.rstrip("/.") if name.startswith(".") else name.strip(".").rstrip("/")
        ours = name.split("/")[0] in _top() or re.search(r"\.(?:py|md|sql|yml|toml|ipynb)$", name)
        if "/" not in word or not ours or _is_written(name):
            continue
        found = list(ROOT.glob(name)) if "*" in name else [ROOT / name] * (ROOT / name).exists()
        if not found or (test and f"def {test}(" not in found[0].read_text()):
            wrong.add(word)
    return wrong


def _is_written(name: str) -> bool:
    """Say whether a path is written by the pipeline or by `make setup`, so that it may not be there."""
    first, _, rest = name.partition("/")
    return first in (".venv", "target") or (first == "lake" and layout.is_data(rest.partition("/")[0]))


def identifiers(text: str) -> set[str]:
    """Return names of functions, files, commands and agents that occur in no file but documents."""
    wrong = set()
    for piece in re.findall(r"`([^`\n]+)`", _FENCED.sub("", text)):
        # What overrides a setting is looked at below.
        if re.fullmatch(r"_?[A-Za-z]\w*_\w*(?:\(\))?", piece) and not re.fullmatch(r"[A-Z]+__[A-Z_]+", piece):
            name = piece.removesuffix("()")
            stems = {file.partition(".")[0] for file in _file_names()}
            if name not in stems and name not in _words(r"\w+"):
                wrong.add(piece)
        # An agent, a task, a package: what is called with hyphens.
        if re.fullmatch(r"[a-z]+(?:-[a-z]+)+", piece) and piece not in _words(r"[\w-]+"):
            wrong.add(piece)
        if re.fullmatch(r"[\w.-]+\.(?:py|sql|yml|toml|ipynb)", piece) and piece not in _file_names():
            wrong.add(piece)
        if (command := re.fullmatch(r"/awos:(\w+)", piece)) and not (
            ROOT / ".awos" / "commands" / f"{command[1]}.md"
        ).exists():
            wrong.add(piece)
    return wrong


def settings(text: str) -> set[str]:
    """Return variables of the environment, and arguments of make, that nothing reads.

    Those with `__` are dlt's way to override a setting of `.dlt/config.toml`, which has to be there.
    """
    joined = "\n".join(pieces(text))
    named = {*re.findall(r"\b[A-Z]+_[A-Z_]+\b", joined), *re.findall(r"(?<!\w)([A-Z]+)=(?!=)", joined)}
    config = (ROOT / ".dlt" / "config.toml").read_text(encoding="utf-8")
    return {
        name
        for name in named
        if (not _is_setting(name, config) if "__" in name else name not in _words(r"\w+"))
    }


def _is_setting(name: str, config: str) -> bool:
    """Say whether a file of settings has `[section]` with the key, in force or as a comment."""
    *sections, key = name.lower().split("__")
    if name.split("__")[0] in {"AIRFLOW", "DBT"}:
        return name in _words(r"\w+")
    _, _, rest = f"\n{config}".partition(f"\n[{'.'.join(sections)}]\n")
    return bool(re.search(rf"^(?:# )?{key} =", rest.partition("\n[")[0], re.MULTILINE))


@cache
def _words(pattern: str) -> set[str]:
    """Return the words of all code, to look them up: to search the code for each of them takes seconds."""
    return set(re.findall(pattern, _code()))


@cache
def _code() -> str:
    kinds = (".py", ".sql", ".yml", ".toml", ".ipynb", ".json", ".j2")
    return "\n".join(
        (ROOT / path).read_text(encoding="utf-8")
        for path in owners.files()
        # The lies that the checks are tried on are no code.
        if (path.endswith(kinds) or path == "Makefile") and not path.endswith("test_documents.py")
    )


@cache
def _file_names() -> set[str]:
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    return {Path(path).name for path in [*owners.files(), *ignored]} | {*owners.files()}


def links(text: str, folder: Path) -> set[str]:
    """Return links of Markdown that lead to no file, as seen from the document's folder."""
    named = re.findall(r"\]\(([^)\s#:]+)(?:#[^)]*)?\)", _FENCED.sub("", text))
    return {name for name in named if not re.search(r"[<…]", name) and not (folder / name).exists()}


def targets(text: str) -> set[str]:
    """Return make targets that the Makefile does not have."""
    known = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    return {name for piece in pieces(text) for name in re.findall(r"\bmake ([a-z][a-z-]*)", piece)} - {*known}


def tools(text: str) -> set[str]:
    """Return commands of `.venv/bin` that the locked packages do not bring: `.venv` holds nothing else."""
    named = {name for piece in pieces(text) for name in re.findall(r"\.venv/bin/([\w.-]+)", piece)}
    return {f".venv/bin/{name}" for name in named if not (Path(sys.prefix) / "bin" / name).exists()}


def modules(text: str) -> set[str]:
    """Return modules of `python -m <module>` that cannot be run."""
    named = {name for piece in pieces(text) for name in re.findall(r"\bpython3? -m ([\w.]+)", piece)}
    return {name for name in named if not _importable(name) or not _runnable(name)}


def models(text: str) -> set[str]:
    """Return dbt models, and columns of them, that there are not: `fct_trips`, `mart_routes.trips`."""
    wrong = set()
    for word in (word for piece in pieces(text) for word in _MODEL.findall(piece)):
        model, _, column = word.partition(".")
        columns = {known["name"] for known in MODELS.get(model, {}).get("columns", [])}
        if f"/{word}" in text:
            continue  # a file: `paths` looks whether it is there
        if model not in MODELS or (columns and column not in columns | {"", "sql", "yml", "py"}):
            wrong.add(word)
    return wrong


def agents(text: str) -> set[str]:
    """Return agents of `**[Agent: name]**` that own nothing; the word `name` stands for any of them."""
    known = {*owners.owners(), "name"}
    named = re.findall(r"\*\*\[Agent:\s*([^\]]*?)\s*\]\*\*", text)
    return {name for name in named if name not in known and not re.search(r"[<…{]", name)}


def names(text: str) -> set[str]:
    """Return dotted names of our packages that are no module, no attribute of one and no table."""
    dotted = re.compile(rf"(?:{'|'.join(PACKAGES)})(?:\.[A-Za-z_]\w*)+")
    called = {piece.split("(")[0] for piece in pieces(text)}
    return {
        name
        for name in called
        if dotted.fullmatch(name)
        and not name.endswith((".py", ".md", ".json", ".toml", ".yml", ".sql"))
        and not _importable(name)
        and not _is_table(name)
    }


def _importable(name: str) -> bool:
    """Say whether a dotted name is a module or an attribute of one; nothing is run that is not ours."""
    parts = name.split(".")
    if parts[0] not in PACKAGES:
        return importlib.util.find_spec(parts[0]) is not None
    for end in range(len(parts), 0, -1):
        module = ".".join(parts[:end])
        try:
            if importlib.util.find_spec(module) is None:
                continue
        except ModuleNotFoundError:
            continue
        found = None if end == len(parts) else importlib.import_module(module)
        for attribute in parts[end:]:
            if not hasattr(found, attribute):
                return False
            found = getattr(found, attribute)
        return True
    return False


def _runnable(name: str) -> bool:
    """Say whether `python -m` finds something to run: of a package of ours its `__main__`."""
    folder = ROOT.joinpath(*name.split("."))
    return not folder.is_dir() or (folder / "__main__.py").exists()


def _is_table(name: str) -> bool:
    """Say whether `<layer>.<table>`, with a column or without, is a view of the lake."""
    layer, table, *_ = name.split(".")
    raw = {source.partition(".")[2] for source in SOURCES}
    if layer == "lake":
        return table in about.VIEWS and name.count(".") == 1
    return table in raw if layer == "bronze" else layer in ("silver", "gold") and table in MODELS


@cache
def _top() -> set[str]:
    return {path.split("/")[0] for path in owners.files()}
