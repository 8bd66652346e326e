from __future__ import annotations

from tests.bronze.conftest import clock, live

__all__ = ["clock", "live"]
