"""Airflow of this machine behind a proxy, and what it says when something fails."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace

import pytest
from requests.utils import should_bypass_proxies

from orchestration.airflow import alerts, local

PROXY = "http://127.0.0.1:9"


@pytest.mark.parametrize("spared", [None, "intern.example", "*"])
def test_its_processes_ask_each_other_through_no_proxy(monkeypatch, spared):
    monkeypatch.setenv("HTTP_PROXY", PROXY)
    if spared:
        monkeypatch.setenv("NO_PROXY", spared)
    environment = local.environment(8090)
    assert environment["HTTP_PROXY"] == PROXY, "upstreams are asked through it"
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, environment[name])
    asked = environment["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"]
    assert should_bypass_proxies(asked, None)
    assert should_bypass_proxies("http://intern.example/x", None) is bool(spared)
    assert should_bypass_proxies("http://upstream.example/x", None) is (spared == "*")


#: Airflow's commands, as far as they are called: one fails if it is told to.
STAND_IN = """
import os, signal, sys, time

def main():
    print("doing", *sys.argv[1:], flush=True)
    if sys.argv[1] == os.environ.get("FAILS"):
        raise SystemExit(7)
    if sys.argv[1] == os.environ.get("DIES"):
        os.kill(os.getpid(), 9)
    if sys.argv[1] == os.environ.get("LASTS"):
        if os.environ.get("STUBBORN"):
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        os.fork()  # a task of its own, as Airflow has
        open(os.environ["LASTS_IN"], "a").write(f"{os.getpid()} ")
        time.sleep(60)
"""


@pytest.fixture
def stand_in(tmp_path):
    """A folder to import that `airflow` from."""
    package = tmp_path / "airflow"
    (package / "cli" / "commands").mkdir(parents=True)
    for folder in (package, package / "cli", package / "cli" / "commands"):
        (folder / "__init__.py").touch()
    (package / "__main__.py").write_text(STAND_IN)
    (package / "cli" / "commands" / "dag_command.py").touch()
    return tmp_path


@pytest.mark.parametrize(
    ("environment", "status", "said", "told"),
    [
        ({}, 0, "doing dags test lakehouse\n", ""),
        ({"FAILS": "dags"}, 7, "doing dags test lakehouse\n", ""),
        ({"FAILS": "db"}, 1, "", "doing db migrate\n.*error: Airflow could not be prepared .exit status 7.; .*prepare.log"),
        ({"DIES": "pools"}, 1, "", "doing pools set .*error: Airflow could not be prepared .exit status -9.; "),
    ],
)  # fmt: skip
def test_a_command_runs_once_airflow_is_prepared(stand_in, tmp_path, capfd, environment, status, said, told):
    wanted = {"AIRFLOW_HOME": str(tmp_path / "home"), "PYTHONPATH": str(stand_in), **environment}
    assert local.prepare(wanted, "dags", "test", "lakehouse") == status
    out, err = capfd.readouterr()
    assert out == said
    assert re.search(told, err, re.DOTALL)
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("how", "stubborn"),
    [(signal.SIGTERM, ""), (signal.SIGINT, ""), (signal.SIGHUP, ""), (signal.SIGINT, "1")],
    ids=["a job is cancelled", "Ctrl-C", "the terminal is closed", "Ctrl-C again"],
)
def test_whatever_ends_a_run_ends_all_that_it_has_started(stand_in, tmp_path, how, stubborn):
    begun = tmp_path / "begun"
    asked = "from orchestration.airflow import local; import sys; sys.exit(local.main(['run']))"
    env = {
        "AIRFLOW_HOME": str(tmp_path / "home"),
        "PYTHONPATH": str(stand_in),
        "LASTS": "dags",
        "LASTS_IN": str(begun),
        "STUBBORN": stubborn,
    }
    run = subprocess.Popen(
        [sys.executable, "-c", asked], env=env, cwd=local.PROJECT, stderr=subprocess.PIPE, text=True
    )
    while not begun.exists() or len(begun.read_text().split()) < 2:
        assert run.poll() is None, run.stderr.read()
        time.sleep(0.05)
    run.send_signal(how)
    if stubborn:
        time.sleep(0.5)
        run.send_signal(how)
    # Its end comes when nobody holds the pipe any more, neither command nor task.
    _, said = run.communicate(timeout=30)
    assert (run.returncode, said) == (2, "interrupted\n")
    assert [*(tmp_path / "home").glob("terminal-*")] == []


class _Health(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps({name: {"status": "healthy"} for name in ("scheduler", "dag_processor")}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


def test_whether_it_is_ready_is_asked_through_no_proxy(monkeypatch):
    monkeypatch.setenv("http_proxy", PROXY)
    with HTTPServer(("127.0.0.1", 0), _Health) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        assert local._healthy(server.server_port)


def test_an_alert_shows_no_secret_of_an_address():
    error = ConnectionError(
        "HTTPConnectionPool(host='h', port=80): Max retries exceeded with url: /v1/archive?apikey=k3y-k3y, "
        "asked as https://user:passw0rd@h/v1/archive?apikey=k3y-k3y"  # pragma: allowlist secret
    )
    task = SimpleNamespace(dag_id="lakehouse", task_id="bronze.ask", run_id="manual", rendered_map_index=None)
    said = alerts.told({"task_instance": task, "exception": error})
    assert "Max retries exceeded with url: /v1/archive?***" in said
    assert [secret for secret in ("user", "passw0rd", "k3y") if secret in said] == []
