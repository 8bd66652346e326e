"""Read a shell command line: the simple commands it is made of, and which paths each plainly changes.

This is no sandbox: what a program does by itself (a script, a module, a query), and what a loop does with names that
it is handed, is not seen.
"""

from __future__ import annotations

import copy
import glob
import itertools
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
#: Their flags whose value is no file, and those that begin with a word that is none.
VALUED = {
    "sed": ("-e", "-f"),
    "perl": ("-e", "-pe", "-pie"),
    "truncate": ("-s", "-r"),
    "touch": ("-d", "-r", "-t"),
}
VALUED |= dict.fromkeys(("chmod", "chown", "chgrp"), ("--reference",)) | {"mkdir": ("-m",)}
LEADING = {"sed", "chmod", "chown", "chgrp"}
#: What runs the command after it, and the shell's own words before one.
BEFORE = {"sudo", "env", "command", "exec", "nohup", "time", "timeout", "nice", "stdbuf", "xargs", "builtin"}
BEFORE |= {"do", "then", "else", "elif", "if", "while", "until", "!", "{"}
#: Flags of theirs whose value is a word by itself: `xargs -I % rm %`, `env -u X rm x`.
BEFORE_VALUED = {"-I", "-d", "-a", "-u", "-s", "-C", "--chdir"}
#: Flags of git that stand before its verb, and have a value.
GIT_VALUED = {"-C", "-c", "--git-dir", "--work-tree"}
SHELLS = {"sh", "bash", "zsh", "dash"}
_HEREDOC = re.compile(r"<<-?\s*(['\"]?)(\w+)\1([^\n]*)\n((?:.*?\n)?)\s*\2\s*?$", re.DOTALL | re.MULTILINE)
_HERE = re.compile("\0([0-9]+)")
_ASSIGNED = re.compile(r"(\w+)=(.*)", re.DOTALL)
_SIGNS = frozenset(";&|<>()\n")
#: Stands before a sign within quotes, which is a word: `grep "|" x`.
_QUOTED = "\x01"


@dataclass(frozen=True)
class Write:
    """One path that a command writes to; `whole` where what lies below it goes as well."""

    by: str
    path: Path
    whole: bool = False


@dataclass
class Part:
    """One simple command: its words, the files it redirects to and from, what is fed to it, whether it is piped to."""

    words: list[str] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    fed: str = ""
    piped: bool = False


@dataclass
class Command:
    """A simple command where the shell has got to: judge it before the next one is asked for."""

    shell: Shell
    part: Part
    #: As it is written; empty where there is none, as in `X=1`.
    program: str
    #: The same without path.
    name: str
    arguments: list[str]
    #: Variables that are set before it, for it alone.
    settings: list[str]
    #: What a pipe may hand to it by way of xargs or `read`: all words so far.
    given: list[str]
    #: Whether what it prints becomes words of another command, as in `cat $(ls)`.
    handed: bool

    def writes(self) -> Iterator[Write]:
        """Yield what it changes."""
        for target in self.part.targets:
            yield from (Write(">", path) for path in self.shell.paths(target))
        if self.given[:1] == ["find"] and self.name in REMOVE:
            what = changed("find", [*self.given[1:], "-delete"])
        else:
            what = changed(self.name, self.arguments + list(self._found()))
        for word, whole in what:
            yield from (Write(self.name, path, whole) for path in self.shell.paths(word))

    def _found(self) -> Iterator[str]:
        """Yield the words of `given` that are files: others are programs, and what they look for."""
        if self.given[:1] == ["find"]:
            yield from itertools.takewhile(lambda word: not word.startswith("-"), self.given[1:])
        else:
            yield from (word for word in self.given if any(map(os.path.lexists, self.shell.paths(word))))


