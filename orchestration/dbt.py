"""Running dbt on a snapshot that is being built."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from lake.layout import Lake, temporary_name
from lake.snapshots import Snapshot
from lake.words import many, shown
from orchestration.events import without_debugging
from orchestration.macros import called_alone
from orchestration.meaning import declared, without_words
from orchestration.plan import Plan

PROJECT = Path(__file__).parent.parent
#: Silver is tested while gold is not there yet; a test of both belongs to gold.
_TESTS = {"silver": "cautious", "gold": "eager"}
#: How many of the broken rules of a test a message names.
_NAMED = 5
#: How many columns of a row.
_SHOWN = 6
_LONGEST = 80
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
#: Given the parsed project and a layer, dbt's options that say which nodes.
Choice = Callable[[Any, str], list[str]]
#: The scratch database of a build: its name is in every node that was parsed.
DATABASE = "build.duckdb"
_DEFINES = ("dbt_project.yml", "silver/models", "silver/macros", "gold/models")
_TESTED_BY = ("profiles.yml", "silver/tests", "gold/tests")
#: How the names of files end that dbt reads.
_READ = {".sql", ".yml", ".yaml", ".md", ".csv", ".py"}


class BuildError(Exception):
    """dbt could not build a layer, or a test of it failed: the message names the nodes."""


#: Where the project lies as it was parsed, for the next process; a scratch folder, one file for each content.
KEPT = PROJECT / "target" / "parsed"
#: How many of them stay: branches to and fro, and databases of other names.
_KEEP = 6
#: Stands in what is kept wherever the sources name bronze: each build puts its own there.
_ANY_BRONZE = "/bronze/of/the/build"
#: The same in this process: the last one used.
_PARSED: dict[str, bytes] = {}


@dataclass(frozen=True)
class Built:
    """What dbt did for one layer, and in how many parts beside each other, if in any."""

    layer: str
    models: int
    tests: int
    warnings: list[str]
    parts: int = 0


def fingerprint() -> str:
    """Return a hash of everything that decides what dbt builds: models, macros and the engines' versions.

    Words that only say what a table means are no part of it: the next snapshot carries them, and builds nothing anew.
    """
    return _digest(_DEFINES, ("duckdb", "dbt-core", "dbt-duckdb"), words=False)


def _digest(names: tuple[str, ...], packages: tuple[str, ...], *, words: bool = True) -> str:
    engines = [f"{name} {version(name)}" for name in packages]
    digest = hashlib.sha256("\n".join(engines).encode())
    for name in names:
        path = PROJECT / name
        files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if _is_read(file))
        for file in files:
            digest.update(str(file.relative_to(PROJECT)).encode())
            is_told = file.suffix == ".yml" and path.name == "models" and not words
            digest.update(repr(without_words(declared(file))).encode() if is_told else file.read_bytes())
    return digest.hexdigest()


def _is_read(file: Path) -> bool:
    """Say whether dbt reads a file: what an editor leaves beside models decides nothing, be it a link to nowhere."""
    return file.suffix in _READ and file.name[0] not in ".#~" and file.is_file()


@contextmanager
def environment(**wanted: str) -> Iterator[None]:
    """Set variables of the environment, which is how the project's files are told where to read and write."""
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def without(prefix: str) -> Iterator[None]:
    """Take the caller's variables of this prefix out of the environment for the time of the block."""
    before = {name: value for name, value in os.environ.items() if name.startswith(prefix)}
    for name in before:
        del os.environ[name]
    try:
        yield
    finally:
        os.environ.update(before)


@contextmanager
def project_on(bronze: Path, out: Path, database: Path) -> Iterator[None]:
    """Point the project at bronze to read, at the folder to write to and at a scratch database."""
    # On a full disk dbt cannot write its log either, and would print a traceback for each line of it.
    told, logging.raiseExceptions = logging.raiseExceptions, False
    try:
        # Each option of dbt has a variable as well: one of the caller's must not leave tests out.
        with (
            without("DBT_"),
            environment(
                LAKEHOUSE_BRONZE=str(bronze),
                LAKEHOUSE_OUT=str(out),
                LAKEHOUSE_DB=str(database),
                DBT_SEND_ANONYMOUS_USAGE_STATS="false",
            ),
        ):
            yield
    finally:
        logging.raiseExceptions = told


