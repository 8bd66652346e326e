"""Read a shell command far enough to know which paths it plainly writes to, moves or removes.

This is no sandbox: what a program does by itself (`python -c`, a script, a query) is not seen.
"""

from __future__ import annotations

import glob
import os
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

#: Commands that take away every path they name, with all that lies below.
REMOVE = {"rm", "rmdir", "unlink", "shred"}
#: Commands that change every path they name.
CHANGE = {"tee", "truncate", "touch", "mkdir", "chmod", "chown", "chgrp", "ln", "sponge", "patch"}
#: Commands that change the last path they name, or the folder after -t.
PLACE = {"cp", "mv", "install", "rsync"}
#: What runs the command after it, and the shell's own words before one.
BEFORE = {"sudo", "env", "command", "exec", "nohup", "time", "timeout", "nice", "xargs"}
BEFORE |= {"do", "then", "else", "if", "while", "until", "!", "{"}
SHELLS = {"sh", "bash", "zsh", "dash"}
_HEREDOC = re.compile(r"<<-?\s*(['\"]?)(\w+)\1([^\n]*)\n(?:.*?\n)?\s*\2\s*?$", re.DOTALL | re.MULTILINE)
_ASSIGNED = re.compile(r"(\w+)=(.*)", re.DOTALL)
_SIGNS = frozenset(";&|<>()\n")


@dataclass(frozen=True)
class Write:
    """One path that a command writes to; `whole` where what lies below it goes as well."""

    by: str
    path: Path
    whole: bool = False


@dataclass
class Part:
    """One simple command: its words, the files it redirects to, and whether a pipe leads into it."""

    words: list[str] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)
    piped: bool = False


class Shell:
    """Where a command has got to: its folder, and the variables it has set."""

    def __init__(self, folder: Path) -> None:
        self.variables: dict[str, list[str]] = {}
        self.enter(folder)

    def enter(self, folder: Path) -> None:
        """Go on from a folder."""
        self.folder = folder
        self.variables["PWD"] = [str(folder)]

    def writes(self, command: str) -> Iterator[Write]:
        """Yield what a command writes to."""
        earlier: list[str] = []  # what the pipeline has named so far: xargs may be given it
        for part in parts(command):
            for target in part.targets:
                yield from (Write(">", path) for path in self.paths(target))
            name, arguments, through_xargs = self._begin(part.words)
            if name == "cd":
                self.enter(next(self.paths(arguments[0] if arguments else "~"), self.folder))
            elif name == "for" and arguments[1:2] == ["in"]:
                self.assign(arguments[0], arguments[2:])
            elif name in SHELLS and "-c" in arguments[:-1]:
                yield from self.writes(arguments[arguments.index("-c") + 1])
            else:
                given = earlier if part.piped and through_xargs else []
                for word, whole in changed(name, arguments + given):
                    yield from (Write(name, path, whole) for path in self.paths(word))
            earlier = (earlier if part.piped else []) + part.words[1:]

    def _begin(self, words: list[str]) -> tuple[str, list[str], bool]:
        """Return the command, without what stands before it, its arguments, and whether xargs runs it."""
        through_xargs = False
        while words and (words[0] in BEFORE or _ASSIGNED.fullmatch(words[0])):
            assigned = _ASSIGNED.fullmatch(words[0])
            if assigned:
                self.assign(assigned[1], [assigned[2]])
            through_xargs = through_xargs or words[0] == "xargs"
            words = words[1:]
            while not assigned and words and re.fullmatch(r"-.*|\d+[smh]?|\{\}", words[0]):
                words = words[1:]  # its own flags
        return (Path(words[0]).name, words[1:], through_xargs) if words else ("", [], False)

    def assign(self, name: str, words: list[str]) -> None:
        """Remember what a variable may be; what is unknown in it stays out, or it could name itself."""
        self.variables[name] = [value.replace("$", "") for word in words for value in self.filled(word)]

    def filled(self, word: str) -> Iterator[str]:
        """Yield what a word may stand for, with braces, variables and `~` filled in."""
        found = re.search(r"\{([^{}$]*,[^{}]*)\}", word)
        values = found[1].split(",") if found else []
        if not found:
            found = re.search(r"\$\{?(\w+)\}?", word)
            values = self.variables.get(found[1], []) if found else []
        if found and values:
            for value in values:
                yield from self.filled(word[: found.start()] + value + word[found.end() :])
        else:
            yield os.path.expanduser(os.path.expandvars(word))  # noqa: PTH111

    def paths(self, word: str) -> Iterator[Path]:
        """Yield the paths a word may stand for, absolute; of a glob also those there are."""
        for filled in self.filled(word):
            path = str(self.folder / filled)
            yield Path(path)
            if any(sign in path for sign in "*?["):
                yield from map(Path, glob.glob(path))  # noqa: PTH207


