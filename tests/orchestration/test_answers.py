"""What programs are answered stays as it is written down in `answers.json`: names may come, and none goes or changes.

`answers.json` has every name of every answer with its type: `status.snapshots[].id`, a text.
"""

from __future__ import annotations

import contextlib
import json
import types
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, Literal

import pytest

from lake import Lake
from lake.__main__ import main as lake_main
from lake.answers import Failed, as_json
from lake.commands import in_words
from lake.diff import Diff
from lake.retention import Collected
from lake.status import LakeStatus
from lake.verify import Verified
from orchestration.__main__ import main
from orchestration.mesh import __main__ as mesh
from orchestration.mesh.apply import MeshError, Source
from orchestration.mesh.parity import Compared, Parity
from orchestration.preview import Preview
from tests.conformance.__main__ import Conformance
from tests.conformance.__main__ import main as conformance_main
from tests.conformance.project import Project
from tests.orchestration.lakes import sample_run

pytestmark = pytest.mark.slow

WRITTEN = Path(__file__).with_name("answers.json")
ANSWERS: dict[str, type] = {
    "conformance": Conformance,
    "diff": Diff,
    "error": Failed,
    "gc": Collected,
    "lineage": Source,
    "parity": Parity,
    "plan": Preview,
    "status": LakeStatus,
    "verify": Verified,
}
PLAIN = {str: "text", Path: "text", bool: "truth", int: "integer", float: "number", Any: "anything"}


