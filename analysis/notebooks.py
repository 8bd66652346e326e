"""Running notebooks from a clean kernel and rendering them: `make notebooks`.

    python -m analysis.notebooks [analysis/01_demand.ipynb ...]

The files in `analysis/` are stored without outputs. Each is executed on the published snapshot and written as
one self-contained page to `lake/reports/notebooks/`; the files themselves stay as they are.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis import frames
from analysis.page import written
from lake.commands import in_words
from lake.errors import LakeError
from lake.files import exclusive_lock, write_text
from lake.layout import Lake, locate
from lake.pin import built_by
from lake.snapshots import hold_snapshot

if TYPE_CHECKING:
    from nbclient import NotebookClient
    from nbformat import NotebookNode

FOLDER = Path(__file__).parent
#: Seconds that one cell may take.
_PATIENCE = 600
#: What a kernel does first: each search for garbage goes through all that cells import, a quarter of its time.
_SELDOM = "__import__('lake.commands').commands.collect_seldom()"
#: A table that the snapshot has not; what else a catalog lacks is a slip of the pen.
_LACKS = re.compile(r"^CatalogException: .*Table with name (\w+) does not exist", re.DOTALL)


class NotebookError(Exception):
    """A notebook cannot be read, or a cell of it failed: the message names file, cell and error."""


def notebooks() -> list[Path]:
    """Return the notebooks of this project, in order of name."""
    return sorted(FOLDER.glob("[!.]*.ipynb"))


def read(path: Path) -> NotebookNode:
    """Read a notebook and check that it is one.

    Raises:
        NotebookError: the file is missing or not a notebook.
    """
    import nbformat

    try:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
    except (OSError, ValueError, nbformat.ValidationError) as error:
        raise NotebookError(f"{path} cannot be read as a notebook: {error}") from error
    return notebook


def title(notebook: NotebookNode, path: Path) -> str:
    """Return the notebook's first heading, or its file name."""
    for cell in notebook.cells:
        for line in cell.source.splitlines() if cell.cell_type == "markdown" else ():
            if line.startswith("# "):
                return str(line[2:].strip())
    return path.stem


