"""A command ends in words and with 2 whatever happens, and knows whoever types it."""

from __future__ import annotations

import getpass
import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from lake import answers, locate
from lake.__main__ import main
from lake.commands import in_words, who
from lake.words import keep_secret, plain

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("error", [KeyError("getpwuid(): uid not found: 4711"), OSError("No username set")])
def test_a_user_id_without_a_name_is_a_number(monkeypatch, error):
    def no_name():
        raise error

    monkeypatch.setattr(getpass, "getuser", no_name)
    assert who() == f"user {os.getuid()}"


def unforeseen(monkeypatch, error):
    def fails(*_):
        raise error

    monkeypatch.setattr("lake.__main__.pinned", fails)


def test_what_nobody_foresaw_is_told_in_words_and_its_traceback_kept(monkeypatch, capsys):
    unforeseen(monkeypatch, KeyError("no such thing"))
    assert main(["path"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "Traceback" not in said.err
    found = re.fullmatch(r"error: KeyError: 'no such thing'. This was not foreseen; .* in (\S+)\n", said.err)
    assert found
    file = Path(found[1])
    assert file.parent == locate().work / "errors"
    assert "raise error" in file.read_text()


def test_the_traceback_has_no_secret_either(monkeypatch, capsys):
    """It is what a person sends to others. A key is known by its address, or to whoever keeps it secret."""
    user = "ana:p4ss"
    keep_secret("k3y-of-the-header")
    unforeseen(monkeypatch, RuntimeError(f"at https://{user}@host/x?key=abc with k3y-of-the-header\x1b[2J"))
    assert main(["path"]) == 2
    [file] = (locate().work / "errors").iterdir()
    for text in (capsys.readouterr().err, file.read_text()):
        assert r"at https://***@host/x?*** with ***\x1b[2J" in text
        assert not re.search("ana|p4ss|abc|k3y", text)


def test_where_the_lake_cannot_be_written_the_traceback_lies_elsewhere(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("LAKE_ROOT", str(tmp_path / "file" / "lake"))
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path / "temporary"))
    unforeseen(monkeypatch, RuntimeError("no"))
    assert main(["path"]) == 2
    [file] = (tmp_path / "temporary").iterdir()
    assert str(file) in capsys.readouterr().err
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path / "file"))
    assert main(["path"]) == 2
    assert "nowhere" in capsys.readouterr().err


def test_ctrl_c_is_no_success_and_no_refusal(capsys):
    @in_words
    def stopped(arguments):
        raise KeyboardInterrupt

    assert stopped([]) == 2
    assert capsys.readouterr().err == "interrupted\n"


def test_every_command_of_make_ends_so():
    named = set(
        re.findall(r"\$\(RUN\) -m ((?:lake|orchestration|analysis)[\w.]*)", (ROOT / "Makefile").read_text())
    )
    assert len(named) >= 4
    for name in named:
        module = importlib.import_module(
            name if (ROOT / f"{name.replace('.', '/')}.py").exists() else f"{name}.__main__"
        )
        assert hasattr(module.main, "__wrapped__"), f"{name}: its main is not in_words"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\x1b[2J\x1b]0;title\x07", r"\x1b[2J\x1b]0;title\x07"),
        ("a\rb\x08\x9b31m", r"a\rb\x08\x9b31m"),
        ("\u202egnp.exe\ud800", r"\u202egnp.exe\ud800"),
        ("Grove St é 🚲\n\ttwo", "Grove St é 🚲\n\ttwo"),
    ],
)
def test_nothing_that_a_terminal_obeys_reaches_it(text, said):
    assert plain(text) == said


_LONG = """
import sys, time
from lake import answers
from lake.commands import in_words

@in_words
def main():
    print("first", flush=True, file=answers.stream())
    time.sleep(0.3)
    {}
    return 0

raise SystemExit(main())
"""


@pytest.mark.parametrize("option", [[], [answers.OPTION]])
@pytest.mark.parametrize(
    "more", ["print('last', file=answers.stream())", "print('x' * 1_000_000, file=answers.stream())"]
)
def test_who_has_read_enough_gets_no_traceback(option, more):
    """`make sql … | head -1`: none is kept either, and nothing is called unforeseen."""
    with subprocess.Popen(
        [sys.executable, "-c", _LONG.format(more), *option],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as command:  # fmt: skip
        assert command.stdout.readline() == "first\n"
        command.stdout.close()
        assert command.stderr.read() == ""
    assert command.returncode == 1
    assert not (locate().work / "errors").exists()


def test_a_pipe_that_breaks_elsewhere_is_told(capsys):
    @in_words
    def hangs_up():
        raise BrokenPipeError("a feed hung up")

    assert hangs_up() == 2
    assert "a feed hung up" in capsys.readouterr().err
