"""A local Airflow behind `make airflow` and `make dag-run`: SQLite, LocalExecutor, nothing but the loopback.

Its folder is `.airflow` in the project (AIRFLOW_HOME, if set, is another). It is what `airflow standalone`
starts, without a triggerer, for no task defers, and without the log servers, which would listen on every
address: the API server reads the logs from disk.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import IO

from lake.commands import in_words
from lake.errors import LakeError
from lake.files import exclusive_lock
from lake.layout import locate
from lake.snapshots import current_id
from orchestration.airflow.turn import TERMINAL, has_ended

PROJECT = Path(__file__).parents[2]
PORT = 8090
#: The pool of tasks that ask an upstream, and its slots: how many do so at the same time.
POOL, SLOTS = "lakehouse_upstream", 2
COMPONENTS = {
    "api-server": ["api-server", "--workers", "1"],
    "scheduler": ["scheduler", "--skip-serve-logs"],
    "dag-processor": ["dag-processor"],
}
#: SQLite takes one writer at a time: the others wait for it, this many seconds.
DATABASE = {"timeout": 60}
_PATIENCE = 30
#: Airflow's commands one after the other: with a process each, half of the time of preparing goes into loading it. All
#: but the last run in a forked child, so that what they set up is not the last one's, and what they say goes to a log.
_ONE_BY_ONE = """
import contextlib, json, os, sys
from pathlib import Path
from lake.commands import collect_seldom
from lake.files import exclusive_lock
collect_seldom()
from airflow.__main__ import main

def run(words):
    sys.argv[1:] = words
    main()

log, before, ends, last = json.loads(sys.argv.pop())
if last:
    from airflow.cli.commands import dag_command
if not (child := os.fork()):
    with open(log, "w") as file:
        for out in (1, 2):
            os.dup2(file.fileno(), out)
    for words in before:
        run(words)
    if ends:
        from orchestration.airflow.left import end_left
        end_left()
    sys.exit()
terminal = os.environ.get("LAKEHOUSE_TERMINAL")
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
if status:
    print(open(log).read(), file=sys.stderr)
    sys.exit(f"error: Airflow could not be prepared (exit status {status}); what it said is above and in {log}")
with exclusive_lock(Path(terminal), "held") if terminal else contextlib.nullcontext():
    if last:
        run(last)
