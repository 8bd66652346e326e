"""`make source`: skeletons of every kind, whose every piece has a mark, and that look as if the team had written them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import source

from bronze import landing, sources
from bronze.errors import BatchError, UnreachableError
from bronze.expectations.rules import is_unwritten
from lake import locate
from lake.errors import LakeError
from orchestration import steps
from orchestration.airflow import tasks
from orchestration.gate import judge as gate
from orchestration.upstreams import configured, upstreams
from tests.conformance import bronze, readers, silver  # noqa: F401  # they register their checks
from tests.conformance.finding import CHECKS
from tests.conformance.project import Project
from tests.structure.copies import ROOT, edit
from tests.structure.published import ENTRIES, PUBLISHED, served
from tests.structure.skeletons import SKELETONS, begun, made, with_skeletons

pytestmark = pytest.mark.slow

#: What mypy keeps of the copies, for the next run.
CHECKED = ROOT / "target" / "mypy_of_skeletons"


def content(root: Path) -> dict[Path, tuple[int, int]]:
    """Return what files there are, with sizes and times to the nanosecond, but for what tools keep."""
    found = {}
    for folder, below, names in os.walk(root):
        below[:] = [
            name for name in below if name not in ("__pycache__", ".mypy_cache", ".ruff_cache", ".git")
        ]
        for path in (Path(folder, name) for name in names):
            facts = path.stat()
            found[path] = facts.st_size, facts.st_mtime_ns
    return found


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A copy of the project with a skeleton of each kind; and the files that were written."""
    root = tmp_path_factory.mktemp("project")
    files = with_skeletons(root)
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    return root, files


def test_each_mark_names_a_piece(project):
    marks = Project(project[0]).marks
    assert {source for source, _ in marks} - begun() == SKELETONS.keys()
    assert {piece for _, piece in marks} <= {f"{layer} {piece}" for layer, piece in CHECKS}


@pytest.mark.parametrize(
    ("tool", "suffix"),
    [
        (["ruff", "check"], ".py"),
        (["ruff", "format", "--check"], ".py"),
        (["mypy"], ".py"),
        (["sqlfluff", "lint", "--disable-progress-bar"], ".sql"),
    ],
    ids=lambda one: " ".join(one) if isinstance(one, list) else one,
)
def test_tools_find_nothing_in_them(project, tool, suffix):
    root, files = project
    command = [str(Path(sys.executable).with_name(tool[0])), *tool[1:]]
    if tool == ["mypy"]:
        # The next run's copy has the same files. Once, what it has of the project is as `make style` left it: mypy
        # replaces files and writes into none.
        with suppress(OSError):
            if not CHECKED.exists():
                shutil.copytree(ROOT / ".mypy_cache", CHECKED, copy_function=os.link)
        command += ["--cache-dir", str(CHECKED)]
    files = [file for file in files if file.endswith(suffix)]
    done = subprocess.run([*command, *files], cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nager", "days", "api"), "the source 'nager' is there already.*bronze/sources/nager.py"),
        (("citibike", "days", "api"), "the source 'citibike' is there already"),
        (("haze", "days", "api"), r"'haze' is there already.*tests/bronze/test_haze.py: 2 to write"),
        (("lake", "days", "api"), "'lake' is there already"),
        (("water", "levels,trips", "api"), "'trips' is a table of citibike"),
        (("water", "soundings", "api"), "'soundings' is a table of haze"),
        (("water", "rules", "api"), "bronze/expectations/rules.py is there already"),
        (("weather", "gauges", "api"), "serving/.*/weather.py is there already"),
        (("Water", "levels", "api"), "'Water' is no name"),
        (("2water", "levels", "api"), "'2water' is no name"),
        (("../water", "levels", "api"), "'../water' is no name"),
        (("water", "water-levels", "api"), "'water-levels' is no name"),
        (("class", "levels", "api"), "'class' is no name"),
        (("water", "select", "api"), "'select' is no name"),
        (("water", "text", "api"), "'text' is a name that the module"),
        (("client", "levels", "api"), "'client' is a name that the module"),
        (("list_offers", "levels", "api"), "'list_offers' is a name that the module"),
        (("range", "levels", "api"), "'range' is a name that the module"),
        (("resources", "levels", "feed"), "'resources' is a name that the module"),
        (("no", "levels", "archive"), "'no' is a name that the module"),
        (("water", "tables", "api"), "'tables' is a name that the module"),
        (("months", "levels", "api"), r"'months' is a key below \[sources\] of .dlt/config.toml"),
        (("water", "", "api"), "name one or more tables"),
        (("water", "levels,levels", "api"), "name one or more tables, each once"),
        (("water", "levels", "ftp"), "KIND='ftp' is unknown: choose of api, paged, file, archive, feed"),
        (("w" * 60, "levels", "api"), "the names are too long for a line"),
    ],
    ids=lambda one: " ".join(one)[:30] if isinstance(one, tuple) else "",
)  # fmt: skip
def test_what_cannot_be_is_refused_and_nothing_is_written(project, monkeypatch, capsys, words, said):
    root, _ = project
    before = content(root)
    monkeypatch.setattr(source, "ROOT", root)
    assert source.main(list(words)) == 2
    told = capsys.readouterr().err
    assert re.match(f"error: .*{said}", told, re.DOTALL), told
    assert content(root) == before