def shape(kind: Any, at: str, above: Mapping[Any, str] = types.MappingProxyType({})) -> dict[str, str]:
    """Return the type of everything in an answer by its place: `[]` in a list, `{}` under any name, `?` may be null."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if kind in PLAIN:
        return {at: PLAIN[kind]}
    if origin is Literal:
        return {at: "text"}
    if origin in (types.UnionType, typing.Union):
        [one] = [part for part in inner if part is not types.NoneType]
        return {f"{place}?" if place == at else place: said for place, said in shape(one, at, above).items()}
    if origin in (dict, Mapping):
        return {at: "object"} | shape(inner[1], f"{at}{{}}", above)
    if origin is list or inner[1:] == (...,):
        return {at: "list"} | shape(inner[0], f"{at}[]", above)
    found = {at: "list" if origin is tuple else "object"}
    if origin is tuple:
        parts = [(f"{at}[{number}]", one) for number, one in enumerate(inner)]
    else:
        assert is_dataclass(kind), f"{at}: {kind} is of no type that JSON has"
        if kind in above:
            return {at: f"as {above[kind]}"}
        above = {**above, kind: at}
        hints = typing.get_type_hints(kind)
        parts = [(f"{at}.{one.name}", hints[one.name]) for one in fields(kind)]
    for place, one in parts:
        found |= shape(one, place, above)
    return found


def shapes() -> dict[str, str]:
    return {place: said for name, kind in ANSWERS.items() for place, said in shape(kind, name).items()}


def test_no_name_of_an_answer_goes_and_none_gets_another_type():
    now = shapes()
    written = json.loads(WRITTEN.read_text(encoding="utf-8"))
    assert {place: now.get(place, "gone") for place in written} == written


KINDS: dict[str, Any] = {"text": str, "truth": bool, "integer": int, "number": (int, float), "list": list}


def conforms(value: Any, at: str, known: dict[str, str]) -> None:
    """Hold an answer against the types of its dataclass."""
    if value is None and f"{at}?" in known:
        return
    said = known.get(at) or known[f"{at}?"]
    if said.startswith("as "):
        conforms(value, said.removeprefix("as "), known)
        return
    assert isinstance(value, KINDS.get(said, object)), f"{at} is no {said}: {value!r}"
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in parts:
        any_, own = (f"{at}{{}}", f"{at}.{name}") if isinstance(value, dict) else (f"{at}[]", f"{at}[{name}]")
        conforms(one, any_ if {any_, f"{any_}?"} & known.keys() else own, known)


def answered(capsys, name, command, arguments, status=0):
    """Carry out a command with --json; return its one answer, which is all that stands on stdout."""
    capsys.readouterr()
    assert command([*arguments, "--json"]) == status
    said = capsys.readouterr().out
    assert said.count("\n") == 1
    found = json.loads(said)
    conforms(found, name, shapes())
    return found


@pytest.fixture
def on_a_lake(tmp_path_factory, monkeypatch):
    lake, outcome, _ = sample_run(tmp_path_factory)
    monkeypatch.setenv("LAKE_ROOT", str(lake.root))
    monkeypatch.setenv("SAMPLE__TRIPS", "20000")
    return lake, outcome


def test_what_looks_at_a_lake_answers_with_one_object(on_a_lake, capsys):
    lake, outcome = on_a_lake
    assert answered(capsys, "status", main, ["status"])["current"] == outcome.snapshot.id
    assert answered(capsys, "plan", main, ["plan"])["outcome"] == "nothing"
    assert answered(capsys, "diff", main, ["diff", "published", "published"])["tables"] == []
    assert answered(capsys, "verify", lake_main, ["verify"])["faults"] == []
    assert answered(capsys, "gc", lake_main, ["gc"]) == {"removed": [], "in_use": [], "leftovers": []}
    [file] = lake.bronze.glob("nager/holidays/batch=us-2020/version=1/*.parquet")
    file.chmod(0o644)
    file.write_bytes(b"damaged")
    assert answered(capsys, "verify", lake_main, ["verify"], status=2)["faults"]
    assert "no other" in answered(capsys, "error", main, ["diff"], status=2)["error"]


def test_what_sqlmesh_says_is_answered_the_same_way(monkeypatch, capsys):
    made = Source("mart.a", (Source("fct.a", (Source("bronze x.y.a"),)),))

    @contextlib.contextmanager
    def nothing(*_):
        yield type("Snapshot", (), {"bronze": Path("bronze"), "id": "20260101-000000-000000"})()

    def built(*_):
        print("what SQLMesh prints of its own")
        return False

    monkeypatch.setattr(mesh, "hold_snapshot", nothing)
    monkeypatch.setattr(mesh, "context", nothing)
    monkeypatch.setattr(mesh, "bring_up_to_date", built)
    monkeypatch.setattr(mesh, "lineage", lambda *_: made)
    assert answered(capsys, "lineage", mesh.main, ["lineage", "mart.a"])["sources"][0]["column"] == "fct.a"
    monkeypatch.setattr(
        mesh, "parity", lambda *_: [Compared("a", 1), Compared("b", 2, ("1 row only in dbt",))]
    )
    assert len(answered(capsys, "parity", mesh.main, ["parity"], status=1)["models"]) == 2

    def fails(*_):
        raise MeshError("x: no such column")

    monkeypatch.setattr(mesh, "lineage", fails)
    assert answered(capsys, "error", mesh.main, ["lineage", "x"], status=2)["error"] == "x: no such column"


def test_conformance_answers_too(capsys, monkeypatch):
    monkeypatch.setattr(Project, "begin_asking", lambda self: None)
    monkeypatch.setattr(Project, "asked", [])  # without Airflow: which sources its DAG asks is told elsewhere
    found = answered(capsys, "conformance", conformance_main, ["--source", "traffic"], status=1)
    assert {one["source"] for one in found["lacking"]} == {"traffic"}


def test_an_error_is_an_answer_with_the_same_exit_status(capsys, monkeypatch):
    assert (
        "nothing is published"
        in answered(capsys, "error", main, ["diff", "published", "published"], status=2)["error"]
    )
    assert "names no snapshot" in answered(capsys, "error", main, ["diff", "x"], status=2)["error"]
    monkeypatch.setenv("LAKE_KEEP_SNAPSHOTS", "no number")
    assert "LAKE_KEEP_SNAPSHOTS" in answered(capsys, "error", lake_main, ["gc"], status=2)["error"]


def test_what_nobody_foresaw_and_what_is_not_understood_are_answers_as_well(capsys):
    @in_words
    def breaks(arguments):
        print("said on the way")
        raise RuntimeError("no")

    assert "RuntimeError: no" in answered(capsys, "error", breaks, [], status=2)["error"]

    @in_words
    def stopped(arguments):
        raise KeyboardInterrupt

    assert answered(capsys, "error", stopped, [], status=2) == {"error": "interrupted"}
    with pytest.raises(SystemExit) as left:
        main(["diff", "--no-such", "--json"])
    assert left.value.code == 2
    assert "not understood" in json.loads(capsys.readouterr().out)["error"]


def test_what_is_no_number_in_json_is_null_and_a_path_is_text():
    assert as_json({"a": float("nan"), "b": (float("inf"), 1.5), "c": Lake(Path("/x")).root}) == {
        "a": None,
        "b": [None, 1.5],
        "c": "/x",
    }
