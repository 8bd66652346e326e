"""Features in `context/spec/`: make a folder, find the next open task, tick boxes, check the form.

    python3 .awos/scripts/spec.py new bike-lanes --title "Bike lanes" --item "Bike lanes beside demand"
    python3 .awos/scripts/spec.py list
    python3 .awos/scripts/spec.py next [FEATURE]
    python3 .awos/scripts/spec.py tick FEATURE 1.2 --evidence "make run: published; 4 batches"
    python3 .awos/scripts/spec.py untick FEATURE 1.2
    python3 .awos/scripts/spec.py status FEATURE "In progress"
    python3 .awos/scripts/spec.py check [FEATURE]

FEATURE is a folder's name, its number or its name without the number. Only the standard library is needed.
Exit status: 0 done, 1 the form is broken or nothing is left to do, 2 the question makes no sense.
"""

from __future__ import annotations

import argparse
import re
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SPEC, TECH, TASKS = "functional-spec.md", "technical-considerations.md", "tasks.md"
STATES = ("Draft", "In progress", "Completed")
#: Marks files that no subagent owns; a general agent does these.
ORCHESTRATOR = "orchestrator"
_STATUS = re.compile(r"^(- \*\*Status:\*\*) (.*)$", re.MULTILINE)
_BOX = re.compile(r"^(?P<indent> *)- \[(?P<mark>[ xX])\] (?P<text>.*)$")
_SLICE = re.compile(r"^\*\*Slice (?P<id>\d+): ")
_ID = re.compile(r"^(?P<id>\d+\.\d+|A\d+)\.? ")
_AGENT = re.compile(r"\*\*\[Agent: (?P<name>[^\]]*)\]\*\*$")
_PLACEHOLDER = re.compile(r"<[a-z][^<>]*>")


class SpecError(Exception):
    """A question that makes no sense; the message says what would."""


@dataclass
class Box:
    """A checkbox with the lines that continue it. `first` and `last` number its lines from 0."""

    id: str
    done: bool
    text: str
    first: int
    last: int
    slice: str | None = None

    @property
    def agent(self) -> str | None:
        """The agent of the marker that ends the task, if one does."""
        found = _AGENT.search(self.text)
        return found["name"].strip() if found else None


def boxes(text: str) -> list[Box]:
    """Return the checkboxes of a file: slices as `1`, their tasks as `1.2`, acceptance criteria as `A3`.

    A box without such a number has the id ``. Lines of evidence below a task are no part of its text.
    """
    found: list[Box] = []
    current: str | None = None
    lines = text.splitlines()
    for number, line in enumerate(lines):
        box = _BOX.match(line)
        if not box:
            continue
        last, words = number, [box["text"].strip()]
        for more in lines[number + 1 :]:
            deeper = len(more) - len(more.lstrip()) > len(box["indent"])
            if not deeper or more.lstrip().startswith("- "):
                break
            last, words = last + 1, [*words, more.strip()]
        whole = " ".join(words)
        if top := _SLICE.match(whole):
            current = top["id"]
        numbered = top or _ID.match(whole)
        inside = None if top or not box["indent"] else current
        found.append(Box(numbered["id"] if numbered else "", box["mark"] != " ", whole, number, last, inside))
    return found


def folders(root: Path) -> list[Path]:
    """Return the folders of all features, oldest first."""
    return sorted(path for path in (root / "context/spec").glob("[0-9][0-9][0-9]-*") if path.is_dir())


def find(root: Path, feature: str) -> Path:
    """Return a feature's folder by name, number or name without number.

    Raises:
        SpecError: there is none.
    """
    for path in folders(root):
        if feature.rstrip("/").split("/")[-1] in (path.name, path.name[:3], path.name[4:]):
            return path
    known = ", ".join(path.name for path in folders(root)) or "none yet"
    raise SpecError(f"no feature {feature!r} in context/spec; there are: {known}")


def new(root: Path, name: str, title: str, item: str) -> Path:
    """Make the next feature's folder with a spec from the template; a name that exists is left as it is.

    Raises:
        SpecError: the name is not of small letters, digits and hyphens.
    """
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        raise SpecError(
            f"{name!r}: a feature is named in small letters, digits and hyphens, such as bike-lanes"
        )
    there = folders(root)
    for path in there:
        if path.name[4:] == name:
            return path
    number = 1 + max((int(path.name[:3]) for path in there), default=0)
    folder = root / f"context/spec/{number:03}-{name}"
    folder.mkdir(parents=True)
    text = (root / ".awos/templates" / SPEC).read_text(encoding="utf-8")
    text = text.replace("<title>", title or name.replace("-", " ").capitalize())
    (folder / SPEC).write_text(text.replace("<roadmap item>", item or "none"), encoding="utf-8")
    return folder


