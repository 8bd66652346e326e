"""Where things lie in the lake."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_ODD = set("'\"{}[]*?$\n")
LAYERS = ("bronze", "silver", "gold")


class LakeError(Exception):
    """Something the user can act on: the message says what and how."""


@dataclass(frozen=True)
class Lake:
    """The folders of one lake. `root` is absolute."""

    root: Path

    @property
    def bronze(self) -> Path:
        """Landed versions: `<source>/<table>/batch=<batch>/version=<n>/`, append-only."""
        return self.root / "bronze"

    @property
    def snapshots(self) -> Path:
        """One folder per snapshot, published or being built."""
        return self.root / "snapshots"

    @property
    def current(self) -> Path:
        """The link to the published snapshot."""
        return self.root / "current"

    @property
    def pin(self) -> Path:
        """The file that is there while the lake is pinned to the published snapshot by a rollback."""
        return self.root / "pin.json"

    @property
    def quarantine(self) -> Path:
        """Reports and rows of refused versions."""
        return self.root / "quarantine"

    @property
    def reports(self) -> Path:
        """What every gate said (`gates/`), and the pages made from that and from the models."""
        return self.root / "reports"

    @property
    def work(self) -> Path:
        """Downloads, dlt's working folders, the build's scratch database: safe to remove between runs."""
        return self.root / "work"

    def short(self, path: Path) -> str:
        """Return `path` as a person would type it from the project's root, where that is shorter."""
        try:
            return str(path.relative_to(Path.cwd()))
        except ValueError:
            return str(path)


def locate(root: Path | str | None = None) -> Lake:
    """Find the lake: `root`, else the environment's LAKE_ROOT, else the folder this package lies in.

    Raises:
        LakeError: the path holds a character that globs or SQL would read as something else.
    """
    chosen = Path(root or os.environ.get("LAKE_ROOT") or Path(__file__).parent).absolute()
    if odd := sorted(set(str(chosen)) & _ODD):
        raise LakeError(
            f"LAKE_ROOT {chosen}: {' '.join(odd)} has a meaning in globs or SQL; use another folder"
        )
    return Lake(chosen)
