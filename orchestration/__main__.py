"""The command line behind `make`: run the pipeline, look at the lake, decide on a batch."""

from __future__ import annotations

import argparse
import getpass
import sys

from lake.layout import LakeError, locate
from lake.versions import State


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m orchestration", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    run = verbs.add_parser("run", help="land, judge, build, gate, publish")
    run.add_argument("--full", action="store_true", help="build everything anew")
    verbs.add_parser("status", help="snapshots, and batches by state")
    for name, doing in (("accept", "accept a refused or held version"), ("hold", "keep a version out")):
        verb = verbs.add_parser(name, help=f"{doing}, with a reason")
        verb.add_argument("batch", help="such as jc-2024-05")
        verb.add_argument("--reason", required=True)
        verb.add_argument("--table", help="such as trips, where several tables have such a batch")
        verb.add_argument("--version", type=int, help="the newest, if not given")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Carry out one command and return its exit status: 0 done, 1 with refusals, 2 an error."""
    asked = _parser().parse_args(arguments)
    from rich.console import Console
    from rich.markup import escape

    console = Console(highlight=False, soft_wrap=asked.verb != "status")
    try:
        lake = locate()
        if asked.verb == "run":
            from orchestration.run import main_run

            return main_run(lake, full=asked.full)
        if asked.verb == "status":
            from lake.status import status
            from orchestration.terminal import status_tables

            for part in status_tables(status(lake.root)):
                console.print(part)
            return 0
        from orchestration.steps import decide_by_person, serving

        state: State = "accepted" if asked.verb == "accept" else "held"
        version = decide_by_person(
            lake,
            asked.batch,
            state,
            by=getpass.getuser(),
            reason=asked.reason,
            table=asked.table or None,
            number=asked.version,
        )
    except (LakeError, ValueError, OSError) as error:
        console.print(f"[bold red]error:[/] {escape(str(error))}")
        return 2
    console.print(
        f"{version.table} {version} is {state} now, and {serving(lake, version)}. `make run` builds on that"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
