"""What is told before anything is compiled: where no engine is, and afterwards, whose the differences are."""

from __future__ import annotations

import importlib.util
import socket
from types import SimpleNamespace
from typing import Any

import pytest

from orchestration.elsewhere.__main__ import elsewhere, verdict
from orchestration.elsewhere.run import ElsewhereError, check_engine


@pytest.fixture
def installed(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)


@pytest.mark.parametrize(
    "remote",
    [
        "localhost:15002",
        "spark://a:1",
        "sc://a",
        "sc://:1",
        "sc://a:b",
        "sc://a:0",
        "sc://a:70000",
        "sc://a b:1",
    ],
)
def test_what_is_no_address_is_refused_before_dbt_compiles(remote, tmp_path):
    untouched: Any = SimpleNamespace()
    with pytest.raises(ElsewhereError, match="has to be sc://host:port"):
        elsewhere(untouched, remote, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_address_where_nothing_listens_is_told_without_its_token(installed):
    with socket.create_server(("127.0.0.1", 0)) as server:
        remote = f"sc://127.0.0.1:{server.getsockname()[1]}"
        check_engine(f"{remote}/;token=hidden")
    with pytest.raises(ElsewhereError, match=f"nothing listens at {remote}: ") as refused:
        check_engine(f"{remote}/;token=hidden")
    assert "hidden" not in str(refused.value)


def test_what_is_not_installed_is_told_with_what_installs_it(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(
        ElsewhereError, match="not installed: pyspark, grpc, pysail; `make elsewhere` installs"
    ):
        check_engine(None)


def test_a_server_that_speaks_otherwise_is_told_in_words():
    pytest.importorskip("pyspark", reason="Spark's client is not installed: `make elsewhere` does that")
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


def test_models_that_have_changed_are_no_fault_of_the_engine():
    assert verdict("s1", 2, [], False) == "2 of 2 tables the same as published"
    assert verdict("s1", 2, ["a"], False) == "1 of 2 tables differ from snapshot s1: a"
    assert "the models have changed since" in verdict("s1", 2, ["a"], True)
    assert "the models have changed since" in verdict("s1", 2, [], True)
