"""One module per upstream, or a package of that name where it needs more than one; found by convention.

`<name>` holds `TABLES` (a `bronze.tables.Table` each), and a dlt source `<name>()` with the resource `offers`
(what the upstream lists, one `bronze.offers.Offer` per batch of a table) and one of rows for each table. One whose
upstream says how things are now and of no other time has `FEEDS` and the resource `now` (`bronze.feeds`).
"""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bronze.feeds import Feed
    from bronze.tables import Table


def names() -> list[str]:
    """Return the names of all sources, without importing them."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def load(name: str) -> ModuleType:
    """Import the module of one source."""
    return importlib.import_module(f"{__name__}.{name}")


def is_unwritten(name: str) -> bool:
    """Import one source and say whether it is still a skeleton (`make source`), which runs pass over."""
    return bool(getattr(load(name), "UNWRITTEN", ""))


def tables(name: str) -> tuple[Table, ...]:
    """Import one source and return its raw tables."""
    found: tuple[Table, ...] = load(name).TABLES
    return found


def feeds(name: str) -> tuple[Feed, ...]:
    """Import one source and return its feeds without a past; most sources have none."""
    found: tuple[Feed, ...] = getattr(load(name), "FEEDS", ())
    return found


def variable(name: str, setting: str = "base_url") -> str:
    """Return the environment's variable that overrides a setting of a source."""
    return f"SOURCES__{name.upper()}__{setting.upper()}"