def test_a_file_that_has_no_place_for_its_line_any_more_is_told(tmp_path, project):
    root = tmp_path / "project"
    shutil.copytree(project[0], root, ignore=shutil.ignore_patterns(".mypy_cache"))
    edit(root, "serving/pages.py", r'    Page\("health".*', "")
    before = content(root)
    done = made(root, "water", "levels", "api")
    assert "serving/pages.py has no line like" in done.stderr
    assert content(root) == before


@pytest.mark.parametrize("name", SKELETONS)
def test_nothing_is_fetched_and_the_line_to_write_is_named(project, name):
    module = Project(project[0]).load(f"bronze/sources/{name}.py")
    with pytest.raises(BatchError, match=rf"bronze/sources/{name}\.py: TODO\({name} bronze source\): "):
        if SKELETONS[name][1] == "feed":
            getattr(module, name)("http://nowhere.test", months="2024-05")
        list(module.list_offers("http://nowhere.test", "2024-05"))


def test_a_poll_passes_over_feeds_that_are_not_written(project, monkeypatch):
    module = Project(project[0]).load("bronze/sources/street_lights.py")
    monkeypatch.setitem(sys.modules, "bronze.sources.street_lights", module)
    assert list(landing.ask(locate(), "street_lights", origin="upstream")) == []


def test_every_run_passes_over_what_is_not_written(project, monkeypatch, caplog):
    """The others land, live and in the sample, in one process and as tasks."""
    module = Project(project[0]).load("bronze/sources/haze.py")
    others = sources.names()
    monkeypatch.setattr(sources, "names", lambda: [*others, "haze"])
    monkeypatch.setitem(sys.modules, "bronze.sources.haze", module)
    assert configured() == dict.fromkeys(others)
    with monkeypatch.context() as live:
        for name in others:
            live.setenv(sources.variable(name), "http://127.0.0.1:9/nothing")
        run = {"months": "2024-05", "cities": ["jc"], "origin": "upstream", "full": False}
        assert tasks.ask(run, "haze", lambda _: None) == {"source": "haze", "batches": []}
        assert [one.getMessage() for one in caplog.records] == ["haze is not written yet: passed over"]
        with live.context() as alone:
            alone.setattr(sources, "names", lambda: ["haze"])
            assert list(steps.land(locate(), "upstream", lambda _: lambda *_: None)) == []
        live.setattr(module, "UNWRITTEN", "")
        with pytest.raises(LakeError, match="no base_url for haze"), upstreams(locate()):
            pass


@pytest.fixture
def upstream():
    with served() as address:
        yield address


