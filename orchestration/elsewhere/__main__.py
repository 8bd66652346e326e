"""The command line: build the published snapshot's models elsewhere, and compare every table with what is published."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from lake.catalog import relations
from lake.commands import in_words
from lake.compare import comparing
from lake.layout import locate
from lake.snapshots import Snapshot, hold_snapshot
from orchestration.dbt import PROJECT, fingerprint


def elsewhere(snapshot: Snapshot, remote: str | None, out: Path) -> int:
    """Build and compare; tell how it went, and return 1 where tables differ."""
    from orchestration.elsewhere.compiled import columns_of, compile_models, typed
    from orchestration.elsewhere.run import build, check_engine, compare, read_source, session, shown
    from orchestration.elsewhere.spark import refuse_unlisted

    check_engine(remote)
    has_changed = snapshot.facts.get("fingerprint") != fingerprint()
    models, sources = compile_models(snapshot, out / "compiled")
    with comparing() as connection:
        columns = {name: columns_of(connection, query) for name, query in sources.items()}
    models = typed(models, columns)
    refuse_unlisted({model.name: model.tree for model in models})
    seconds = {}
    began = time.monotonic()
    with session(remote) as spark:
        for name, query in sources.items():
            read_source(spark, name, query, columns[name])
        for name, took in build(spark, models, out / "built"):
            seconds[name] = took
            if took > 5:
                print(f"  {name}: {took:.1f} s", flush=True)
    print(
        f"{len(models)} models on {shown(remote) if remote else 'Sail'} in {time.monotonic() - began:.1f} s",
        flush=True,
    )
    published = relations(snapshot.path.resolve())
    compared = list(compare(published["silver"] | published["gold"], out / "built", models))
    width = max(len(one.table) for one in compared)
    for one in compared:
        print(f"{one.table:{width}}  {one.rows:>12,}  {'differs' if one.differences else 'same'}")
        for line in one.differences:
            print(f"{'':{width}}  {line}")
    different = [one.table for one in compared if one.differences]
    print(verdict(snapshot.id, len(compared), different, has_changed))
    return int(bool(different))


def verdict(snapshot: str, number: int, different: list[str], has_changed: bool) -> str:
    """Return in words which of `number` tables differ; `has_changed`: the models are not those of the snapshot."""
    if not different:
        told = f"{number} of {number} tables the same as published"
        return f"{told}, though the models have changed since" if has_changed else told
    told = f"{len(different)} of {number} tables differ from snapshot {snapshot}: {', '.join(different)}"
    return (
        f"{told}\nthe models have changed since: `make run` first, then what differs is the engine"
        if has_changed
        else told
    )


@in_words
def main() -> int:
    """Carry it out and return its exit status: 0 all tables are the same, 1 some differ, 2 an error."""
    from lake import answers
    from lake.errors import LakeError

    os.environ.setdefault("RUST_LOG", "error")  # Sail's
    from orchestration.dbt import BuildError
    from orchestration.elsewhere.run import ElsewhereError
    from orchestration.elsewhere.spark import UnlistedError

    try:
        with hold_snapshot(locate()) as snapshot:
            return elsewhere(
                snapshot, os.environ.get("REMOTE") or None, PROJECT / "target" / "elsewhere" / snapshot.id
            )
    except (LakeError, BuildError, ElsewhereError, UnlistedError, OSError) as error:
        return answers.fail(str(error))


if __name__ == "__main__":
    sys.exit(main())
