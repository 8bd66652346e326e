"""The list (`listed.toml`), as `{thing: how it is said in Spark's SQL}`; None means that sqlglot's own spelling says the same."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

_TOLD = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


def _filled(told: str | list[str]) -> str:
    """Return a template with all its pieces in it."""
    template, *given = [told] if isinstance(told, str) else [f"<{told[0]}>", *told[1:]]
    pieces = _TOLD["pieces"] | dict(zip("abc", given, strict=False))
    while (filled := re.sub(r"<([a-z_]+)>", lambda piece: pieces[piece[1]], template)) != template:
        template = filled
    return template


_OTHERS = _TOLD["same"].pop("others").strip().replace("\n", "; ").split("; ")
LISTED: dict[str, str | None] = {
    **{f"{name}({kinds})": None for kinds, names in _TOLD["same"].items() for name in names.split()},
    **dict.fromkeys(_OTHERS),
    **{name: _filled(told) for names, told in _TOLD["otherwise"].items() for name in names.split("; ")},
}