"""


def environment(port: int) -> dict[str, str]:
    """Return the environment of every Airflow process.

    Settings of the caller's (`AIRFLOW__…`) belong to another Airflow, whose database would be taken for this one's;
    those of this one are in `airflow.cfg` of its folder.
    """
    wanted = {
        # Airflow takes a database by its whole path only.
        "AIRFLOW_HOME": str(Path(os.environ.get("AIRFLOW_HOME") or PROJECT / ".airflow").absolute()),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "orchestration" / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        # Two cores, and SQLite takes one writer at a time.
        "AIRFLOW__CORE__PARALLELISM": "2",
        # Batches of one run: a feed without a past has one a day.
        "AIRFLOW__CORE__MAX_MAP_LENGTH": "8192",
        # Whoever reaches the loopback of this machine may do anything.
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "true",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
        "AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK": "false",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONNECT_ARGS": "orchestration.airflow.local.DATABASE",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "false",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "INFO",
    }
    search = [str(PROJECT), *filter(None, [os.environ.get("PYTHONPATH")])]
    others = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW_")}
    # Upstreams may be asked through a proxy; the processes ask each other, and none can reach them.
    spared = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    if spared != "*":
        spared = ",".join(filter(None, [spared, "127.0.0.1", "localhost"]))
    fixed = {"PYTHONPATH": os.pathsep.join(search), "NO_PROXY": spared, "no_proxy": spared}
    return {**others, **wanted, **fixed}


def command(*words: str) -> list[str]:
    """Return the command line of an Airflow command in this Python."""
    return [sys.executable, "-m", "airflow", *words]


@contextlib.contextmanager
def _in_use(env: dict[str, str], busy: str, *, shared: bool = False) -> Iterator[int]:
    """Hold Airflow's folder for the time of the block, a server alone and runs in terminals together.

    The scheduler of a server takes up whatever its database has to do, and would carry out the tasks of a run in a
    terminal in its own environment: on the lake that the server was started for. Processes that are given the
    descriptor hold the folder along: those of a server that was killed go on without it.

    Raises:
        BusyError: it is in use; the message is `busy`.
    """
    with exclusive_lock(Path(env["AIRFLOW_HOME"]) / "in-use.lock", busy, shared=shared) as file:
        yield file.fileno()


def prepare(env: dict[str, str], *then: str, held: tuple[int, ...] = ()) -> int:
    """Make Airflow's database, or bring it up to date, and the pool that the DAG asks for; then run a command of Airflow.

    Returns the exit status of that, or 1 where Airflow could not be prepared, which is told. `held` are descriptors of
    locks that its processes are to hold. Without a command it is for a server: what runs in terminals left is ended.
    """
    Path(env["AIRFLOW_HOME"]).mkdir(parents=True, exist_ok=True)
    log = Path(env["AIRFLOW_HOME"]) / "prepare.log"
    pool = ("pools", "set", POOL, str(SLOTS), "Batches that ask an upstream at the same time")
    words = json.dumps([str(log), [("db", "migrate"), pool], not then, then])
    process = subprocess.Popen(
        [sys.executable, "-c", _ONE_BY_ONE, words],
        env=env,
        cwd=PROJECT,
        start_new_session=True,
        pass_fds=held,
    )
    # As Ctrl-C: whoever is asked to end, or whose terminal is closed, leaves nothing going.
    ends = (signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(one, signal.default_int_handler) for one in ends]
    try:
        return process.wait()
    except KeyboardInterrupt:
        _kill(process)
        raise
    finally:
        for one, handler in zip(ends, before, strict=True):
            signal.signal(one, handler)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a command of Airflow and all that it has started, at once.

    It is not asked to: Airflow takes an interrupt for the failure of the task that hears it, goes on with the others, and
    a snapshot would be published without that batch. Whoever is killed leaves what is published as it was.
    """
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def is_taken(port: int) -> bool:
    """Say whether something listens on a port of the loopback."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _healthy(port: int) -> bool:
    address = f"http://127.0.0.1:{port}/api/v2/monitor/health"
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with contextlib.suppress(OSError, ValueError):
        with direct.open(address, timeout=5) as answer:
            health = json.load(answer)
        return all(health[name]["status"] == "healthy" for name in ("scheduler", "dag_processor"))
    return False


def _copy(name: str, lines: IO[str]) -> None:
    for line in lines:
        print(f"{name:13} | {line}", end="", flush=True)


def _announce(port: int, stopped: threading.Event) -> None:
    while not stopped.wait(1):
        if _healthy(port):
            print(
                f"\nAirflow is ready: http://127.0.0.1:{port}/dags/lakehouse (no password)\n"
                "  a run:  make airflow ARGS='dags unpause lakehouse' starts that of the last month;\n"
                "          ARGS='dags trigger lakehouse' one of what is configured\n"
                "  stop:   Ctrl-C\n",
                flush=True,
            )
            return


def _stop(processes: dict[str, subprocess.Popen[str]]) -> None:
    """End all components and what they have started: asked first, then made to."""
    for process in processes.values():
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
    last = time.monotonic() + _PATIENCE
    for process in processes.values():
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(max(0.1, last - time.monotonic()))
    for process in processes.values():
        # Each leads a session of its own, so this reaches workers whose parent is gone.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def serve(port: int) -> int:
    """Run Airflow until Ctrl-C, SIGTERM, its terminal or one of its components ends; return the exit status.

    Raises:
        BusyError: its folder is in use, by another server or a run in a terminal.
    """
    env = environment(port)
    busy = (
        f"{env['AIRFLOW_HOME']} is in use, by another `make airflow` (of one that was killed the components go on) or by a `make "
        "dag-run`, whose tasks this one's scheduler would take to its own lake: wait until that has ended, or choose another "
        "folder, AIRFLOW_HOME=target/airflow"
    )
    with _in_use(env, busy) as held:
        if is_taken(port):
            print(f"error: port {port} is taken: choose another, PORT={port + 1}", file=sys.stderr)
            return 2
        return prepare(env, held=(held,)) or _serve(port, env, held)


def _serve(port: int, env: dict[str, str], held: int) -> int:
    stopped = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopped.set()

    for wanted in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(wanted, stop)
    processes: dict[str, subprocess.Popen[str]] = {}
    try:
        for name, words in COMPONENTS.items():
            processes[name] = subprocess.Popen(
                command(*words),
                env=env,
                cwd=PROJECT,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                start_new_session=True,
                pass_fds=(held,),
            )
            lines = processes[name].stdout
            threading.Thread(target=_copy, args=(name, lines), daemon=True).start()
        threading.Thread(target=_announce, args=(port, stopped), daemon=True).start()
        while not stopped.wait(1):
            if ended := [name for name, process in processes.items() if process.poll() is not None]:
                print(f"error: {ended[0]} has ended by itself; its last lines are above", file=sys.stderr)
                return 1
        print("stopping Airflow", flush=True)
        return 0
    finally:
        stopped.set()
        _stop(processes)


def dag_run(dag: str, conf: str, date: str | None) -> int:
    """Run a DAG once in this terminal, without a server; return Airflow's exit status, and 2 where it was interrupted.

    Raises:
        BusyError: a server runs in Airflow's folder; the message says how to start the run there.
        LakeError: there is no such lake, or what it has published cannot be told.
    """
    before = current_id(locate())
    env = environment(PORT)
    terminal = Path(env["AIRFLOW_HOME"]) / f"terminal-{os.getpid()}.lock"
    told = ["--conf", conf] if conf else []
    there = shlex.quote(
        shlex.join(["dags", "trigger", dag, *(["--logical-date", date] if date else []), *told])
    )
    busy = (
        f"a `make airflow` runs in {env['AIRFLOW_HOME']}, and its scheduler would take the tasks of this run to its own lake. Let it do "
        f"the run, on that lake: `make airflow ARGS={there}`; or give this one another folder: "
        "`make dag-run AIRFLOW_HOME=target/airflow`"
    )
    # `dags test` makes its own executor and API within the process.
    words = ("dags", "test", dag, *([date] if date else []), *told)
    with _in_use(env, busy, shared=True) as held:
        try:
            return prepare(env | {TERMINAL: str(terminal)}, *words, held=(held,))
        except KeyboardInterrupt:
            now = current_id(locate())
            fate = "nothing was published" if now == before else f"snapshot {now} was published meanwhile"
            print(f"interrupted; {fate}. What has landed stays, and the next run goes on", file=sys.stderr)
            return 2
        finally:
            has_ended(str(terminal), wait=5)


@in_words
def main(arguments: list[str] | None = None) -> int:
    """Carry out one command: `serve`, `run`, or any of Airflow's own behind `cli`."""
    parser = argparse.ArgumentParser(prog="python -m orchestration.airflow.local", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    serving = verbs.add_parser("serve", help="run Airflow until Ctrl-C")
    serving.add_argument("--port", type=int, default=PORT)
    run = verbs.add_parser("run", help="run a DAG once, without a server")
    run.add_argument("dag", nargs="?", default="lakehouse")
    run.add_argument(
        "--conf", default="", help='params as JSON, such as {"from": "2024-02", "to": "2024-05"}'
    )
    run.add_argument("--date", help="logical date")
    cli = verbs.add_parser("cli", help="one of Airflow's own commands, with the same settings")
    cli.add_argument("words", nargs=argparse.REMAINDER)
    asked = parser.parse_args(arguments)
    try:
        if asked.verb == "serve":
            return serve(asked.port)
        if asked.verb == "run":
            return dag_run(asked.dag, asked.conf, asked.date)
        if asked.words[:2] == ["dags", "test"]:
            raise LakeError("`make dag-run` runs a DAG in this terminal, and keeps servers away from it")
    except LakeError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return subprocess.run(command(*asked.words), env=environment(PORT), cwd=PROJECT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
