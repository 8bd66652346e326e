"""What lies in a lake is listed once, in `lake/layout.py`: all others are made from that list, or know it."""

from __future__ import annotations

import ast
import shutil
import subprocess
from pathlib import Path

import guard
import owners
import pytest

from lake import LakeError, layout, locate
from lake.cleaning import clean
from lake.layout import ENTRIES, Entry, Kind
from tests.structure import documents

ROOT = Path(__file__).parents[2]
INVENTED = [Entry("ledger", kind) for kind in Kind]
CODE = "lake/files.py"


def put(root, entry):
    """Put something into a lake as the entry says, with a module in what holds files or leads to some."""
    path = root / entry.name
    if entry.kind is Kind.JSON:
        path.write_text("{}")
        return
    folder = path if entry.kind.is_folder else root.parent / "elsewhere" / entry.name
    (folder / "one").mkdir(parents=True)
    (folder / "one" / "module.py").touch()
    if folder != path:
        path.symlink_to(folder)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Return a function that makes a project with a lake of these entries, whole and under way."""
    root = tmp_path / "project"
    for name in (".gitignore", "pyproject.toml", CODE):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, root / name)
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    monkeypatch.chdir(root)

    def filled(entries):
        for entry in entries:
            put(root / "lake", entry)
            (root / "lake" / f".{entry.name}.4711.writing").mkdir()
            (root / "lake" / f".{entry.name}.4711.writing" / "module.py").touch()
        return root

    return filled


def printed(*command):
    return set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())


def of_git():
    return printed("git", "ls-files", "--others", "--exclude-standard", "lake")


def of_ruff():
    found = printed(ROOT / ".venv" / "bin" / "ruff", "check", "--show-files", ".")
    return {str(Path(path).relative_to(Path.cwd())) for path in found if "/lake/" in path}


def of_mypy():
    from mypy.main import process_options

    return {source.path for source in process_options(["lake"])[0]}


@pytest.mark.parametrize("seen", [of_git, of_ruff, of_mypy])
def test_tools_see_the_code_and_nothing_of_the_data(project, seen):
    project(ENTRIES)
    assert seen() == {CODE}


@pytest.mark.parametrize("entry", INVENTED, ids=lambda entry: entry.kind.name)
def test_an_entry_that_git_does_not_know_is_told(project, entry):
    project([entry])
    assert f"lake/{entry.name}" in {"/".join(Path(path).parts[:2]) for path in of_git()}


def test_git_ignores_nothing_else_of_a_lake():
    ignored = [line for line in (ROOT / ".gitignore").read_text().splitlines() if line.startswith("/lake/")]
    listed = [f"/lake/{entry.name}{'/' if entry.kind.is_folder else ''}" for entry in ENTRIES]
    assert sorted(ignored) == sorted([*listed, "/lake/.*"])


@pytest.fixture(params=[*ENTRIES, *INVENTED], ids=lambda entry: f"{entry.name}-{entry.kind.name}")
def listed(request, monkeypatch):
    """An entry that the list holds, whatever it is."""
    for module in ("lake.layout", "lake.cleaning"):
        monkeypatch.setattr(f"{module}.ENTRIES", list(dict.fromkeys([*ENTRIES, request.param])))
    monkeypatch.setattr(guard.layout, "ENTRIES", layout.ENTRIES)
    return request.param


def test_the_guard_refuses_what_is_listed(listed, tmp_path):
    for name in (listed.name, f"{listed.name}/x.parquet", f".{listed.name}.4711.writing"):
        assert guard.holds_data(tmp_path / "lake" / name, tmp_path / "lake", whole=False)
    (tmp_path / "lake").mkdir(exist_ok=True)
    assert not guard.holds_data(tmp_path, tmp_path / "lake", whole=True)
    put(tmp_path / "lake", listed)
    assert guard.holds_data(tmp_path, tmp_path / "lake", whole=True)


def test_clean_removes_what_is_listed(listed, own_lake):
    put(own_lake, listed)
    assert own_lake / listed.name in clean(locate())
    assert list(own_lake.iterdir()) == []


def test_documents_may_name_what_is_listed(listed):
    assert documents.paths(f"`lake/{listed.name}/x`, `lake/{listed.name}`") == set()


def test_what_is_not_listed_is_unknown_to_all(own_lake):
    assert not guard.holds_data(own_lake / "ledger", own_lake, whole=False)
    assert documents.paths("`lake/ledger/x`") == {"lake/ledger/x"}
    (own_lake / "ledger").mkdir()
    with pytest.raises(LakeError, match="also holds ledger"):
        clean(locate())


def test_the_list_loads_with_the_systems_python_and_nothing_else():
    code = "import guard, sys; print(*{'lake', 'lake.errors'} & {*sys.modules}, len(guard.layout.ENTRIES))"
    done = subprocess.run(
        ["python3", "-S", "-c", code], cwd=ROOT / ".awos/hooks", capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [str(len(ENTRIES))]


def test_no_code_takes_the_projects_own_lake_for_the_one_that_is_asked():
    """LAKE_ROOT and BRANCH say which: a path from `lake/` on is another one's as soon as they do."""
    wrong = []
    for name in (name for name in owners.files() if name.endswith(".py") and not name.startswith("tests/")):
        for call in ast.walk(ast.parse((ROOT / name).read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call):
                continue
            texts = (one.value for one in call.args if isinstance(one, ast.Constant))
            first, _, rest = str(next(texts, "")).removeprefix("./").partition("/")
            if first == "lake" and layout.is_data(rest.partition("/")[0]):
                wrong.append(f"{name}:{call.lineno}: locate() says where the lake lies")
    assert wrong == []