@contextmanager
def flags_known() -> Iterator[None]:
    """Keep dbt from asking who defines a flag of behaviour of its adapters, which it only says in a warning.

    It looks for the file of every frame of the stack among all modules, for each flag of each command: half a
    second where much is loaded, seconds in Airflow.
    """
    from dbt_common import behavior_flags

    flag: Any = behavior_flags.BehaviorFlagRendered
    asked = flag._default_source
    flag._default_source = staticmethod(lambda: "dbt")
    try:
        yield
    finally:
        flag._default_source = staticmethod(asked)


def invoke(arguments: list[str], manifest: Any = None, told: Callable[[Any], None] | None = None) -> Any:
    """Run a dbt command on this project in this process and return dbt's result; `told` gets its events."""
    from dbt.cli.main import dbtRunner

    where = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--target", "build"]
    with flags_known(), without_debugging():
        return dbtRunner(manifest=manifest, callbacks=[told] if told else []).invoke([*arguments, *where])


@contextmanager
def log(path: Path) -> Iterator[Callable[[Any], None]]:
    """Yield what writes dbt's events into a file, a line each; of its debugging there are none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger = logging.Logger("dbt", logging.INFO)
    logger.addHandler(handler)
    levels = {name.lower(): level for name, level in logging.getLevelNamesMapping().items()}

    def told(event: Any) -> None:
        level = levels.get(event.info.level, logging.DEBUG)
        if logger.isEnabledFor(level):
            logger.log(level, "%s", _COLOURS.sub("", event.info.msg))

    try:
        yield told
    finally:
        handler.close()


def _parse(options: list[str]) -> bytes:
    from dbt.parser.manifest import extended_mashumaro_encoder

    with environment(LAKEHOUSE_BRONZE=_ANY_BRONZE):
        outcome = invoke(["parse", *options])
    if not outcome.success:
        if isinstance(outcome.exception, KeyboardInterrupt):
            raise outcome.exception
        raise BuildError(f"dbt cannot read the project: {outcome.exception}")
    # Two fifths of it: what is made anew of whatever is read, and files, which dbt asks while it parses.
    outcome.result.flat_graph, outcome.result.files = {}, {}
    return bytes(outcome.result.to_msgpack(extended_mashumaro_encoder))


def _manifest(packed: bytes) -> Any:
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    return Manifest.from_msgpack(packed, decoder=extended_mashumuro_decoder)


def _kept(name: str) -> bytes | None:
    """Return what another process has parsed, or nothing where that is missing or damaged."""
    try:
        content = (KEPT / name).read_bytes()
    except OSError:
        return None
    seal, packed = content[:32], content[32:]
    return packed if hashlib.sha256(packed).digest() == seal else None


def _keep(name: str, packed: bytes) -> None:
    """Keep it for the next process. Where nothing can be written, that one parses by itself."""
    with suppress(OSError):
        KEPT.mkdir(parents=True, exist_ok=True)
        temporary = temporary_name(KEPT / name)
        temporary.write_bytes(hashlib.sha256(packed).digest() + packed)
        temporary.replace(KEPT / name)
        for file in sorted(KEPT.iterdir(), key=lambda file: file.stat().st_mtime)[:-_KEEP]:
            file.unlink()


def parsed(bronze: Path, database: Path, options: list[str]) -> Any:
    """Return the parsed project with its sources at `bronze`: dbt's manifest, for one command to use up.

    Parsing takes as long as building a layer, and of what it yields only the sources know where bronze lies:
    so whatever is built next, in this process or another, goes on with what was parsed first. It is kept in
    `KEPT` in the form in which dbt keeps its own for partial parsing.
    `options` say where dbt may write, and no variables: they belong to the command that builds.

    Raises:
        BuildError: dbt cannot read the project.
    """
    packages = ("duckdb", "dbt-core", "dbt-duckdb", "dbt-adapters", "dbt-common")
    content = _digest((*_DEFINES, *_TESTED_BY), packages)
    # dbt writes the database's name into every node, and the project's folder into every file.
    name = hashlib.sha256(f"{content} {database.stem} {PROJECT}".encode()).hexdigest()
    packed = _PARSED.get(name) or _kept(name)
    if packed is None:
        packed = _parse(options)
        _keep(name, packed)
    _PARSED.clear()
    _PARSED[name] = packed
    manifest = _manifest(packed)
    for key, source in manifest.sources.items():
        here = json.dumps(str(bronze))[1:-1]
        moved = json.dumps(source.to_dict()).replace(_ANY_BRONZE, here)
        manifest.sources[key] = type(source).from_dict(json.loads(moved))
    # What Jinja knows as `graph` is made from the nodes once, and has to hold these sources.
    manifest.build_flat_graph()
    return manifest


def failure(node: Any, database: Path) -> str:
    """Return what dbt says of a failed node; of a test, which rules how many rows broke or a row, and the file it is in.

    A test that asks several rules names in a column `broken` those that a row breaks. Of others the first row is shown.
    """
    said = _COLOURS.sub("", str(node.message or node.status)).strip()
    if node.status != "fail":
        return said
    import duckdb

    # Where it cannot be asked again, as on a full disk, dbt's own words have to do.
    with suppress(duckdb.Error), duckdb.connect(str(database)) as connection:
        rows = connection.sql(node.node.compiled_code)
        if "broken" in rows.columns:
            rules = rows.aggregate("broken, count(*) as rows").order("rows desc, broken").fetchmany(_NAMED)
            said = "; ".join(f"{rule}: {found:,} rows" for rule, found in rules)
        elif first := rows.order("all").fetchone():
            pairs = zip(rows.columns[:_SHOWN], first, strict=False)
            said = "such as " + ", ".join(f"{name} = {shown(value)[:_LONGEST]}" for name, value in pairs)
    return f"{said} ({many(node.failures, 'row')}; {node.node.original_file_path})"


def work_of(lake: Lake, snapshot: Snapshot) -> Path:
    """Return the scratch folder of a snapshot's build: its database, logs and SQL, and what parts of it write."""
    return lake.work / "build" / snapshot.id


