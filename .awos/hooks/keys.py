"""Files of keys, and whether a command would show or copy what is in one, however it is spelt."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import shell

NAME = "secrets.toml"
#: Where dlt and Streamlit look for keys, in the project and in the home.
FOLDERS = (".dlt", ".streamlit")
NO_KEYS = (
    "holds keys, which no agent reads or writes: code gets them from dlt. A person writes them there, what they open "
    "is tried with `make run`, and names of settings stand in .dlt/config.toml."
)
#: Commands that name a file and show nothing of what is in it.
NAMING = {
    "ls",
    "stat",
    "test",
    "[",
    "[[",
    "echo",
    "printf",
    "for",
    "cd",
    "du",
    "export",
    "pwd",
    "make agents",
}
NAMING_GIT = {"commit", "check-ignore", "status", "ls-files", "tag"}
#: Commands whose first word is what they look for, and no file.
SEEKING = {"grep", "egrep", "fgrep", "rg", "git grep"}
#: Flags by which a command takes in what lies below a folder; None: it does so without any.
DEEP: dict[str, str | None] = {
    **dict.fromkeys(("grep", "egrep", "fgrep"), r"-[a-zA-Z]*[rR][a-zA-Z]*|--(dereference-)?recursive"),
    **dict.fromkeys(("cp", "scp", "diff"), r"-[a-zA-Z]*[rRa][a-zA-Z]*|--recursive|--archive"),
    **dict.fromkeys(("zip",), r"-[a-zA-Z]*r[a-zA-Z]*|--recurse-paths"),
    # Both leave out what git ignores, unless they are told.
    "rg": r"-[a-zA-Z]*u[a-zA-Z]*|--no-ignore\S*|--unrestricted",
    "git add": r"-[a-zA-Z]*f[a-zA-Z]*|--force",
    "git grep": r"--no-index|--no-exclude-standard",
    "tar": r"-?-?c[a-zA-Z]*",
    "find": r"-(exec|execdir|ok|okdir)",
    **dict.fromkeys(("ln", "mv", "rsync", "mount"), None),
}
INTERPRETERS = re.compile(r"python[\d.]*|node|deno|bun|perl|ruby|php|duckdb|sqlite3")
#: How code comes by keys without naming a path of this module's.
CODE = re.compile(r"dlt\.secrets|secrets\.toml")
_APART = re.compile(r"[\s=@:,;'\"()<>|`]+")


def files(root: Path) -> Iterator[Path]:
    """Yield where keys may lie."""
    yield from (place / folder / NAME for place in (root, Path.home()) for folder in FOLDERS)


def is_keys(path: Path, root: Path) -> bool:
    """Say whether a path is a file of keys, or a link to one, or a pattern that takes one in."""
    spelt = Path(os.path.normpath(path))
    for file in files(root):
        if spelt == file or _takes_in(spelt, file):
            return True
        try:
            if spelt.samefile(file):
                return True
        except (OSError, ValueError):  # one of them is not there
            continue
    return False


def _takes_in(pattern: Path, file: Path) -> bool:
    """Say whether a pattern stands for a file: a shell's `*` leaves out what begins with a dot."""
    # What a shell fills in, and is not known here, may be anything.
    text = re.sub(r"\$\{[^}]*\}|\$\w*", "*", str(pattern))
    spelt = Path(text).parts
    return len(spelt) == len(file.parts) and all(
        fnmatchcase(name, part) and (part.startswith(".") or not name.startswith("."))
        for name, part in zip(file.parts, spelt, strict=True)
    )


def holds_keys(path: Path, root: Path) -> bool:
    """Say whether a file of keys is there below a folder."""
    spelt = Path(os.path.normpath(path))
    return any(
        file.exists() and file.is_relative_to(place)
        for file in files(root)
        for place in (spelt, path.resolve())
    )


def sought(pattern: object, path: Path | None, root: Path) -> bool:
    """Say whether a search by a pattern of names takes in keys: such a pattern overrides what git ignores."""
    name = str(pattern or "").rpartition("/")[2]
    either = re.search(r"\{([^{}]*)\}", name)
    values = either[1].split(",") if either else [""]
    names = [name[: either.start()] + value + name[either.end() :] if either else name for value in values]
    return any(one and fnmatchcase(NAME, one) for one in names) and holds_keys(path or root, root)


def shows(command: shell.Command, root: Path) -> bool:
    """Say whether a command would show or copy what a file of keys holds."""
    at = command.shell
    if any(is_keys(path, root) for word in command.part.sources for path in _spelt(word, at)):
        return True
    plain = [word for word in command.arguments if not word.startswith("-")]
    name, words = command.name, command.arguments
    if name == "git" and plain:
        name, words = f"git {plain[0]}", [word for word in words if word != plain[0]]
        if plain[0] in NAMING_GIT:
            return False
    if name in NAMING:
        return False
    flags = [word for word in words if word.startswith("-")]
    globs = [shell.after(words, flag) for flag in ("-g", "--glob", "--iglob")]
    globs += [found[1] for flag in flags if (found := re.fullmatch(r"(?:-g|--i?glob=)(.+)", flag))]
    if name == "rg" and any(sought(glob, at.folder, root) for glob in globs):
        return True
    if name in SEEKING and not {"-e", "-f"} & set(flags):
        first = next((word for word in words if not word.startswith("-")), None)
        words = [word for word in words if word is not first]
    if name == "ln":  # what it leads to is told from where the link will lie
        words = [*words, *(str(Path(words[-1]).parent / word) for word in words[:-1])]
    if any(is_keys(path, root) for word in words + command.given for path in _spelt(word, at)):
        return True
    if INTERPRETERS.fullmatch(name):
        return _code_reads(" ".join(words) + command.part.fed, at, root)
    if "find" in command.given and _reaches(command.given, at, root):
        return True
    deep, among = DEEP.get(name, ""), words[:1] if name == "tar" else words
    if deep is not None and not (deep and any(re.fullmatch(deep, word) for word in among)):
        return False
    if name in shell.PLACE | {"scp"} and "-t" not in words:
        words = words[:-1]  # the last is where it goes
    return _reaches(words, at, root)


def _spelt(word: str, at: shell.Shell) -> Iterator[Path]:
    """Yield the paths that a word may hold: it may be `--file=x`, `@x`, or code with `open('x')` in it."""
    for filled in at.filled(word):
        for piece in {filled, *_APART.split(filled)} - {""}:
            yield at.folder / piece


def _code_reads(code: str, at: shell.Shell, root: Path) -> bool:
    """Say whether code names keys, or the folder that they lie in."""
    folders = {file.parent for file in files(root)}
    named = {Path(os.path.normpath(path)) for path in _spelt(code, at)}
    return bool(CODE.search(code) or folders & named or any(is_keys(path, root) for path in named))


def _reaches(words: list[str], at: shell.Shell, root: Path) -> bool:
    """Say whether keys lie below the folders that a command goes through, and its filters let them pass."""
    filters = {"-name", "-iname", "-path", "-g", "--include"} & set(words)
    within = [shell.after(words, flag) for flag in filters]
    within += [word.partition("=")[2] for word in words if word.startswith("--include=")]
    if within and not any(fnmatchcase(NAME, pattern) or NAME in pattern for pattern in within):
        return False
    if any(re.fullmatch(r"--exclude(-dir)?=\.dlt/?", word) for word in words):
        return False
    named = [word for word in words if not word.startswith("-")] or ["."]
    return any(holds_keys(at.folder / filled, root) for word in named for filled in at.filled(word))
