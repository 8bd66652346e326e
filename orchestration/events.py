"""What dbt tells while it works."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def without_debugging() -> Iterator[None]:
    """Let dbt tell nobody of its debugging during the block, and who was told within it of nothing after it.

    Debugging is nearly nine of ten events, fifteen for each node, and of each dbt makes a message before it asks who
    listens. Who listens it keeps until its next command: SQLMesh, which asks parts of it, would go on telling them.
    """
    from dbt_common.events import event_manager_client as client
    from dbt_common.events.base_types import EventLevel
    from dbt_common.events.event_manager import EventManager

    class Manager(EventManager):
        def fire_event(self, e: Any, level: Any = None, *rest: Any, **more: Any) -> None:
            if (level or e.level_tag()) != EventLevel.DEBUG:
                super().fire_event(e, level, *rest, **more)

    before = client.get_event_manager()
    client.ctx_set_event_manager(Manager())
    try:
        yield
    finally:
        client.ctx_set_event_manager(before)
