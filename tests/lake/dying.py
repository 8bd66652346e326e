"""Processes that die at a fault point, in this process."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from lake.faults import armed


class Died(BaseException):
    """Nothing of ours catches it, as nothing catches a kill."""


@contextlib.contextmanager
def dies_at(wanted: str) -> Iterator[None]:
    """Let the block die when it comes to a fault point; it has to come there."""

    def die(point: str) -> None:
        if point == wanted:
            raise Died

    with pytest.raises(Died), armed(die):
        yield