def next_open(root: Path, feature: str | None) -> tuple[Path, Box] | None:
    """Return the first open task of a feature, or of the first feature that has one."""
    for folder in [find(root, feature)] if feature else folders(root):
        if (folder / TASKS).is_file():
            for box in boxes(_read(folder / TASKS)):
                if box.slice and not box.done:
                    return folder, box
        elif feature:
            raise SpecError(f"{folder.name} has no {TASKS} yet: /awos:tasks {folder.name}")
    return None


def tick(folder: Path, box_id: str, evidence: str | None, done: bool = True) -> None:
    """Tick or untick a task or criterion, and its slice with it. Evidence is written below the box.

    Raises:
        SpecError: there is no such box, or a slice was asked for.
    """
    if box_id.isdigit():
        raise SpecError(f"a slice is ticked by its last task: name one, such as {box_id}.1")
    path = folder / (SPEC if box_id.startswith("A") else TASKS)
    lines = _read(path).splitlines()
    chosen = next((box for box in boxes("\n".join(lines)) if box.id == box_id), None)
    if not chosen:
        raise SpecError(f"{path.name} of {folder.name} has no box {box_id}")
    lines[chosen.first] = _marked(lines[chosen.first], done)
    if evidence:
        indent = " " * (len(lines[chosen.first]) - len(lines[chosen.first].lstrip()) + 2)
        lines.insert(chosen.last + 1, f"{indent}- Evidence: {' '.join(evidence.split())}")
    after = boxes("\n".join(lines))
    for box in after:
        if box.id == chosen.slice:
            inside = [one.done for one in after if one.slice == box.id]
            lines[box.first] = _marked(lines[box.first], all(inside))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def set_status(folder: Path, status: str) -> None:
    """Write the status into the spec; `Completed` is refused while a box is open.

    Raises:
        SpecError: no such status, or open boxes.
    """
    if status not in STATES:
        raise SpecError(f"no status {status!r}; there are: {', '.join(STATES)}")
    text = _read(folder / SPEC)
    if not _STATUS.search(text):
        raise SpecError(f"{folder.name}/{SPEC} has no line `- **Status:** …`")
    if status == "Completed" and (left := _open_boxes(folder)):
        raise SpecError(f"{folder.name} is not complete, open: {', '.join(left)}")
    (folder / SPEC).write_text(_STATUS.sub(rf"\1 {status}", text, count=1), encoding="utf-8")


def agents(root: Path) -> set[str]:
    """Return whom a task can be given to."""
    return {path.stem for path in (root / ".awos/subagents").glob("*.md")} | {ORCHESTRATOR}


def faults(root: Path, folder: Path) -> list[str]:
    """Return what is wrong with the form of a feature's files, one line each."""
    found = []
    texts = {name: _read(folder / name) for name in (SPEC, TECH, TASKS) if (folder / name).is_file()}
    for name, text in texts.items():
        left = _placeholders(text) & _placeholders(_read(root / ".awos/templates" / name))
        found += [f"{name}: placeholder of the template left: {one}" for one in sorted(left)]
    if SPEC not in texts:
        return [*found, f"{SPEC} is missing"]
    status = _STATUS.search(texts[SPEC])
    if not status or status[2] not in STATES:
        found.append(f"{SPEC}: the line `- **Status:** …` must say one of {', '.join(STATES)}")
    elif status[2] == "Completed" and (still := _open_boxes(folder)):
        found.append(f"{SPEC}: Completed, but open: {', '.join(still)}")
    criteria = boxes(texts[SPEC])
    if not criteria:
        found.append(f"{SPEC}: no acceptance criteria")
    found += [f"{SPEC}: criterion without a number A1, A2, …: {box.text}" for box in criteria if not box.id]
    return [*found, *_task_faults(root, texts[TASKS])] if TASKS in texts else found


