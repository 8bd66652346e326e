"""Judging a table of the sound snapshot with a fault in it."""

from __future__ import annotations

from orchestration.gate import judge as gate


def relations_of(snapshot):
    return {
        f"{side}.{path.name}": f"from read_parquet('{path}/**/*.parquet', hive_partitioning = false)"
        for side in ("silver", "gold")
        for path in (snapshot / side).iterdir()
    }


def judged(snapshot, layer, table, fault, **more):
    """Judge a table of the snapshot with a fault, a query on `good`, beside the others as they are."""
    others = relations_of(snapshot)
    return gate.judge(
        layer=layer,
        table=table,
        relation_sql=f"with good as ({others[f'{layer}.{table}']}) {fault}",
        subject=f"{layer}.{table}",
        others=others,
        **more,
    )
