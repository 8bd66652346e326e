"""What is told before anything is compiled, where no engine is; and in whose words the engine's errors are."""

from __future__ import annotations

import socket
import sys
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest

from orchestration.elsewhere import __main__ as command
from orchestration.elsewhere.run import ElsewhereError

SNAPSHOT: Any = SimpleNamespace(id="s1", facts={})
WITHOUT = "Spark's client is not installed: `make elsewhere` does that"


@pytest.mark.parametrize(
    "remote",
    [
        "localhost:15002",
        "spark://a:1",
        "sc://a/b",
        "sc://:1",
        "sc://a:b",
        "sc://a:0",
        "sc://a:70000",
        "sc://a b:1",
    ],
)
def test_what_is_no_address_is_refused_before_dbt_compiles(remote, tmp_path):
    pytest.importorskip("pyspark", reason=WITHOUT)
    with pytest.raises(ElsewhereError, match=f"no session on {remote}: "):
        command.elsewhere(SNAPSHOT, remote, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("told", ["sc://127.0.0.1:{}/;token=hidden", "sc:///;token=hidden;port={}"])
def test_where_nobody_answers_it_is_told_soon_and_without_the_token(told, tmp_path):
    pytest.importorskip("pyspark", reason=WITHOUT)
    with socket.create_server(("127.0.0.1", 0)) as server:
        remote = told.format(server.getsockname()[1])
    with pytest.raises(ElsewhereError, match=r"Connection refused|Hostname is missing") as refused:
        command.elsewhere(SNAPSHOT, remote, tmp_path / "out")
    assert "hidden" not in str(refused.value)


def test_what_is_not_installed_is_told_with_what_installs_it(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "pysail.spark", None)
    monkeypatch.setattr(command, "hold_snapshot", lambda lake: nullcontext(SNAPSHOT))
    monkeypatch.delenv("REMOTE", raising=False)
    assert command.main() == 2
    assert "pysail" in (said := capsys.readouterr().err)
    assert "`make elsewhere` installs it" in said


def test_a_server_that_speaks_otherwise_is_told_in_words():
    pytest.importorskip("pyspark", reason=WITHOUT)
    from grpc import RpcError  # type: ignore[import-untyped]
    from pyspark.errors import PySparkException

    from orchestration.elsewhere.run import read_source

    for error in (PySparkException("no such folder"), RpcError("no such folder")):

        class Spark:
            @property
            def read(self, error=error):
                raise error

        with pytest.raises(ElsewhereError, match="source_a_b: no such folder"):
            read_source(Spark(), "source_a_b", "select * from read_parquet('/a/*/*.parquet')", {})