def build(
    lake: Lake, snapshot: Snapshot, layer: str, plan: Plan, chosen: Choice | None = None, beside: int = 1
) -> Built:
    """Build and test what the plan says of one layer (`silver` or `gold`) into the snapshot.

    `chosen` returns dbt's options that say which nodes of the parsed project, by default all of the layer. `beside`
    says how many workers share the machine.

    Raises:
        BuildError: a model or test failed.
    """
    work = work_of(lake, snapshot)
    work.mkdir(parents=True, exist_ok=True)
    database = work / DATABASE
    said_by_dbt, sql = work / "logs" / "dbt.log", work / "dbt"
    with project_on(snapshot.bronze, snapshot.path, database):
        # Failures are told below, once.
        quiet = ["--log-path", str(work / "logs"), "--log-level", "none", "--log-level-file", "none"]
        # Its manifest of everything, written anew after each layer, took a tenth, and nobody reads it.
        quiet += ["--target-path", str(sql), "--no-write-json"]
        manifest = called_alone(parsed(snapshot.bronze, database, quiet))
        whole = ["--select", f"path:{layer}", "--indirect-selection", _TESTS[layer]]
        arguments = [
            "build",
            *quiet,
            *(chosen(manifest, layer) if chosen else whole),
            # They test the models, not the data: `make test` runs them.
            "--exclude-resource-type",
            "unit_test",
            "--vars",
            json.dumps({**plan.variables(), "workers_beside": beside}),
            # A model at a time, and not the profile's two, where others are built beside it.
            *(["--threads", "1"] if beside > 1 else []),
        ]
        with log(said_by_dbt) as told:
            result = invoke(arguments, manifest, told)
    if isinstance(result.exception, KeyboardInterrupt):
        raise result.exception
    if result.exception:
        raise BuildError(f"dbt could not run on {layer}: {result.exception}")
    nodes = list(getattr(result.result, "results", []))
    failed = [node for node in nodes if node.status in {"error", "fail", "skipped"}]
    if failed or not result.success:
        said = [f"{node.node.name}: {failure(node, database)}" for node in failed if node.status != "skipped"]
        skipped = len(failed) - len(said)
        raise BuildError(
            f"dbt failed on {layer}; what depends on it was skipped ({skipped} nodes):\n  "
            + "\n  ".join(said)
            + f"\ndbt's log: {lake.short(said_by_dbt)}; the SQL of every node: {lake.short(sql)}"
        )
    kinds = [str(node.node.resource_type) for node in nodes]
    return Built(
        layer,
        models=kinds.count("model"),
        tests=kinds.count("test"),
        warnings=[f"{node.node.name}: {node.message}" for node in nodes if node.status == "warn"],
    )
