"""Which months and cities one run asks for, and the configuration that says so while it does.

`make run` asks for what is configured. A run of the DAG can be told its own scope, and a scheduled one knows
its month.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import date
from typing import Any

from bronze.scope import parse_months
from orchestration.dbt import environment
from orchestration.upstreams import RunScope

#: Upstreams publish late and correct what they published: a scheduled run asks for this many months again.
LOOK_BACK = 3
MONTHS, CITIES = "SOURCES__MONTHS", "SOURCES__CITIBIKE__CITIES"
#: What a run of the DAG can be told.
PARAMS = ("cities", "from", "to", "full")


def _before(month: str, back: int) -> str:
    number = int(month[:4]) * 12 + int(month[5:7]) - 1 - back
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


def scope_of(
    configured: RunScope, params: Mapping[str, Any], *, kind: str, starts: date | None, sample: bool
) -> RunScope:
    """Return what a run asks for.

    `params` may hold `cities`, `from` and `to` (YYYY-MM); what is given there counts. Without months, a
    backfill (`kind`) asks for the month that its interval `starts` in, a scheduled run for what is configured
    and its month with the two before it, any other run for what is configured. The sample has its own months,
    whatever the calendar says.

    Raises:
        ValueError: a month or city is none, one of `from` and `to` is missing, or there is a name of another.
    """
    # Airflow hands on whatever a trigger's JSON holds, and the rest of it would ask for everything.
    if unknown := sorted(params.keys() - set(PARAMS)):
        raise ValueError(
            f"a run can be told {', '.join(PARAMS)}, and this one was told {', '.join(map(repr, unknown))}"
        )
    first, last = params.get("from"), params.get("to")
    if bool(first) != bool(last):
        raise ValueError("from and to belong together: give both months, or neither for what is configured")
    months = configured.months
    if first:
        months = f"{first}..{last}"
    elif starts is not None and not sample:
        month = f"{starts:%Y-%m}"
        if kind == "backfill":
            months = month
        elif kind == "scheduled":
            months = f"{months}, {_before(month, LOOK_BACK - 1)}..{month}"
    parse_months(months)
    return RunScope(months, tuple(params.get("cities") or configured.cities))


def scoped(scope: RunScope) -> AbstractContextManager[None]:
    """Let dlt's configuration say that scope for the time of the block."""
    return environment(**{MONTHS: scope.months, CITIES: json.dumps(list(scope.cities))})