def offered(project: tuple[Path, list[str]], name: str, upstream: str) -> list[Any]:
    """Return what a module offers that calls itself written; of feeds, after they were asked once."""
    module = Project(project[0]).load(f"bronze/sources/{name}.py")
    module.UNWRITTEN = ""
    if SKELETONS[name][1] == "feed":
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(sys.modules, f"bronze.sources.{name}", module)
            patch.setenv(sources.variable(name), upstream)
            patch.setenv("SOURCES__MONTHS", "2024-05")
            patch.setattr("bronze.feeds._now", lambda: datetime(2024, 5, 3, tzinfo=UTC))
            assert [one.outcome for one in landing.ask(locate(), name, origin="upstream")] == ["kept", "kept"]
            return list(landing.offers(name))
    return list(module.list_offers(upstream, "2024-05"))


@pytest.mark.parametrize("name", SKELETONS)
def test_what_a_kind_shows_works(project, upstream, name):
    """Once the mark is gone, each module asks, counts and hashes as it says."""
    offers = offered(project, name, upstream)
    assert [offer.table for offer in offers] == SKELETONS[name][0]
    for offer in offers:
        rows = [row for batch in offer.rows() for row in batch.to_pylist()]
        assert [json.loads(row["other_fields"]) for row in rows] == ENTRIES
        assert offer.facts.rows_counted == 2
        assert offer.facts.months == ["2024-05"]
        assert offer.facts.other_fields == sorted(ENTRIES[0])
        assert offer.facts.content_hash
        # To the end of a run dlt holds on to all of a source's offers.
        offer.close()
        assert repr(ENTRIES[0]) not in repr(offer)
        if SKELETONS[name][1] == "file":  # its part cannot be asked for again, and is not taken for empty
            with pytest.raises(BatchError, match="is through"):
                list(offer.rows())
        else:
            assert sum(batch.num_rows for batch in offer.rows()) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id,date,id\n1,2024-05-01,2\n", r"a\.csv line 1: .* twice"),
        ("id,date\n1,2024-05-01\n2,2024-05-02,3\n", r"a\.csv line 3: 3 fields .* 2"),
        ("id,date\n1\n", r"a\.csv line 2: 1 fields .* 2"),
    ],
)
def test_what_does_not_fit_its_header_is_refused(project, upstream, monkeypatch, text, said):
    monkeypatch.setitem(PUBLISHED, "csv", text)
    for offer in offered(project, "street_permits", upstream):
        with pytest.raises(BatchError, match=said):
            offer.prepare()


def test_pages_that_changed_in_between_are_not_taken(project, upstream, monkeypatch):
    [offer] = offered(project, "noise", upstream)
    with monkeypatch.context() as patched, pytest.raises(UnreachableError, match="came twice"):
        patched.setitem(ENTRIES[1], "id", ENTRIES[0]["id"])
        offer.prepare()
    with monkeypatch.context() as patched, pytest.raises(UnreachableError, match="the upstream counts 3"):
        patched.setitem(PUBLISHED, "count", "3")
        offer.prepare()


@pytest.mark.parametrize("query", ["select 'jc' as city", "select 'jc' as city where false"])
def test_the_suite_of_a_skeleton_refuses_whatever_it_is_given(project, monkeypatch, query):
    rules = Project(project[0]).load("gold/expectations/mart_probes.py").RULES
    assert is_unwritten(rules)
    monkeypatch.setattr(gate, "_rules", lambda *_: rules[-1:])
    result = gate.judge(layer="gold", table="mart_probes", relation_sql=query, subject="it")
    assert not result.passed
    assert "TODO(haze gold suite)" in str(result.checks)


def test_a_skeleton_that_is_not_built_is_not_missing(project, monkeypatch, tmp_path):
    rules = Project(project[0]).load("gold/expectations/mart_probes.py").RULES
    monkeypatch.setattr(gate, "suites", lambda layer: ["mart_probes"])
    monkeypatch.setattr(gate, "_rules", lambda *_: rules)
    assert gate.judge_layer(tmp_path, "gold") == []
    monkeypatch.setattr(gate, "_rules", lambda *_: rules[:1])
    [result] = gate.judge_layer(tmp_path, "gold")
    assert "the table is missing" in result.why
