"""Pages of the generated documents: one frame, one style, no file or font from anywhere else."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lake.files import write_text

if TYPE_CHECKING:
    from jinja2 import Environment

_TEMPLATES = Path(__file__).parent / "templates"


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,  # batch names and rows come from upstream files
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = lambda value: f"{value:,}"
    return environment


def render(template: str, **values: Any) -> str:
    """Return the page that a template of `orchestration/docs/templates` makes of the values."""
    return _environment().get_template(template).render(**values)


def write_page(path: Path, html: str) -> None:
    """Write a page so that a reader of the site sees the old one or the whole new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, html)