def execute(path: Path, root: Path, snapshot: str = "") -> NotebookNode:
    """Run a notebook in a kernel of its own on the lake at `root`; return it with outputs.

    It reads the snapshot of that id, else the published one. The file stays as it is.

    Raises:
        NotebookError: it cannot be read, or a cell failed.
        KeyboardInterrupt: somebody had enough.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    notebook = read(path)
    client = NotebookClient(
        notebook,
        timeout=_PATIENCE,
        kernel_name="python3",
        resources={"metadata": {"path": str(FOLDER.parent)}},
    )
    manager = client.create_kernel_manager()
    # The kernel is this interpreter, wherever the one registered under that name points to.
    manager.kernel_spec.argv[0] = sys.executable
    # It looks for garbage as seldom as a command does, and its cells find no name of that.
    manager.kernel_spec.argv.append(f"--IPKernelApp.exec_lines={_SELDOM}")
    # Files only this user can open, instead of ports that every local user can reach.
    manager.transport = "ipc"
    with tempfile.TemporaryDirectory(prefix="notebook-") as scratch:
        environment = os.environ | {
            "LAKE_ROOT": str(root),
            frames.SNAPSHOT: snapshot,
            "PYTHONPATH": str(FOLDER.parent),
            "PLOTLY_RENDERER": "plotly_mimetype",
            # Tables whole, and of values: what Polars says of their shape and types is for its users.
            "POLARS_FMT_MAX_ROWS": "100",
            "POLARS_FMT_MAX_COLS": "-1",
            "POLARS_FMT_STR_LEN": "200",
            "POLARS_FMT_TABLE_HIDE_COLUMN_DATA_TYPES": "1",
            "POLARS_FMT_TABLE_HIDE_DATAFRAME_SHAPE_INFORMATION": "1",
            # Neither the kernel's sockets nor its settings are a person's own.
            "IPYTHONDIR": f"{scratch}/ipython",
        }
        manager.connection_file = f"{scratch}/kernel.json"
        try:
            with _interruptible(client):
                client.execute(env=environment)
        except CellExecutionError as error:
            said = f"{error.ename}: {error.evalue}"
            if lacks := _LACKS.search(said):
                published = f"snapshot {snapshot}" if snapshot else "the published snapshot"
                old = f"{published} has no {lacks[1]}: if it was built before there was one"
                said += f"; {old}, {built_by(Lake(root))}"
            raise NotebookError(f"{path.name}, {_failing(notebook)}: {said}") from error
        except (CellTimeoutError, DeadKernelError, RuntimeError) as error:
            raise NotebookError(f"{path.name}, {_failing(notebook)}: {error}") from error
    return notebook


@contextlib.contextmanager
def _interruptible(client: NotebookClient) -> Iterator[None]:
    """Make an interruption of what follows from one: the client takes the kernel away, and then fails with anything."""
    try:
        yield
    except BaseException as error:
        if getattr(client, "_async_cleanup_kernel_future", None) is not None:
            raise KeyboardInterrupt from error
        raise


def _failing(notebook: NotebookNode) -> str:
    """Name the last cell that was begun: its number from 1 among all cells, and its first line."""
    begun = [
        (number, cell)
        for number, cell in enumerate(notebook.cells, start=1)
        if cell.cell_type == "code" and ("execution" in cell.metadata or cell.outputs)
    ]
    if not begun:
        return "before its first cell"
    number, cell = begun[-1]
    first = (cell.source.strip().splitlines() or [""])[0]
    return f"cell {number} ({first})"


def stored_outputs(notebook: NotebookNode) -> list[int]:
    """Return the numbers (from 1) of cells that hold an output or a count: a stored notebook has none."""
    return [
        number
        for number, cell in enumerate(notebook.cells, start=1)
        if cell.cell_type == "code" and (cell.outputs or cell.execution_count is not None)
    ]


def write_pages(lake: Lake, chosen: list[Path], tell: Any = print) -> list[Path]:
    """Run and render notebooks on the published snapshot; return their pages in `lake/reports/notebooks/`.

    One that fails does not keep the others from being rendered.

    Raises:
        NothingPublishedError: nothing is published.
        NotebookError: a notebook failed; the message lists all that did.
    """
    folder = lake.reports / "notebooks"
    folder.mkdir(parents=True, exist_ok=True)
    pages, failed = [], []
    with hold_snapshot(lake) as snapshot:
        for path in chosen:
            try:
                notebook = execute(path, lake.root, snapshot.id)
            except NotebookError as error:
                failed.append(str(error))
                tell(f"failed {error}")
                continue
            page = folder / f"{path.stem}.html"
            # The index says of which snapshot a page is.
            said = f'<meta name="snapshot" content="{snapshot.id}">'
            html = written(notebook, title(notebook, path))
            write_text(page, html.replace("<head>", f"<head>{said}", 1))
            pages.append(page)
            tell(f"rendered {lake.short(page)}")
    if failed:
        raise NotebookError("; ".join(failed))
    return pages


@in_words
def main(arguments: list[str] | None = None) -> int:
    """Render the notebooks named, or all; return 0, or 2 with an error told."""
    parser = argparse.ArgumentParser(prog="python -m analysis.notebooks", description=__doc__.splitlines()[0])
    parser.add_argument("notebook", nargs="*", type=Path, help="all of analysis/, if none is named")
    asked = parser.parse_args(arguments)
    try:
        lake = locate()
        with exclusive_lock(
            lake.work / "notebooks.lock", "another process is rendering the notebooks; wait for it"
        ):
            write_pages(lake, asked.notebook or notebooks())
    except (LakeError, NotebookError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
