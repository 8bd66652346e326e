"""The command line behind `make`: run the pipeline, look at the lake, decide on a batch."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import threading
from typing import TYPE_CHECKING

from lake import answers
from lake.commands import collect_seldom, in_words, who
from lake.errors import LakeError
from lake.layout import Lake, locate
from lake.versions import State

if TYPE_CHECKING:
    from rich.console import Console

#: Of what is written into a pipe, which has no width of its own.
_WIDE = 10_000


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m orchestration", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    run = verbs.add_parser("run", help="land, judge, build, gate, publish")
    run.add_argument("--full", action="store_true", help="build everything anew")
    run.add_argument("--diff", action="store_true", help="show what changes before it is published")
    asking = verbs.add_parser("poll", help="ask feeds without a past what they say now, and keep it")
    asking.add_argument("--every", type=float, help="ask again after so many seconds, until Ctrl-C")
    looks = [verbs.add_parser("status", help="snapshots, and batches by state")]
    planned = verbs.add_parser("plan", help="what a run would do now, and why; nothing is fetched or written")
    planned.add_argument("--full", action="store_true", help="what a run that builds everything would do")
    looks.append(planned)
    differ = verbs.add_parser(
        "diff", help="what differs between two snapshots: exit status 0 nothing, 1 something"
    )
    differ.add_argument("before", nargs="?", default="parent", help="its name; the published one's parent")
    differ.add_argument("after", nargs="?", default="published", help="its name; the published one")
    looks.append(differ)
    docs = verbs.add_parser("docs", help="make data docs and dbt docs in one static place")
    docs.add_argument("--serve", action="store_true", help="serve them on the loopback until Ctrl-C")
    docs.add_argument("--port", type=int, default=8080)
    for name, doing in (("accept", "accept a refused or held version"), ("hold", "keep a version out")):
        verb = verbs.add_parser(name, help=f"{doing}, with a reason")
        verb.add_argument("batch", help="such as jc-2024-05")
        verb.add_argument("--reason", required=True)
        verb.add_argument("--table", help="such as trips, where several tables have such a batch")
        verb.add_argument("--version", type=int, help="the newest, if not given")
    for verb in looks:
        verb.add_argument(answers.OPTION, action="store_true", help="answer with one JSON object")
    return parser


@in_words
def main(arguments: list[str] | None = None) -> int:
    """Carry out one command and return its exit status: 0 done, 1 with refusals, 2 an error."""
    asked = _parser().parse_args(arguments)
    from rich.console import Console

    from orchestration.terminal import escape

    # Whoever reads it gets ids and paths whole, on a line.
    piped = asked.verb == "status" and not sys.stdout.isatty() and "COLUMNS" not in os.environ
    console = Console(
        highlight=False, soft_wrap=asked.verb not in ("status", "diff"), width=_WIDE if piped else None
    )
    try:
        lake = locate()
        if asked.verb == "run":
            from orchestration.run import main_run

            return main_run(lake, full=asked.full, diff=asked.diff)
        if asked.verb == "poll":
            from orchestration.poll import main_poll

            colours = {True: "", False: "[red]"}
            # Of the lake, though a branch is named: it keeps the answers of all, and no drop stops the recorder.
            return main_poll(
                lake.home, lambda is_well, line: console.print(colours[is_well] + escape(line)), asked.every
            )
        if asked.verb == "status":
            from lake.status import status
            from orchestration.terminal import status_tables

            found = status(lake.root)
            if answers.wanted():
                answers.answer(found)
                return 0
            with console.capture() as shown:
                for part in status_tables(found):
                    console.print(part)
            lines = shown.get().splitlines()
            # Of a line as long as the longest reason most would be blanks.
            print(*((line.rstrip() for line in lines) if piped else lines), sep="\n")
            return 0
        if asked.verb == "plan":
            from orchestration.preview import preview, told

            planned = preview(lake, full=asked.full)
            if answers.wanted():
                answers.answer(planned)
            for line in () if answers.wanted() else told(planned):
                console.print(escape(line))
            return 0
        if asked.verb == "diff":
            return _diff(lake, console, asked.before, asked.after)
        if asked.verb == "docs":
            return _docs(lake, console, asked.port if asked.serve else None)
        from orchestration.decisions import decide_by_person, serving

        state: State = "accepted" if asked.verb == "accept" else "held"
        version, *along = decide_by_person(
            lake,
            asked.batch,
            state,
            by=who(),
            reason=asked.reason,
            table=asked.table or None,
            number=asked.version,
        )
    except (LakeError, ValueError, OSError) as error:
        if answers.wanted():
            return answers.fail(str(error))
        console.print(f"[bold red]error:[/] {escape(str(error))}")
        return 2
    alike = f", with the same content version {', '.join(str(one.number) for one in along)}" if along else ""
    console.print(
        f"{version.table} {version} is {state} now{alike}, and {serving(lake, version)}. `make run` builds on that"
    )
    return 0


def _diff(lake: Lake, console: Console, before: str, after: str) -> int:
    from orchestration.changes import changes, diff_tables

    found = changes(lake, before, after)
    if answers.wanted():
        answers.answer(found)
    else:
        for part in diff_tables(found):
            console.print(part)
    return 0 if found.is_equal else 1


def _docs(lake: Lake, console: Console, port: int | None) -> int:
    from orchestration.docs.site import serving, write_site

    index = write_site(lake)
    console.print(f"[bold green]made[/] {lake.short(index)}: open it in a browser, or `make docs SERVE=1`")
    if port is not None:
        with serving(index.parent, port) as address:
            console.print(f"serving {address} until Ctrl-C")
            with contextlib.suppress(KeyboardInterrupt):
                threading.Event().wait()
    return 0


if __name__ == "__main__":
    collect_seldom()
    sys.exit(main())