def changed(name: str, arguments: list[str]) -> Iterator[tuple[str, bool]]:
    """Yield the words that name what a command changes, and whether what lies below goes as well."""
    plain = [word for word in arguments if not word.startswith("-")]
    flags = " ".join(word for word in arguments if word.startswith("-"))
    if name in REMOVE:
        yield from ((word, True) for word in plain)
    elif name in CHANGE:
        yield from ((word, False) for word in plain)
    elif name in PLACE:
        into = [after(arguments, "-t")] if "-t" in arguments else plain[-1:]
        yield from ((word, False) for word in into)
        if name == "mv":
            yield from ((word, True) for word in plain if word not in into)
    elif name in ("sed", "perl") and re.search(r"(^| )(-[a-zA-Z]*i|--in-place)", flags):
        yield from ((word, False) for word in plain)
    elif name == "dd":
        yield from ((word[3:], False) for word in plain if word.startswith("of="))
    elif name == "find" and ("-delete" in arguments or REMOVE & set(plain)):
        sought = [after(arguments, flag) for flag in ("-name", "-path") if flag in arguments]
        # `find . -name __pycache__` takes nothing of the data
        yield plain[0], not sought or any(re.search(r"(\*|parquet|json)$", word) for word in sought)
    elif name == "git" and plain[:1] == ["clean"] and re.search(r"(^| )-[a-z]*[xX]", flags):
        # -x takes what git ignores, and that is the data
        named = [word for word in plain[1:] if word != after(arguments, "-e")]
        yield from ((word, True) for word in named or ["."])
    elif name == "git" and plain[:1] == ["stash"] and re.search(r"(^| )(-[a-z]*a|--all)", flags):
        yield ".", True


def after(arguments: list[str], flag: str) -> str:
    """Return the word after a flag, nothing where it is not there."""
    at = arguments.index(flag) + 1 if flag in arguments else len(arguments)
    return "".join(arguments[at : at + 1])


def parts(command: str) -> Iterator[Part]:
    """Yield the simple commands that a command line is made of."""
    command = _HEREDOC.sub(r"\3", command).replace("$(pwd)", "$PWD")
    lexer = shlex.shlex(command, posix=True, punctuation_chars="".join(_SIGNS))
    lexer.whitespace, lexer.commenters, lexer.whitespace_split = " \t\r", "", True
    try:
        tokens = list(lexer)
    except ValueError:  # a quote that is left open: take it word by word
        tokens = re.findall(r"[;&|<>()\n]+|[^\s;&|<>()'\"]+", command)
    part, towards = Part(), ""
    for sign in tokens:
        if not set(sign) <= _SIGNS:
            if towards != "<":  # what is read is nothing that is written
                (part.targets if towards == ">" else part.words).append(sign)
            towards = ""
        elif sign[-1] in "<>" or sign == ">&":
            towards = ">" if ">" in sign else "<"
        else:
            yield part
            part, towards = Part(piped=re.fullmatch(r"[)\n]*\|&?\n*", sign) is not None), ""
    yield part
