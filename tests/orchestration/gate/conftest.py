from __future__ import annotations

import duckdb
import pytest

from tests.orchestration.gate.sound import GOLD, SILVER

PARTITIONED = {"fct_trips", "mart_demand_hourly"}


def write(connection, folder, name):
    """Write a table as it lies in a snapshot."""
    folder.mkdir(parents=True)
    file = "trip_month-2024-05.0" if name.partition(".")[2] in PARTITIONED else "data"
    connection.execute(f"copy {name} to '{folder}/{file}.parquet'")


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """Return a snapshot folder that every gate passes."""
    snapshot = tmp_path_factory.mktemp("snapshot")
    with duckdb.connect() as connection:
        for layer, tables in (("silver", SILVER), ("gold", GOLD)):
            connection.execute(f"create schema {layer}")
            for table, query in tables.items():
                connection.execute(f"create table {layer}.{table} as {query}")
                # As published; and every offending DECIMAL would take Great Expectations long to report.
                for column, kind, *_ in connection.execute(f"describe {layer}.{table}").fetchall():
                    if kind.startswith("DECIMAL"):
                        connection.execute(f"alter table {layer}.{table} alter {column} type double")
                write(connection, snapshot / layer / table, f"{layer}.{table}")
    return snapshot
