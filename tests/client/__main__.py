"""`python -m tests.client`: the table of the commands that documents name, with their verdicts, in Markdown.

Beside what is to come of a command stands what the real client does, by the rules of the settings: where it is not
there, that is left empty.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.client.session import World, bash, binary

# As the settings of pytest say it: what stands in a folder with a dot is no package.
sys.path.append(str(Path(__file__).parents[2] / ".awos" / "scripts"))


def asked(commands: list[str]) -> set[str]:
    """Return the commands for which the client asks a person."""
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder))
        world.without_hooks()
        return world.run({"session": [bash(*commands)]}).without_leave()


def table() -> str:
    """Return the table, and below it how many commands have which verdict."""
    from tests.client.commands import RUNS, VERDICTS, told, verdict

    known = told()
    wanting = asked([*known]) if binary() else None
    lines = ["| command | verdict | the client | told by |", "|---|---|---|---|"]
    for command, named in sorted(known.items(), key=lambda told: (VERDICTS.index(verdict(told[0])), told[0])):
        does = "" if wanting is None else "asks" if command in wanting else "runs it"
        spelt = command.replace("|", "\\|")
        lines.append(f"| `{spelt}` | {verdict(command)} | {does} | {', '.join(named)} |")
    counted = Counter(map(verdict, known))
    lines += ["", f"{len(known)} commands: {', '.join(f'{counted[one]} {one}' for one in VERDICTS)}"]
    if wanting is None:
        lines.append("The client was not tried: name it in CLAUDE_BIN.")
    else:
        wrong = [command for command in known if (command in wanting) != (verdict(command) != RUNS)]
        lines.append(
            f"The client asks about {len(wanting)} of them. Otherwise than the verdict: {len(wrong)}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
