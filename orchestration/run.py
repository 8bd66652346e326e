"""The whole pipeline in one process, with progress: what `make run` does."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field

from bronze.landing import Landed
from lake.commands import unforeseen
from lake.errors import LakeError
from lake.layout import Lake
from lake.locks import running
from lake.pin import Pin, published_by, read_pin
from lake.retention import kept_snapshots
from lake.snapshots import Snapshot, current, current_id
from lake.status import RejectedStatus
from lake.versions import strange
from orchestration import poll, steps
from orchestration.dbt import BuildError
from orchestration.limits import configured_limits
from orchestration.parts import workers
from orchestration.terminal import Terminal, closing_tables, escape
from orchestration.upstreams import upstreams

PUBLISHED, WITH_REFUSALS, STOPPED = 0, 1, 2


@dataclass
class Outcome:
    """What a run did. `snapshot` is the one it published, None if there was nothing to do or a `pin`."""

    landed: list[Landed] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    snapshot: Snapshot | None = None
    pin: Pin | None = None

    @property
    def exit_status(self) -> int:
        """0: published or nothing to do; 1: with batches newly refused or failed."""
        failed = any(landed.outcome == "failed" for landed in self.landed)
        return WITH_REFUSALS if failed or self.refused else PUBLISHED


def _land_and_judge(lake: Lake, origin: str, terminal: Terminal, outcome: Outcome) -> None:
    with terminal.step("poll", "poll: asking the feeds what they say now"):
        asked = poll.poll(lake, origin)
        for is_well, line in poll.told(asked):
            if is_well:  # what is not, is told as what failed to land
                terminal.say(f"  {escape(line)}")
    with terminal.step("land", "land: asking the upstreams"):
        for landed in steps.land(lake, origin, terminal.watcher, poll.failures(asked)):
            outcome.landed.append(landed)
            terminal.landed(landed)
    with terminal.step("gate bronze", "gate: judging what landed"):
        for version in steps.to_judge(lake):
            result = steps.judge(lake, version)
            if said := steps.overruled(version):
                terminal.say(f"  [yellow]{escape(said)}[/]")
                continue
            (outcome.accepted if result.passed else outcome.refused).append(str(version))
            terminal.judged(result)


def _build(lake: Lake, origin: str, terminal: Terminal, *, full: bool, shows: bool) -> Snapshot:
    with terminal.step("begin snapshot", "begin a snapshot"):
        snapshot = steps.begin_snapshot(lake, origin, full=full)
    terminal.say(f"  {escape(steps.plan_of(snapshot).told())}")
    gates = []
    try:
        for layer in ("silver", "gold"):
            with terminal.step(f"build {layer}", f"{layer}: dbt builds and tests"):
                built = steps.build_layer(lake, snapshot, layer)
            shared = f", months in {built.parts} parts" if built.parts else ""
            terminal.say(
                f"  [green]built[/] {layer}: {built.models} models, {built.tests} tests passed{shared}"
            )
            for warning in built.warnings:
                terminal.say(f"  [yellow]warning[/] {escape(warning)}")
            with terminal.step(f"gate {layer}", f"{layer}: the gate judges"):
                judged = steps.gate_layer(lake, snapshot, layer)
            for result in judged:
                terminal.judged(result)
            gates += judged
        with terminal.step("publish", "publish"):
            show = terminal.changes if shows else None
            return steps.publish_snapshot(lake, snapshot, gates, terminal.seconds, terminal.cpu_seconds, show)
    except BaseException:
        # Whatever stopped the build, Ctrl-C included: nothing unpublished is left behind.
        steps.abandon(lake, snapshot)
        raise


def run(lake: Lake, terminal: Terminal, *, full: bool = False, diff: bool = False) -> Outcome:
    """Land, judge, build, gate and publish what is new; with `full`, build everything anew.

    With `diff`, what the snapshot changes is shown before it is published. Of a pinned lake nothing is built.

    Raises:
        LakeError, BuildError, GateError: why nothing was published.
    """
    outcome = Outcome()
    kept_snapshots()  # a wrong setting is told now, not after all the work
    configured_limits()
    workers()
    with running(lake, f"another run is working on {lake.short(lake.root)}; wait for it to finish"):
        steps.clear_leftovers(lake)
        for path, what in strange(lake):
            terminal.say(
                f"  [yellow]warning[/] {escape(f'{lake.short(path)} {what}; look at it, and remove it')}"
            )
        with ExitStack() as serving:
            with terminal.step("upstreams", "looking for the upstreams"):
                origin = serving.enter_context(upstreams(lake))
            _land_and_judge(lake, origin, terminal, outcome)
        outcome.pin = read_pin(lake)
        if not outcome.pin and (full or not steps.is_up_to_date(lake)):
            outcome.snapshot = _build(lake, origin, terminal, full=full, shows=diff)
        _collect(lake, terminal)
    return outcome


def _collect(lake: Lake, terminal: Terminal) -> None:
    """Collect old snapshots; trouble with that is no failure of a run that has done its work."""
    try:
        for path in steps.collect_old(lake).in_use:
            terminal.say(f"  [dim]snapshot {path} is old and stays: somebody is reading it[/]")
    except (LakeError, OSError) as error:
        terminal.say(f"  [yellow]warning[/] old snapshots were not collected: {escape(str(error))}")


def close(lake: Lake, outcome: Outcome, terminal: Terminal) -> None:
    """Print the short table a run ends in, and where to look next."""
    landed = Counter(one.outcome for one in outcome.landed)
    shown = outcome.snapshot or current(lake)
    if outcome.snapshot:
        for table in closing_tables(outcome.snapshot, terminal.seconds, terminal.cpu_seconds):
            terminal.console.print(table)
        for one in (RejectedStatus(**facts) for facts in outcome.snapshot.facts.get("mostly_rejected", [])):
            terminal.say(f"[yellow]warning {escape(one.told())}[/]")
    terminal.say(
        f"batches: {landed['landed']} landed, {landed['unchanged']} unchanged, {landed['failed']} failed to "
        f"land, {landed['not listed']} not listed; "
        f"versions: {len(outcome.accepted)} accepted, {len(outcome.refused)} refused"
    )
    if shown is None:
        if outcome.pin:
            terminal.say(f"[bold yellow]nothing is published[/]: {escape(published_by(lake))}")
        return
    sample = " [bold yellow](SAMPLE DATA, generated: no finding about New York)[/]"
    label = sample if shown.facts["origin"] == "sample" else ""
    if outcome.pin:
        terminal.say(
            f"[bold yellow]pinned[/] to {escape(outcome.pin.told())}: "
            "nothing is published until `make release`"
        )
    elif outcome.snapshot:
        on = f" on branch {lake.root.name}" if lake.home != lake else ""
        terminal.say(f"[bold green]published[/] snapshot {shown.id}{on}{label}")
    else:
        terminal.say(f"[bold green]nothing new[/]: snapshot {shown.id} stays published{label}")
    terminal.say("look next: `make sql` asks DuckDB, `make status` lists batches and snapshots")


def _stopped(lake: Lake, before: str | None, terminal: Terminal, why: str) -> int:
    """Say why a run stopped, and what has become of the published snapshot, `before` when it began."""
    terminal.error(why)
    now = current_id(lake)
    if now == before:
        terminal.say("nothing was published by this run")
    else:
        terminal.say(f"before that, snapshot {now} has been published; {before or 'none'} was when it began")
    return STOPPED


def main_run(lake: Lake, *, full: bool = False, diff: bool = False) -> int:
    """Run the pipeline for the command line and return the exit status."""
    terminal = Terminal()
    before = current_id(lake)
    try:
        with terminal:
            outcome = run(lake, terminal, full=full, diff=diff)
    except (LakeError, BuildError, steps.GateError, ValueError) as error:
        return _stopped(lake, before, terminal, str(error))
    except OSError as error:
        where = f"the lake is {lake.short(lake.root)}: can it be written, has it room?"
        return _stopped(lake, before, terminal, f"{error}; {where}")
    except KeyboardInterrupt:
        why = "interrupted; what has landed stays, and the next run goes on from there"
        return _stopped(lake, before, terminal, why)
    except Exception as error:
        return _stopped(lake, before, terminal, unforeseen(error))
    close(lake, outcome, terminal)
    return outcome.exit_status
