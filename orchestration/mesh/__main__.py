"""The command line of SQLMesh on this project.

`apply` plans and applies, `parity` does that and compares every model with the snapshot's, `lineage` tells
which columns a column is made from, down to bronze. Every other command is SQLMesh's own.
"""

from __future__ import annotations

import argparse
import sys

from lake import answers
from lake.commands import collect_seldom, in_words
from lake.errors import LakeError
from lake.layout import Lake, locate
from lake.snapshots import Snapshot, hold_snapshot
from orchestration.mesh.apply import MeshError, bring_up_to_date, context, database, lineage, parity
from orchestration.mesh.parity import Compared, Parity


def _show_parity(compared: list[Compared], snapshot: Snapshot) -> int:
    width = max(len(one.model) for one in compared)
    for one in compared:
        print(f"{one.model:{width}}  {one.rows:>12,}  {'differs' if one.differences else 'same'}")
        for line in one.differences:
            print(f"{'':{width}}  {line}")
    different = [one.model for one in compared if one.differences]
    if different:
        print(f"{len(different)} of {len(compared)} models differ from snapshot {snapshot.id}: ", end="")
        print(", ".join(different))
        return 1
    rows = sum(one.rows for one in compared)
    print(f"{len(compared)} models, {rows:,} rows: the same as in snapshot {snapshot.id}")
    return 0


def _carry_out(lake: Lake, asked: argparse.Namespace) -> int:
    from sqlmesh.core.console import configure_console

    configure_console()
    at = database()
    with hold_snapshot(lake) as snapshot:
        if asked.verb == "lineage":
            with context(snapshot.bronze.resolve(), at) as loaded:
                found = lineage(loaded, asked.column)
            if answers.wanted():
                answers.answer(found)
            else:
                print("\n".join(found.lines()))
            return 0
        changed = bring_up_to_date(snapshot, at)
        did = "built what has changed" if changed else "nothing to do"
        print(f"SQLMesh is at snapshot {snapshot.id}: {did}; {lake.short(at)}", flush=True)
        if asked.verb != "parity":
            return 0
        compared = parity(snapshot, at)
        if answers.wanted():
            answers.answer(Parity(snapshot.id, compared))
            return int(any(one.differences for one in compared))
        return _show_parity(compared, snapshot)


@in_words
def main(arguments: list[str] | None = None) -> int:
    """Carry out one command and return its exit status: 0 done, 1 tables differ, 2 an error."""
    parser = argparse.ArgumentParser(prog="python -m orchestration.mesh", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("apply", help="plan and apply on the published snapshot")
    both = verbs.add_parser("parity", help="the same, and compare every model with the snapshot's")
    made = verbs.add_parser("lineage", help="tell what a column is made from")
    made.add_argument("column")
    for verb in (both, made):
        verb.add_argument(answers.OPTION, action="store_true", help="answer with one JSON object")
    try:
        return _carry_out(locate(), parser.parse_args(arguments))
    except (LakeError, MeshError, OSError) as error:
        return answers.fail(str(error))


if __name__ == "__main__":
    collect_seldom()
    sys.exit(main())
