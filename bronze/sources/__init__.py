"""One module per upstream, or a package of that name where it needs more than one; found by convention.

`<name>` holds a dlt source `<name>()` with two resources, `offers` (what the upstream lists, one
`bronze.offers.Offer` per batch) and the table's rows, and the constants `TABLE` and `COLUMNS`.
"""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType


def names() -> list[str]:
    """Return the names of all sources, without importing them."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def load(name: str) -> ModuleType:
    """Import the module of one source."""
    return importlib.import_module(f"{__name__}.{name}")


def base_url_variable(name: str) -> str:
    """Return the environment's variable that overrides the base URL of a source."""
    return f"SOURCES__{name.upper()}__BASE_URL"
