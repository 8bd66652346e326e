"""What every command line shares: who types, and an end in words whatever happens."""

from __future__ import annotations

import functools
import gc
import getpass
import os
import select
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec

from lake import answers
from lake.errors import LakeError
from lake.files import utc_now
from lake.layout import locate
from lake.words import shown

Arguments = ParamSpec("Arguments")


def who() -> str:
    """Return the name of who is at work; of a user id that has none, as in many containers, the number."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"


def collect_seldom() -> None:
    """Let this process look for garbage far less often than Python does.

    What dbt, dlt and Great Expectations make is rarely a cycle, and each search goes through all that was imported: a
    tenth of a run. Those at its end stay: with what was imported put out of their reach (`gc.freeze`) Python 3.14
    aborts.
    """
    gc.set_threshold(100_000, 50, 100)


def unforeseen(error: Exception) -> str:
    """Write the traceback of an error that nobody foresaw to a file; return it in words, with where that is.

    Neither shows a secret: a file like that is sent to others.
    """
    name = f"{utc_now().replace(':', '')}-{os.getpid()}.txt"
    text = shown("".join(traceback.format_exception(error)))
    place = "nowhere: neither the lake nor the folder for temporary files can be written"
    folders: list[Callable[[], Path]] = [
        lambda: locate().work / "errors",
        lambda: Path(tempfile.gettempdir()),
    ]
    for folder in folders:
        try:
            folder().mkdir(parents=True, exist_ok=True)
            (folder() / name).write_text(text, encoding="utf-8")
        except (LakeError, OSError):
            continue
        place = str(folder() / name)
        break
    return f"{type(error).__name__}: {shown(error)}. This was not foreseen; its traceback is in {place}"


def _nobody_reads() -> bool:
    """Say whether what stands behind a pipe (`| head -1`) has had enough; what is left to say then goes nowhere."""
    try:
        out = answers.stream().fileno()
    except ValueError:  # it leads to no file
        return False
    asked = select.poll()
    asked.register(out, 0)  # of an end that was closed it tells unasked
    if not asked.poll(0):
        return False
    # Else the interpreter would try once more at its end, and tell of it.
    os.dup2(os.open(os.devnull, os.O_WRONLY), out)
    return True


def in_words(main: Callable[Arguments, int]) -> Callable[Arguments, int]:
    """Let a command end in words and with exit status 2 where it would end in a traceback, and with 1.

    With `--json` among its words it answers a program (`lake.answers`), however it ends.
    """

    def ended(*arguments: Arguments.args, **named: Arguments.kwargs) -> int:
        try:
            status = main(*arguments, **named)
            # Else the interpreter would say the last of it at its end, and miss the reader there.
            answers.stream().flush()
            return status
        except KeyboardInterrupt:
            if answers.wanted():
                return answers.fail("interrupted")
            print("interrupted", file=sys.stderr)
            return 2
        except BrokenPipeError as error:
            return 1 if _nobody_reads() else answers.fail(unforeseen(error))
        except Exception as error:
            return answers.fail(unforeseen(error))

    @functools.wraps(main)
    def carried_out(*arguments: Arguments.args, **named: Arguments.kwargs) -> int:
        given = arguments[0] if arguments else None
        words = given if isinstance(given, list) else sys.argv[1:]
        if answers.OPTION not in words:
            return ended(*arguments, **named)
        with answers.for_programs():
            try:
                return ended(*arguments, **named)
            except SystemExit as left:  # of argparse, which has said what it does not understand
                if left.code:
                    answers.fail("the command was not understood; standard error says what of it")
                raise

    return carried_out