class Shell:
    """Where a command line has got to: its folder, the one before, and the variables it has set."""

    def __init__(self, folder: Path) -> None:
        self.variables: dict[str, list[str]] = {}
        self.folder = folder
        #: Whether this is a command within another's words.
        self.within = False
        self.enter(folder)

    def enter(self, folder: Path) -> None:
        """Go on from a folder."""
        self.before, self.folder = self.folder, folder
        self.variables["PWD"] = [str(folder)]

    def inner(self) -> Shell:
        """Return one that goes on from here and leaves this where it is."""
        return copy.deepcopy(self)

    def commands(self, line: str) -> Iterator[Command]:
        """Yield the simple commands of a line, those within others as well."""
        line = line.replace("\0", "")  # as a shell does
        earlier: list[str] = []
        for text in substituted(line):
            shell = self.inner()
            shell.within = True
            yield from shell.commands(text)
        found = list(parts(line))
        for part, following in zip(found, [*found[1:], Part()], strict=True):
            words, settings, through_xargs = self._begin(part.words)
            program, arguments = (words[0], words[1:]) if words else ("", [])
            name = Path(program).name
            given = earlier if part.piped and (through_xargs or name == "read") else []
            here, arguments = self._git(arguments) if name == "git" else (self, arguments)
            handed = self.within and not following.piped
            yield Command(here, part, program, name, arguments, settings, given, handed)
            if name == "popd" or (name == "cd" and arguments == ["-"]):
                self.enter(self.before)
            elif name in ("cd", "pushd"):
                self.enter(next(self.paths(arguments[0] if arguments else "~"), self.folder))
            elif name == "for" and arguments[1:2] == ["in"]:
                self.assign(arguments[0], arguments[2:])
            elif name == "eval":
                yield from self.commands(" ".join(arguments))
            elif name in SHELLS:
                flags = [word for word in arguments if re.fullmatch(r"-[a-z]*c", word)]
                yield from self.commands(after(arguments, flags[0]) if flags else part.fed)
            earlier = (earlier if part.piped else []) + part.words

    def _begin(self, words: list[str]) -> tuple[list[str], list[str], bool]:
        """Return a command without what stands before it, the variables set there, and whether xargs runs it."""
        settings, through_xargs, whole = [], False, words
        while words and (words[0] in BEFORE or _ASSIGNED.fullmatch(words[0])):
            assigned = _ASSIGNED.fullmatch(words[0])
            if assigned:
                self.assign(assigned[1], [assigned[2]])
                settings.append(assigned[1])
            through_xargs = through_xargs or words[0] == "xargs"
            words = words[1:]
            while not assigned and words and re.fullmatch(r"-.*|[\d.]+[smhd]?|\{\}|[A-Z]{3,6}", words[0]):
                words = words[2 if words[0] in BEFORE_VALUED else 1 :]  # its own flags
        # By itself it is a command, which prints the environment.
        return words or [word for word in whole if word == "env"], settings, through_xargs

    def _git(self, arguments: list[str]) -> tuple[Shell, list[str]]:
        """Return where git works, and its arguments from the verb on: `git -C silver restore x`."""
        here = self.inner()
        while arguments and arguments[0].startswith("-"):
            if arguments[0] in ("-C", "--work-tree"):
                here.enter(next(here.paths("".join(arguments[1:2])), here.folder))
            arguments = arguments[2 if arguments[0] in GIT_VALUED else 1 :]
        return here, arguments

    def assign(self, name: str, words: list[str]) -> None:
        """Remember what a variable may be; what is unknown in it stays out, or it could name itself."""
        self.variables[name] = [value.replace("$", "") for word in words for value in self.filled(word)]

    def filled(self, word: str) -> Iterator[str]:
        """Yield what a word may stand for, with braces, variables and `~` filled in."""
        # A shell fills in no braces within quotes, and quoted are most words with a space.
        found = None if re.search(r"\s", word) else re.search(r"\{([^{}$]*,[^{}]*)\}", word)
        values = found[1].split(",") if found else []
        if not found:
            found = re.search(r"\$\{?(\w+)\}?", word)
            values = self.variables.get(found[1], []) if found else []
        if found and values:
            for value in values:
                yield from self.filled(word[: found.start()] + value + word[found.end() :])
        else:
            yield os.path.expanduser(os.path.expandvars(word))

    def paths(self, word: str) -> Iterator[Path]:
        """Yield the paths a word may stand for, absolute; of a glob also those there are."""
        for filled in self.filled(word):
            path = str(self.folder / filled)
            yield Path(path)
            if any(sign in path for sign in "*?["):
                yield from map(Path, glob.glob(path))


