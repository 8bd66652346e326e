"""The storage layer: where the lake's data lies, its versions and snapshots, and how to read them.

>>> import lake
>>> lake.connect().sql("select sum(trips) from gold.mart_demand_daily")  # doctest: +SKIP
"""

from lake.catalog import connect
from lake.errors import LakeError
from lake.layout import Lake, locate
from lake.status import LakeStatus, status

__all__ = ["Lake", "LakeError", "LakeStatus", "connect", "locate", "status"]
