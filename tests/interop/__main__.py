"""Open every published table of a lake with every reader that is there: what `make interop` looks at.

Run by the environment of the readers, which has nothing of the pipeline.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pyarrow as pa

import lake as lake_package
from lake.layout import Lake
from tests.interop.readers import READERS, differences, lacking

#: In bronze these stand in the folders' names, from which every reader makes a type of its own.
IN_THE_PATH = ("batch", "version")


def published(root: Path) -> dict[str, tuple[Path, pa.Table]]:
    """Return `{table: (folder, rows)}` of the published snapshot, as `lake.connect()` has them."""
    query = "select layer, table_name from lake.tables order by all"
    found = {}
    with lake_package.connect(root=root) as connection:
        for layer, table in connection.sql(query).fetchall():
            # What bronze says of versions is one file and no folder.
            folders = (
                [root / layer / table] if layer != "bronze" else [*(root / "accepted").glob(f"*/{table}/")]
            )
            left_out = f"exclude ({', '.join(IN_THE_PATH)})" if layer == "bronze" and folders else ""
            for folder in folders:
                rows = connection.sql(f'select * {left_out} from {layer}."{table}"').to_arrow_table()
                found[f"{layer}.{table}"] = (folder, rows)
    return found


def main(root: Path) -> int:
    """Print what every reader read, and every difference; return 1 if there is one."""
    found = published(Lake(root).root)
    rows = sum(expected.num_rows for _, expected in found.values())
    print(f"{'reader':22} {'version':10} tables     rows  differences")
    wrong: list[str] = []
    for name, reader in READERS.items():
        if lack := lacking(reader):
            print(f"{name:22} {lack}")
            continue
        said = [
            f"{name}: {table}: {line}"
            for table, (folder, expected) in found.items()
            for line in differences(
                reader, folder, expected, IN_THE_PATH if table.startswith("bronze.") else ()
            )
        ]
        print(f"{name:22} {reader.version:10} {len(found):6} {rows:8,}  {len(said):11}")
        wrong += said
    print(*wrong, sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
