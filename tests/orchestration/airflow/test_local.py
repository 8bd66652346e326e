"""Airflow of this machine behind a proxy, and what it says when something fails."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
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
        if published := os.environ.get("PUBLISHES"):
            os.symlink("snapshots/" + published, os.path.join(os.environ["LAKE_ROOT"], "current"))
        os.fork()  # a task of its own, as Airflow has
        open(os.environ["LASTS_IN"], "a").write(f"{os.getpid()} ")
        try:
            time.sleep(60)
        except KeyboardInterrupt:
            time.sleep(60)  # the task that heard it has failed, and the run goes on
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
    ("how", "published", "fate"),
    [
        (signal.SIGTERM, "", "nothing was published"),
        (signal.SIGINT, "", "nothing was published"),
        (signal.SIGHUP, "", "nothing was published"),
        (signal.SIGINT, "20240501T000000-1", "snapshot 20240501T000000-1 was published meanwhile"),
    ],
    ids=["a job is cancelled", "Ctrl-C", "the terminal is closed", "Ctrl-C at the end"],
)
def test_whatever_ends_a_run_ends_all_that_it_has_started(stand_in, tmp_path, how, published, fate):
    """At once: Airflow takes an interrupt for the failure of one task, and would publish without its batch."""
    begun = tmp_path / "begun"
    asked = "from orchestration.airflow import local; import sys; sys.exit(local.main(['run']))"
    env = {
        "AIRFLOW_HOME": str(tmp_path / "home"),
        "PYTHONPATH": str(stand_in),
        "LASTS": "dags",
        "LASTS_IN": str(begun),
        "LAKE_ROOT": str(tmp_path / "lake"),
        "PUBLISHES": published,
    }
    (tmp_path / "lake").mkdir(exist_ok=True)
    run = subprocess.Popen(
        [sys.executable, "-c", asked], env=env, cwd=local.PROJECT, stderr=subprocess.PIPE, text=True
    )
    while not begun.exists() or len(begun.read_text().split()) < 2:
        assert run.poll() is None, run.stderr.read()
        time.sleep(0.05)
    run.send_signal(how)
    # Its end comes when nobody holds the pipe any more, neither command nor task.
    _, said = run.communicate(timeout=10)
    assert (run.returncode, said) == (
        2,
        f"interrupted; {fate}. What has landed stays, and the next run goes on\n",
    )
    assert [*(tmp_path / "home").glob("terminal-*")] == []


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A folder of Airflow, for this process and those it starts."""
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


#: A server whose components do nothing, and say who they are.
SERVER = """
import sys
from orchestration.airflow import local
local.prepare = lambda env, **_: 0
local.command = lambda *_: ["sh", "-c", "echo $$; exec sleep 60"]
sys.exit(local.main(["serve", "--port", "1"]))
"""


@pytest.fixture
def server(home):
    """A server in that folder, and the numbers of its components."""
    served = subprocess.Popen(
        [sys.executable, "-c", SERVER], cwd=local.PROJECT, stdout=subprocess.PIPE, text=True
    )
    components = [int(served.stdout.readline().rpartition("|")[2]) for _ in local.COMPONENTS]
    yield served, components
    for process in (served.pid, *components):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    served.communicate()


def test_beside_a_server_no_run_goes_on_in_a_terminal(server, capsys):
    """Its scheduler would take up the tasks, and carry them out on the lake that the server was started for."""
    served, components = server
    conf = '{"from": "2024-02", "to": "2024-05"}'
    asked = ["run", "--conf", conf]
    assert local.main(asked) == 2
    said = capsys.readouterr().err
    assert "make dag-run AIRFLOW_HOME=" in said
    (argument,) = [word for word in shlex.split(said.split("`")[3]) if word.startswith("ARGS=")]
    assert shlex.split(argument.removeprefix("ARGS=")) == ["dags", "trigger", "lakehouse", "--conf", conf]
    assert local.main(["serve"]) == 2, "two schedulers on one database"
    served.kill()
    served.wait()
    assert local.main(asked) == 2, "its components go on when it is killed"
    for process in components:
        os.kill(process, signal.SIGKILL)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_when_a_server_has_ended_runs_go_on_in_terminals(server, stand_in, monkeypatch, how):
    served, _ = server
    served.send_signal(how)
    assert served.wait(timeout=30) == 0
    monkeypatch.setenv("PYTHONPATH", str(stand_in))
    assert local.main(["run"]) == 0


def test_beside_a_run_in_a_terminal_no_server_starts_and_other_runs_do(
    home, stand_in, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("PYTHONPATH", str(stand_in))
    env = {**os.environ, "LASTS": "dags", "LASTS_IN": str(tmp_path / "begun")}
    asked = [sys.executable, "-m", "orchestration.airflow.local", "run"]
    run = subprocess.Popen(asked, cwd=local.PROJECT, env=env, stderr=subprocess.PIPE)
    while not (tmp_path / "begun").exists():
        assert run.poll() is None
        time.sleep(0.05)
    assert local.main(["serve"]) == 2
    assert "make dag-run" in capsys.readouterr().err
    assert local.main(["run"]) == 0
    run.terminate()
    run.communicate(timeout=40)


def test_airflows_own_run_in_a_terminal_is_that_of_make(home, capsys):
    """No server would be kept away from it."""
    assert local.main(["cli", "dags", "test", "lakehouse"]) == 2
    assert "`make dag-run`" in capsys.readouterr().err


def test_a_folder_of_airflow_may_be_named_from_here(monkeypatch):
    monkeypatch.setenv("AIRFLOW_HOME", "target/airflow")
    assert local.environment(8090)["AIRFLOW_HOME"] == str(Path.cwd() / "target" / "airflow")


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
