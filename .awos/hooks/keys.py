"""Files of keys, and whether a command would show or copy what is in one, or keys of the environment.

What is seen, in plain rules: a word that names such a file however it is spelt; a folder with one below it, for
commands that go through folders; work that starts in its folder (`-C .dlt`); names that are handed on by xargs, `read` or
`$(…)`, which count as read; what prints the whole environment, or a variable that is called a key.

What is not promised, for this is no sandbox: a program or script that reads keys by itself, and that is also a test which
an agent wrote and runs without asking; Python that puts a name together; a variable that another program fills. The
client asks a person about much of that: `$x`, `$(…)`, whatever no rule of the settings names. Keys that no agent may
have are kept where its processes cannot read: with another user, or on another machine.
"""

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
#: What to type instead, where a command goes through the folder of such a file among others.
BELOW = (
    "Leave it out: `git grep <word>` and `git ls-files` do, `--exclude-dir=.dlt --exclude='.env*'` of grep, `-name '*.py'` of find; "
    "or name the folders: `grep -rn <word> bronze tests`."
)
NO_ENVIRONMENT = (
    "would print keys that stand in the environment, which no agent reads. `printenv LAKE_ROOT` prints one "
    "variable that is none; settings stand in .dlt/config.toml, and what is set goes after `make`: `make run LAKE_ROOT=…`."
)
#: Commands that print all variables where no word says which.
PRINTS = {"env", "printenv", "set", "export", "declare", "typeset"}
#: How variables of keys are called.
_KEY = r"\w*(?:KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL)\w*"
#: Commands that name a file and show nothing of what is in it.
NAMING = {
    "ls", "stat", "test", "[", "[[", "echo", "printf", "for", "cd", "du", "wc", "basename", "dirname", "export", "pwd",
    *(f"git {verb}" for verb in ("commit", "check-ignore", "status", "ls-files", "tag", "restore", "reset", "rm")),
}  # fmt: skip
#: Commands whose first word is what they look for, and no file.
SEEKING = {"grep", "egrep", "fgrep", "rg", "git grep"}
#: Flags by which a command takes in what lies below a folder; None: it does so without any.
DEEP: dict[str, str | None] = {
    **dict.fromkeys(("grep", "egrep", "fgrep"), r"-[a-zA-Z]*[rR][a-zA-Z]*|--(dereference-)?recursive"),
    **dict.fromkeys(("cp", "scp"), r"-[a-zA-Z]*[rRa][a-zA-Z]*|--recursive|--archive"),
    "zip": r"-[a-zA-Z]*r[a-zA-Z]*|--recurse-paths",
    # Both leave out what git ignores, unless they are told.
    "rg": r"-[a-zA-Z]*u[a-zA-Z]*|--no-ignore\S*|--unrestricted",
    "git add": r"-[a-zA-Z]*f[a-zA-Z]*|--force",
    "git grep": r"--no-index|--no-exclude-standard",
    "tar": r"-[a-zA-Z]*c[a-zA-Z]*|--create",
    "find": r"-(exec|execdir|ok|okdir)",
    **dict.fromkeys(("ln", "mv", "rsync", "mount", "diff"), None),
}
INTERPRETERS = re.compile(r"python[\d.]*|node|deno|bun|perl|ruby|php|duckdb|sqlite3")
#: How code comes by keys without naming a path of this module's.
CODE = re.compile(r"dlt\.secrets|secrets\.toml")
#: Filters of what lies below, of grep, rg, find, tar and rsync.
_FILTER = re.compile(r"(?:--(?:ex|in)clude(?:-dir)?|-i?name|-i?path|-g|--i?glob)(?:=(.*))?")
_APART = re.compile(r"[\s=@:,;'\"()<>|`]+")


def files(root: Path) -> Iterator[Path]:
    """Yield where keys may lie."""
    yield from (place / folder / NAME for place in (root, Path.home()) for folder in FOLDERS)
    yield root / ".env"
    yield from root.glob(".env.*")


