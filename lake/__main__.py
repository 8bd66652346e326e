"""The lake's own commands.

`path` prints the published snapshot's folder, `sql` opens DuckDB on it, `rollback` goes back to an older one
and `release` on again, `tag` keeps one, `gc` removes old ones, `verify` looks for damage, `clean` removes all data.
`branch` begins a lake beside the lake, `merge` publishes what it has, `drop` takes a branch or a tag away.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from lake import answers
from lake.branches import branch, drop
from lake.catalog import pinned
from lake.cleaning import clean, clean_scratch
from lake.commands import in_words, who
from lake.errors import LakeError
from lake.layout import Lake, locate
from lake.merging import merge
from lake.names import PUBLISHED, find_here, place_of
from lake.queries import SAFE_MODE, check_query, preparation
from lake.recordings import feeds, kept
from lake.retention import collect
from lake.rollback import release, rollback
from lake.snapshots import hold_snapshot
from lake.tags import read_tags, tag, untag
from lake.verify import verify
from lake.words import plain


def _shell() -> str:
    """Return DuckDB's shell: the one installed beside this Python, else any on the path.

    Raises:
        LakeError: there is none.
    """
    beside = Path(sysconfig.get_path("scripts")) / "duckdb"
    found = str(beside) if beside.exists() else shutil.which("duckdb")
    if not found:
        raise LakeError("the DuckDB shell is missing: install the package duckdb-cli")
    return found


def _open_shell(lake: Lake, name: str | None, query: str | None) -> int:
    """Run DuckDB's shell with the lake's views, for a query or a person; what is piped in is a query as well."""
    if query is None and not sys.stdin.isatty():
        query = sys.stdin.read()
    if query is not None:
        check_query(query)
    with (
        hold_snapshot(*place_of(lake, name)) as snapshot,
        tempfile.NamedTemporaryFile("w", suffix=".sql", encoding="utf-8") as file,
    ):
        file.write(preparation(lake, snapshot))
        file.flush()
        command = [
            _shell(),
            "-no-init",
            "-cmd",
            f".read '{file.name}'",
            "-cmd",
            SAFE_MODE,
            *(["-c", query] if query else []),
        ]
        # The shell's own 1 would be that of a run with refusals.
        return 2 if subprocess.run(command, check=False).returncode else 0


def _gc(lake: Lake, keep: int | None) -> None:
    """Collect, and say what was collected and what was not."""
    if keep is not None and keep < 1:
        raise LakeError(f"KEEP={keep}: at least one snapshot is kept")
    done = collect(lake, keep)
    if answers.wanted():
        return answers.answer(done)
    said = f"removed {len(done.removed)} snapshots{': ' if done.removed else ''}{', '.join(done.removed)}"
    if done.in_use:
        said += f"; left because they are being read: {', '.join(done.in_use)}"
    if done.leftovers:
        said += f"; cleared after killed runs: {', '.join(lake.short(path) for path in done.leftovers)}"
    print(said)
    return None


def _verify(lake: Lake) -> int:
    """Say what is not as it was written, and how to mend it; return the exit status."""
    done = verify(lake)
    if not done.files and not done.faults:
        raise LakeError(
            f"{lake.short(lake.root)} holds no version and no snapshot, so nothing was verified: LAKE_ROOT says which lake"
        )
    if answers.wanted():
        answers.answer(done)
        return 2 if done.faults else 0
    for fault in done.faults:
        print(plain(f"{lake.short(fault.path)} {fault.what}"))
        if fault.snapshots:
            print(f"    in snapshot {', '.join(fault.snapshots)}")
        print(plain(f"    to mend it: {fault.mend}"))
    rate = f"{done.files:,} files, {done.read / 1e6:,.1f} MB, read and hashed in {done.seconds:.1f} s"
    older = f"; {done.unhashed:,} are from before hashes were written down" if done.unhashed else ""
    print(f"{rate}{older}: {f'{len(done.faults):,} faults' if done.faults else 'all as it was written'}")
    return 2 if done.faults else 0


#: How a snapshot is asked for.
_NAMED = "an id, a tag, published, parent, pinned, or a time such as 2026-05-01T08:00"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m lake", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    for name, doing in (("path", "print a snapshot's folder"), ("sql", "open DuckDB's shell on a snapshot")):
        verb = verbs.add_parser(name, help=doing)
        verb.add_argument("--snapshot", help=f"{_NAMED}; the published one, if not given")
        if name == "sql":
            verb.add_argument("--query", help="answer this and leave")
    back = verbs.add_parser("rollback", help="publish an older snapshot again, and pin the lake to it")
    back.add_argument("--snapshot", help=f"{_NAMED}; the one before the published one, if not given")
    back.add_argument("--reason", required=True)
    verbs.add_parser("release", help="let runs publish again after a rollback")
    for name, doing in (
        ("branch", "begin a branch: a lake beside the lake, made of hard links"),
        ("merge", "publish what a branch has published, and drop it"),
        ("drop", "take a branch or a tag away"),
        ("tag", "name a snapshot, and keep it until the name is dropped"),
    ):
        verb = verbs.add_parser(name, help=doing)
        verb.add_argument("name")
        if name == "tag":
            verb.add_argument("--snapshot", help=f"{_NAMED}; the published one, if not given")
    gc = verbs.add_parser("gc", help="remove old snapshots and what killed runs left behind")
    gc.add_argument("--keep", type=int, help="how many of the newest stay; LAKE_KEEP_SNAPSHOTS or 5")
    told = verbs.add_parser("verify", help="read and hash all files, and say what is not as it was written")
    cleaned = verbs.add_parser("clean", help="remove all data, never code")
    cleaned.add_argument("--scratch", type=Path, help="a folder to remove as well, with the lakes in it")
    for verb in (gc, told):
        verb.add_argument(answers.OPTION, action="store_true", help="answer with one JSON object")
    return parser


def _named(lake: Lake, asked: argparse.Namespace) -> str:
    """Carry out what is done with the name of a branch or tag, and say what was done."""
    name = asked.name
    if not name:
        raise LakeError(f"which one? `make {asked.verb} NAME=…`")
    if asked.verb == "branch":
        on = branch(lake, name, by=who())
        return (
            f"branch {name} is a lake of its own in {lake.short(on.root)}, of the same files: any command works there with "
            f"BRANCH={name}, as `make run BRANCH={name}`. `make merge NAME={name}` or `make drop NAME={name}` ends it"
        )
    if asked.verb == "merge":
        merged = merge(lake, name, by=who())
        left = f"branch {name} stays: {merged.stays}" if merged.stays else f"branch {name} is dropped"
        return (
            f"snapshot {merged.snapshot.id} is published, with what branch {name} landed and decided; {left}"
        )
    if asked.verb == "tag":
        tagged = tag(lake, name, find_here(lake, asked.snapshot or PUBLISHED).id, by=who())
        return f"snapshot {tagged.snapshot} is tagged {name}, and stays until `make drop NAME={name}`"
    if name in read_tags(lake):
        return f"tag {name} is dropped; snapshot {untag(lake, name).snapshot} goes when its time comes"
    drop(lake, name)
    return (
        f"branch {name} is dropped; what feeds answered meanwhile stays in {lake.short(lake.home.recordings)}"
    )


def _carry_out(lake: Lake, asked: argparse.Namespace) -> str:
    """Carry out a verb that ends in one line, and return the line."""
    if asked.verb == "path":
        return str(pinned(lake, asked.snapshot).path)
    if asked.verb == "rollback":
        target = find_here(lake, asked.snapshot).id if asked.snapshot else None
        back = rollback(lake, target, by=who(), reason=asked.reason)
        return (
            f"snapshot {back.id} is published again, and the lake is pinned to it: runs land and judge, and "
            "publish nothing until `make release`. `make hold` keeps a bad version out for good"
        )
    if asked.verb == "release":
        pin = release(lake)
        return f"released from {pin.told()}; the next `make run` publishes what is accepted"
    if asked.verb in ("branch", "merge", "drop", "tag"):
        return _named(lake, asked)
    recorded = sum(len(kept(lake, source, feed)) for source, feed in feeds(lake))
    removed = clean(lake)
    said = f"removed {', '.join(path.name for path in removed) or 'nothing'} from {lake.root}"
    said += f", with {recorded:,} answers of feeds that cannot be asked for again" if recorded else ""
    left = clean_scratch(asked.scratch) if asked.scratch else []
    return said + "".join(f"; left {lake.short(busy)}, in which somebody works or reads" for busy in left)


@in_words
def main(arguments: list[str] | None = None) -> int:
    """Carry out one command and return its exit status: 0 done, 2 it could not be, or something is damaged."""
    asked = _parser().parse_args(arguments)
    try:
        lake = locate()
        if asked.verb == "sql":
            return _open_shell(lake, asked.snapshot, asked.query)
        if asked.verb == "verify":
            return _verify(lake)
        if asked.verb == "gc":
            _gc(lake, asked.keep)
            return 0
        print(_carry_out(lake, asked))
    except (LakeError, OSError) as error:
        return answers.fail(str(error))
    return 0


if __name__ == "__main__":
    sys.exit(main())