def _task_faults(root: Path, text: str) -> list[str]:
    known, all_boxes = agents(root), boxes(text)
    slices = [box for box in all_boxes if box.id.isdigit()]
    found = [] if slices else [f"{TASKS}: no slices"]
    for task in (box for box in all_boxes if box not in slices):
        if not task.slice or not task.id.startswith(f"{task.slice}."):
            found.append(f"{TASKS}: not a numbered task of its slice: {task.text}")
        elif not task.agent:
            found.append(f"{TASKS}: {task.id} does not end in **[Agent: name]**")
        elif task.agent not in known:
            found.append(f"{TASKS}: {task.id}: no agent {task.agent}; there are {', '.join(sorted(known))}")
    for one in slices:
        tasks = [box for box in all_boxes if box.slice == one.id]
        verified = tasks and re.match(r"\d+\.\d+\.? Verify\b.*`[^`]+`", tasks[-1].text)
        if not verified:
            found.append(f"{TASKS}: slice {one.id} does not end in a task `Verify …` that names a command")
        if one.done != all(box.done for box in tasks):
            found.append(f"{TASKS}: the box of slice {one.id} differs from those of its tasks")
    ids = [box.id for box in all_boxes if box.id]
    found += [f"{TASKS}: {one} is there twice" for one in sorted({one for one in ids if ids.count(one) > 1})]
    return found


def _placeholders(text: str) -> set[str]:
    return set(_PLACEHOLDER.findall(" ".join(text.split())))


def _open_boxes(folder: Path) -> list[str]:
    if not (folder / TASKS).is_file():
        return [f"{TASKS} is missing"]
    both = boxes(_read(folder / SPEC)) + boxes(_read(folder / TASKS))
    return [box.id or box.text for box in both if not box.done]


def _marked(line: str, done: bool) -> str:
    return re.sub(r"- \[[ xX]\]", f"- [{'x' if done else ' '}]", line, count=1)


def _read(path: Path) -> str:
    if not path.is_file():
        raise SpecError(f"{path.parent.name} has no {path.name}")
    return path.read_text(encoding="utf-8")


def _listed(folder: Path) -> str:
    found = _STATUS.search(_read(folder / SPEC))
    tasks = [box for box in boxes(_read(folder / TASKS)) if box.slice] if (folder / TASKS).is_file() else []
    criteria = boxes(_read(folder / SPEC))
    counts = [f"{sum(box.done for box in group)}/{len(group)}" for group in (tasks, criteria)]
    return f"{folder.name:30} {found[2] if found else '?':12} tasks {counts[0]:6} criteria {counts[1]}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--root", type=Path, default=ROOT, help="the project's folder")
    commands = parser.add_subparsers(dest="command", required=True)
    made = commands.add_parser("new", help="make the next feature's folder with a spec from the template")
    made.add_argument("name")
    made.add_argument("--title", default="")
    made.add_argument("--item", default="", help="the roadmap item it is for")
    commands.add_parser("list", help="tell each feature's status and boxes")
    for name, told in (("next", "show the next open task"), ("check", "tell what is wrong with the form")):
        commands.add_parser(name, help=told).add_argument("feature", nargs="?")
    for name in ("tick", "untick"):
        boxed = commands.add_parser(name, help=f"{name} a task such as 1.2, or a criterion such as A3")
        boxed.add_argument("feature")
        boxed.add_argument("box")
        boxed.add_argument("--evidence", help="what was seen, in a line")
    status = commands.add_parser("status", help="write the status into the spec")
    status.add_argument("feature")
    status.add_argument("status")
    return parser


def _answer(asked: argparse.Namespace) -> int:
    root: Path = asked.root
    if asked.command == "new":
        print(new(root, asked.name, asked.title, asked.item).relative_to(root))
    elif asked.command == "list":
        print("\n".join(map(_listed, folders(root))) or "no feature yet: /awos:spec")
    elif asked.command == "next":
        found = next_open(root, asked.feature)
        if not found:
            print("nothing is left to do")
            return 1
        folder, box = found
        print(f"feature {folder.name}\ntask    {box.id}\nagent   {box.agent or '?'}\n{box.text}")
    elif asked.command in ("tick", "untick"):
        tick(find(root, asked.feature), asked.box, asked.evidence, asked.command == "tick")
    elif asked.command == "status":
        set_status(find(root, asked.feature), asked.status)
    else:
        chosen = [find(root, asked.feature)] if asked.feature else folders(root)
        told = [f"{folder.name}/{fault}" for folder in chosen for fault in faults(root, folder)]
        print("\n".join(told) or "the form is right")
        return 1 if told else 0
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Answer the command line."""
    try:
        return _answer(_parser().parse_args(arguments))
    except SpecError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