def folders(root: Path) -> set[Path]:
    """Return the folders that are there for keys and settings."""
    return {file.parent for file in files(root) if file.name == NAME}


def is_keys(path: Path, root: Path) -> bool:
    """Say whether a path is a file of keys, or a link to one, or a pattern that takes one in."""
    spelt = Path(os.path.normpath(path))
    if spelt.match("/proc/*/environ"):
        return True
    for file in files(root):
        if spelt == file or (_takes_in(spelt, file) and file.exists()):
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


def below(path: Path, root: Path) -> Iterator[Path]:
    """Yield the files of keys that are there below a folder."""
    places = (Path(os.path.normpath(path)), path.resolve())
    yield from (file for file in files(root) if file.exists() and any(map(file.is_relative_to, places)))


def holds_keys(path: Path, root: Path) -> bool:
    """Say whether a file of keys is there below a folder."""
    return any(below(path, root))


def sought(pattern: object, path: Path | None, root: Path) -> bool:
    """Say whether a search by a pattern of names takes in keys: such a pattern overrides what git ignores."""
    name = str(pattern or "").rpartition("/")[2]
    either = re.search(r"\{([^{}]*)\}", name)
    values = either[1].split(",") if either else [""]
    names = [name[: either.start()] + value + name[either.end() :] if either else name for value in values]
    return any(one and fnmatchcase(NAME, one) for one in names) and holds_keys(path or root, root)


def shows(command: shell.Command, root: Path) -> str | None:
    """Say why a command would show or copy keys, if so: what follows on its name and "is refused: it"."""
    at = command.shell
    if _prints_environment(command):
        return NO_ENVIRONMENT
    name, words = command.name, command.arguments
    if name == "git" and words:
        name, words = f"git {words[0]}", words[1:]
    if _starts_there(command, root) or _names(name, words, command, root):
        return f"would reach a file that {NO_KEYS}"
    # Names that are handed on count as read: `find | xargs cat`, `find | while read f`, `cat $(find)`.
    listing = [name, *words] if command.handed else [] if name in NAMING else command.given
    if ("find" in listing and _reaches(listing, at, root)) or _goes_through(name, words, at, root):
        return f"would reach a file that {NO_KEYS} {BELOW}"
    return None


def _prints_environment(command: shell.Command) -> bool:
    """Say whether a command prints all variables, or one that is called a key."""
    name, words = command.name, command.arguments
    if name in PRINTS and not [word for word in words if not (word.startswith("-") and name != "set")]:
        return True
    if name == "printenv":
        return any(re.fullmatch(_KEY, word) for word in words)
    return name in ("echo", "printf") and any(re.search(rf"\$\{{?{_KEY}", word) for word in words)


def _starts_there(command: shell.Command, root: Path) -> bool:
    """Say whether a command is to work in a folder of keys: `tar -C .dlt -c .`."""
    at, words = command.shell, command.part.words
    named = [shell.after(words, flag) for flag in ("-C", "--directory", "--chdir")]
    named += [word.partition("=")[2] for word in words if re.match(r"--(directory|chdir)=", word)]
    places = {Path(os.path.normpath(at.folder / word)) for word in named if word} | {at.folder}
    return any(named) and bool(places & folders(root))


def _names(name: str, words: list[str], command: shell.Command, root: Path) -> bool:
    """Say whether one of a command's words stands for a file of keys that it would read."""
    at = command.shell
    if any(is_keys(path, root) for word in command.part.sources for path in _spelt(word, at)):
        return True
    if name in NAMING and not command.handed:
        return False
    flags = [word for word in words if word.startswith("-")]
    globs = [shell.after(words, flag) for flag in ("-g", "--glob", "--iglob")]
    globs += [found[1] for flag in flags if (found := re.fullmatch(r"(?:-g|--i?glob=)(.+)", flag))]
    if name == "rg" and any(sought(glob, at.folder, root) for glob in globs):
        return True
    words = _without_sought(name, words)
    if name == "ln":  # what it leads to is told from where the link will lie
        words = [*words, *(str(Path(words[-1]).parent / word) for word in words[:-1])]
    if name in SEEKING | {"find", "tar", "rsync"}:
        words = _without_filters(words)
    words = words + _without_filters(command.given)
    if any(is_keys(path, root) for word in words for path in _spelt(word, at)):
        return True
    return bool(INTERPRETERS.fullmatch(name)) and _code_reads(" ".join(words) + command.part.fed, at, root)


