"""The command line: build the published snapshot's models elsewhere, and compare every table with what is published."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from rich.console import Console

from lake import answers
from lake.commands import in_words
from lake.compare import columns_of, comparing
from lake.diff import diff
from lake.errors import LakeError
from lake.layout import locate
from lake.paths import remove_tree
from lake.snapshots import Snapshot, hold_snapshot
from orchestration.changes import diff_tables
from orchestration.dbt import PROJECT, BuildError, fingerprint
from orchestration.elsewhere.compiled import compile_models, typed
from orchestration.elsewhere.run import ElsewhereError, build, read_source, session
from orchestration.elsewhere.spark import UnlistedError, refuse_unlisted


def elsewhere(snapshot: Snapshot, remote: str | None, out: Path) -> int:
    """Build and compare; tell how it went, and return 1 where tables differ. What lies in `out` is cleared first."""
    has_changed = snapshot.facts.get("fingerprint") != fingerprint()
    with session(remote) as spark:
        remove_tree(out, out.parent)
        models, sources = compile_models(snapshot, out / "compiled")
        with comparing() as connection:
            columns = {name: columns_of(connection, query) for name, query in sources.items()}
        models = typed(models, columns)
        refuse_unlisted({model.name: model.tree for model in models})
        began = time.monotonic()
        for name, query in sources.items():
            read_source(spark, name, query, columns[name])
        build(spark, models, out)
    print(f"{len(models)} models in {time.monotonic() - began:.1f} s", flush=True)
    return compare(snapshot, out / "built", has_changed=has_changed)


def compare(snapshot: Snapshot, built: Path, *, has_changed: bool) -> int:
    """Compare what was built with the snapshot, as it were another of the same bronze; tell, return 1 where they differ.

    `has_changed`: the models are not those of the snapshot.
    """
    (built / "bronze").symlink_to(snapshot.bronze.resolve())
    found = diff(snapshot, Snapshot("elsewhere", built, None, {}), cut=False)
    for part in diff_tables(found) if found.tables else ():
        Console(highlight=False).print(part)
    for table in found.tables:
        for row in table.sample:
            if side := {"gone": "published", "added": "elsewhere"}.get(row.change):
                print(f"{table.table}, only {side}: {row.told()}")
    print(f"{found.same_tables} of {found.same_tables + len(found.tables)} tables the same as published")
    if has_changed:
        print("the models have changed since: until `make run`, what differs may be theirs")
    return int(bool(found.tables))


@in_words
def main() -> int:
    """Carry it out and return its exit status: 0 all tables are the same, 1 some differ, 2 an error."""
    os.environ.setdefault("RUST_LOG", "error")  # Sail's
    try:
        with hold_snapshot(locate()) as snapshot:
            folder = PROJECT / "target" / "elsewhere"
            return elsewhere(snapshot, os.environ.get("REMOTE") or None, folder / snapshot.id)
    except ImportError as error:
        return answers.fail(f"{error}; `make elsewhere` installs it and runs this")
    except (LakeError, BuildError, ElsewhereError, UnlistedError, OSError) as error:
        return answers.fail(str(error))


if __name__ == "__main__":
    sys.exit(main())
