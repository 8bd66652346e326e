"""The evidence: modules, configuration, dbt's manifest and the DAG of one project folder, read when asked."""

from __future__ import annotations

import importlib.util
import itertools
import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
import traceback
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.conformance.finding import Gap, UnreadError
from tests.conformance.graph import Graph

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
#: Where skeletons are, and the mark of what is to be written: source, table if it is about one, piece, text.
_LAYERS = ("bronze", "silver", "gold", "serving", "orchestration", "analysis")
_MARKED = (".dlt", *_LAYERS, *(f"tests/{layer}" for layer in _LAYERS))
_SUFFIXES = {".py", ".sql", ".yml", ".toml", ".md"}
_MARK = re.compile(r"TODO\((\w+)(?:\.(\w+))? ?([^)]*)\): ([^\"|\n]*[^\"|\s])")
_NUMBERS = itertools.count()
#: Run in a process of its own: Airflow takes seconds to load, and is not to read anybody's settings. It imports none
#: of the project for itself, which may be broken.
_ASKED = """
import gc, json, sys
gc.disable()
from airflow.dag_processing.dagbag import DagBag
bag = DagBag(sys.argv[1], bundle_path=sys.argv[1], bundle_name="conformance")
asked = []
if "lakehouse" in bag.dags:
    task = bag.dags["lakehouse"].get_task("bronze.ask")
    asked = list(task.op_kwargs_expand_input.value["source"])
print("\\n" + json.dumps({"errors": [str(error) for error in bag.import_errors.values()], "asked": asked}))
"""


def said(error: BaseException, root: Path | None = None) -> str:
    """Return an error in one line, with the project's file it came from."""
    text = " ".join(_COLOURS.sub("", str(error)).split())
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if root and Path(frame.filename).is_relative_to(root)]
    inside = [frame for frame in own if "tests/conformance" not in frame.filename]
    where = f" ({Path(inside[-1].filename).name}, line {inside[-1].lineno})" if inside else ""
    return f"{type(error).__name__}: {text[:300]}{where}"


class Project:
    """A project folder. What has been read once is kept, errors included.

    `manifest` and `asked` stand in for what dbt and Airflow would say; without them they are asked.
    """

    def __init__(
        self, root: Path, manifest: dict[str, Any] | None = None, asked: list[str] | None = None
    ) -> None:
        self.root = root.resolve()
        self._graph: Graph | UnreadError | None = Graph(manifest) if manifest is not None else None
        self._asked: list[str] | UnreadError | None = asked
        self._asking: subprocess.Popen[str] | None = None
        self._modules: dict[str, ModuleType | UnreadError] = {}

    def has(self, path: str) -> bool:
        """Say whether the project has this file."""
        return (self.root / path).is_file()

    def text(self, path: str) -> str:
        """Return a file's text; nothing where there is no such file."""
        return (self.root / path).read_text(encoding="utf-8") if self.has(path) else ""

    def modules(self, folder: str) -> list[str]:
        """Return the names of the modules in a folder, without loading them."""
        return sorted(p.stem for p in (self.root / folder).glob("*.py") if p.stem != "__init__")

    def load(self, path: str) -> ModuleType:
        """Load a Python file from this folder, whatever others have imported under its name.

        Raises:
            UnreadError: it cannot be imported.
        """
        if path not in self._modules:
            self._modules[path] = self._load(path)
        module = self._modules[path]
        if isinstance(module, UnreadError):
            raise module
        return module

    def _load(self, path: str) -> ModuleType | UnreadError:
        dotted = path.removesuffix(".py").replace("/", ".")
        # A name of its own in sys.modules, where dataclasses look for what their annotations mean.
        name = f"_conformance_{next(_NUMBERS)}.{dotted}"
        spec = importlib.util.spec_from_file_location(name, self.root / path)
        assert spec and spec.loader
        module = importlib.util.module_from_spec(spec)
        module.__package__ = dotted.rpartition(".")[0]
        sys.modules[name] = module
        try:
            spec.loader.exec_module(module)
        except (Exception, SystemExit) as error:
            return UnreadError(said(error, self.root))
        return module

    @cached_property
    def marks(self) -> dict[tuple[str, str], list[Gap]]:
        """What skeletons (`make source`) say is to be written, by source and piece."""
        found: dict[tuple[str, str], list[Gap]] = {}
        for file in (path for folder in _MARKED for path in sorted((self.root / folder).rglob("*.*"))):
            if file.suffix not in _SUFFIXES or file.is_symlink():
                continue
            name = str(file.relative_to(self.root))
            for source, table, piece, todo in _MARK.findall(file.read_text(encoding="utf-8")):
                gap = Gap(name, f"{table}: {todo}" if table else todo)
                found.setdefault((source, piece), []).append(gap)
        return found

    @cached_property
    def settings(self) -> dict[str, Any]:
        """What `.dlt/config.toml` says below `[sources]`; nothing where it is no TOML."""
        try:
            return dict(tomllib.loads(self.text(".dlt/config.toml")).get("sources", {}))
        except tomllib.TOMLDecodeError:
            return {}

    @property
    def graph(self) -> Graph:
        """The manifest that dbt makes of the project.

        Raises:
            UnreadError: dbt cannot read the project.
        """
        if self._graph is None:
            self._graph = self._parse()
        if isinstance(self._graph, UnreadError):
            raise self._graph
        return self._graph

    def _parse(self) -> Graph | UnreadError:
        try:
            from orchestration import dbt

            with tempfile.TemporaryDirectory() as folder:
                scratch = Path(folder)
                quiet = ["--log-level", "none", "--log-level-file", "none", "--log-path", folder]
                quiet += ["--target-path", folder, "--no-write-json"]
                with dbt.project_on(scratch / "bronze", scratch, scratch / "build.duckdb"):
                    manifest = dbt.parsed(scratch / "bronze", scratch / "build.duckdb", quiet)
                tests = {name: test.to_dict(omit_none=False) for name, test in manifest.unit_tests.items()}
                return Graph({**manifest.flat_graph, "unit_tests": tests})
        except Exception as error:
            return UnreadError(f"dbt makes no graph of it: {said(error, self.root)}")

    def begin_asking(self) -> None:
        """Let Airflow read the DAG in the background, to be ready when it is asked for."""
        if self._asked is None and self._asking is None:
            self._home = tempfile.TemporaryDirectory(prefix="conformance-")
            env = {
                "AIRFLOW_HOME": self._home.name,
                "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
                "PYTHONPATH": str(self.root),
            }
            self._asking = subprocess.Popen(
                [sys.executable, "-c", _ASKED, str(self.root / "orchestration" / "dags")],
                cwd=self.root,
                env={**os.environ, **env},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )

    @property
    def asked(self) -> list[str]:
        """The sources that the DAG's `ask` is mapped over.

        Raises:
            UnreadError: Airflow cannot read the DAG.
        """
        if self._asked is None:
            self._asked = self._answer()
        if isinstance(self._asked, UnreadError):
            raise self._asked
        return self._asked

    def _answer(self) -> list[str] | UnreadError:
        self.begin_asking()
        assert self._asking
        out, err = self._asking.communicate(timeout=300)
        if self._asking.returncode:
            return UnreadError(f"Airflow cannot read the DAGs: {' '.join(err.split())[-300:]}")
        answer = json.loads(out.splitlines()[-1])
        errors = [" ".join(text.split())[-300:] for text in answer["errors"]]
        if errors and not answer["asked"]:
            return UnreadError(f"Airflow cannot read the DAGs: {errors[0]}")
        return list(answer["asked"])