def changed(name: str, arguments: list[str]) -> Iterator[tuple[str, bool]]:
    """Yield the words that name what a command changes, and whether what lies below goes as well."""
    plain = [word for word in arguments if not word.startswith("-")]
    flags = " ".join(word for word in arguments if word.startswith("-"))
    # What is no file: `sed -i -e 5d`, `truncate -s 0`, `chmod 644`.
    values = [word for flag, word in itertools.pairwise(arguments) if flag in VALUED.get(name, ())]
    named = [word for word in plain if word not in values]
    if name in LEADING and not values:
        named = named[1:]
    if name in REMOVE:
        yield from ((word, True) for word in plain)
    elif name in CHANGE:
        deep = name.startswith("ch") and re.search(r"(^| )(-[a-zA-Z]*R|--recursive)", flags)
        yield from ((word, bool(deep)) for word in named)
    elif name in PLACE:
        into = [after(arguments, "-t")] if "-t" in arguments else plain[-1:]
        yield from ((word, False) for word in into)
        if name == "mv":
            yield from ((word, True) for word in plain if word not in into)
    elif name in ("sed", "perl") and re.search(r"(^| )(-[a-zA-Z]*i|--in-place)", flags):
        yield from ((word, False) for word in named)
    elif name == "dd":
        yield from ((word[3:], False) for word in plain if word.startswith("of="))
    elif name == "find" and ("-delete" in arguments or REMOVE & set(plain)):
        sought = [after(arguments, flag) for flag in ("-name", "-path") if flag in arguments]
        # `find . -name __pycache__` takes nothing of the data
        yield plain[0], not sought or any(re.search(r"(\*|parquet|json)$", word) for word in sought)
    elif (
        name == "git" and plain[:1] == ["clean"] and re.search(r"(^| )-[a-z]*[xX]", flags) and not dry(flags)
    ):
        # -x takes what git ignores, and that is the data
        named = [word for word in plain[1:] if word != after(arguments, "-e")]
        yield from ((word, True) for word in named or ["."])
    elif name == "git" and plain[:1] in (["diff"], ["log"], ["show"]):
        into = [word for word in arguments if re.fullmatch(r"--output(=.*)?", word)]
        yield from ((word.partition("=")[2] or after(arguments, word), False) for word in into)
    elif name == "git" and plain[:1] == ["stash"] and re.search(r"(^| )(-[a-z]*a|--all)", flags):
        yield ".", True
    elif name == "git" and plain[:1] in (["mv"], ["rm"]) and "--cached" not in arguments and not dry(flags):
        yield from ((word, True) for word in plain[1:])


def dry(flags: str) -> bool:
    """Say whether git only tells what it would do."""
    return re.search(r"(^| )(-[a-zA-Z]*n|--dry-run)", flags) is not None


def after(arguments: list[str], flag: str) -> str:
    """Return the word after a flag, nothing where it is not there."""
    at = arguments.index(flag) + 1 if flag in arguments else len(arguments)
    return "".join(arguments[at : at + 1])


def substituted(line: str) -> Iterator[str]:
    """Yield the commands within `$(…)` and backquotes, outside single quotes and quoted here-documents."""
    bodies = [found[4] for found in _HEREDOC.finditer(line) if not found[1]]
    for text in [_HEREDOC.sub(r"\3", line), *bodies]:
        # What a backslash or single quotes keep from the shell begins nothing; an apostrophe within double quotes is none.
        bare, double = "", False
        for piece in re.findall(r"\\.|'[^']*'|.", text, re.DOTALL):
            double ^= piece == '"'
            kept = piece[0] == "'" and len(piece) > 1 and not double and text not in bodies
            bare += "" if piece[0] == "\\" else re.sub(r"[$`()]", "", piece) if kept else piece
        found = re.finditer(r"\$\(((?:[^()]|\([^()]*\))*)\)|`([^`]*)`", bare)
        yield from (one[1] or one[2] for one in found if one[1] or one[2])


def parts(line: str) -> Iterator[Part]:
    """Yield the simple commands that a command line is made of."""
    bodies = [found[4] for found in _HEREDOC.finditer(line)]
    numbers = iter(range(len(bodies)))
    line = _HEREDOC.sub(lambda found: f" \0{next(numbers)} {found[3]}", line).replace("$(pwd)", "$PWD")
    line = re.sub(r"(?<!\S)\d+(?=[<>])", "", line)  # of `2> x`: else it were a word
    line = re.sub(r"(['\"])([;&|<>()]+)\1", rf"\1{_QUOTED}\2\1", line)
    lexer = shlex.shlex(line, posix=True, punctuation_chars="".join(_SIGNS))
    lexer.whitespace, lexer.commenters, lexer.whitespace_split = " \t\r", "", True
    try:
        tokens = list(lexer)
    except ValueError:  # a quote that is left open: take it word by word
        tokens = re.findall(r"[;&|<>()\n]+|[^\s;&|<>()'\"]+", line)
    part, towards = Part(), ""
    for token in tokens:
        sign = token.replace(_QUOTED, "")
        if not sign or not set(token) <= _SIGNS:
            here = _HERE.fullmatch(sign)
            if here or towards == "<<<":
                part.fed += bodies[int(here[1])] if here else sign
            elif not (towards == ">&" and re.fullmatch(r"\d+|-", sign)):  # another handle, and no file
                {">": part.targets, ">&": part.targets, "<": part.sources}.get(towards, part.words).append(
                    sign
                )
            towards = ""
        elif sign[-1] in "<>" or sign == ">&":
            towards = sign if sign in (">&", "<<<") else ">" if ">" in sign else "<"
        else:
            yield part
            part, towards = Part(piped=re.fullmatch(r"[)\n]*\|&?\n*", sign) is not None), ""
    yield part