def _goes_through(name: str, words: list[str], at: shell.Shell, root: Path) -> bool:
    """Say whether a command takes in what lies below folders, and keys lie there."""
    if name == "tar" and words:  # its first word may be flags without a dash
        words = [f"-{words[0].lstrip('-')}" if not words[0].startswith("--") else words[0], *words[1:]]
    deep = DEEP.get(name, "")
    if deep is not None and not (deep and any(re.fullmatch(deep, word) for word in words)):
        return False
    words = _without_sought(name, words)
    if deep is None and all(word.startswith("-") for word in words):  # `diff <(ls) <(ls)`
        return False
    if name in shell.PLACE | {"scp"} and "-t" not in words:
        words = words[:-1]  # the last is where it goes
    return _reaches(words, at, root)


def _without_sought(name: str, words: list[str]) -> list[str]:
    """Return the words of a command without the one that it looks for, which is no file."""
    if name not in SEEKING or {"-e", "-f"} & set(words):
        return words
    first = next((word for word in _without_filters(words) if not word.startswith("-")), None)
    return [word for word in words if word is not first]


def _without_filters(words: list[str]) -> list[str]:
    """Return the words of a command without those that say what below a folder it takes or leaves out."""
    flags = {at for at, word in enumerate(words) if _FILTER.fullmatch(word)}
    values = {at + 1 for at in flags if "=" not in words[at]}
    return [word for at, word in enumerate(words) if at not in flags | values]


def _spelt(word: str, at: shell.Shell) -> Iterator[Path]:
    """Yield the paths that a word may hold: it may be `--file=x`, `@x`, or code with `open('x')` in it."""
    for filled in at.filled(word):
        for piece in {filled, *_APART.split(filled)} - {""}:
            yield at.folder / piece


def _code_reads(code: str, at: shell.Shell, root: Path) -> bool:
    """Say whether code names keys, or the folder that they lie in."""
    named = {Path(os.path.normpath(path)) for path in _spelt(code, at)}
    return bool(CODE.search(code) or folders(root) & named or any(is_keys(path, root) for path in named))


def _reaches(words: list[str], at: shell.Shell, root: Path) -> bool:
    """Say whether keys lie below the folders that a command goes through, and its filters let them pass."""
    spelt = [filled for word in words for filled in at.filled(word)]
    places = [word for word in _without_filters(spelt) if not word.startswith("-")] or ["."]
    return any(_passes(file, spelt) for word in places for file in below(at.folder / word, root))


def _passes(file: Path, words: list[str]) -> bool:
    """Say whether a command's filters let a file of keys pass."""
    folder = file.parent.name if file.name == NAME else "."
    spelt = {file.name, folder, f"{folder}/{file.name}", f"./{folder}", f"./{folder}/{file.name}"}
    wanted: list[bool] = []
    for at, word in enumerate(words):
        if not (found := _FILTER.fullmatch(word)):
            continue
        pattern = found[1] if found[1] is not None else "".join(words[at + 1 : at + 2])
        fits = any(fnmatchcase(name, pattern.lstrip("!").rstrip("/")) for name in spelt - {"."})
        left_out = word.startswith("--exclude") or pattern.startswith("!") or words[at - 1] in ("!", "-not")
        if left_out or words[at + 2 : at + 3] == ["-prune"]:
            if fits:
                return False
        else:
            wanted.append(fits)
    return not wanted or any(wanted)
