"""Every notebook runs from a clean kernel on a small sample, and what keeps it from running is named."""

from __future__ import annotations

import ast
import inspect
import os
import re
import signal
import subprocess
import sys
import threading
from datetime import date
from pathlib import Path

import nbformat
import polars as pl
import pytest
import yaml

import lake as lake_package
from analysis import figures, frames
from analysis import notebooks as books
from analysis.page import written as written_page
from lake.errors import GoneError, NothingPublishedError
from lake.rollback import rollback
from lake.snapshots import publish
from tests.lake.test_snapshots import FACTS, build
from tests.orchestration.lakes import sample_run
from tests.serving import browser as chrome

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PATHS = books.notebooks()
NAMES = [path.stem for path in PATHS]


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """Run the pipeline once on a small sample."""
    lake, _, _ = sample_run(tmp_path_factory)
    return lake


def written(folder: Path, *cells: str) -> Path:
    path = folder / "broken.ipynb"
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_markdown_cell("# A title"), *map(nbformat.v4.new_code_cell, cells)]
    )
    nbformat.write(notebook, path)
    return path


def sources(path: Path) -> str:
    return "\n".join(cell.source for cell in books.read(path).cells if cell.cell_type == "code")


@pytest.fixture(scope="module")
def executed(sample):
    return {path.stem: books.execute(path, sample.root) for path in PATHS}


@pytest.mark.parametrize("name", NAMES)
def test_it_runs_and_ends_in_findings(executed, name):
    notebook = executed[name]
    outputs = [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in notebook.cells if cell.cell_type == "code")
    text = str(outputs)
    assert "SAMPLE DATA" in str(outputs[0])
    assert "application/vnd.plotly" in text or "plotly" in text
    heading = re.compile(r"^## .*hat was found")
    found = next(number for number, cell in enumerate(notebook.cells) if heading.match(cell.source))
    assert "**How sure?**" in notebook.cells[-1].source
    said = str(notebook.cells[found + 1].outputs)
    assert "trips" in said
    assert "95 % interval" in said or name == "01_demand"
    # Errors that differ by less than a percent are not told as the same.
    assert re.search(r"within \d+\.\d % instead of \d+\.\d %", said) or name != "02_weather"


@pytest.mark.parametrize("name", NAMES)
def test_its_page_needs_nothing_from_elsewhere(executed, name):
    page = written_page(executed[name], "A title & more")
    assert "<title>A title &amp; more</title>" in page
    assert re.findall(r"<(?:script|link|img)[^>]+(?:src|href)=[\"']?https?:", page) == []


@pytest.mark.parametrize("name", NAMES)
def test_its_page_is_for_reading(executed, name):
    """What was found comes first, code is folded, tables are tables, and a phone does not load five megabytes."""
    page = written_page(executed[name], "A title")
    assert len(page.encode()) < 2_000_000
    headings = re.findall(r"<h2[^>]*>(.*?)</h2>", page, re.DOTALL)
    assert "hat was found" in headings[0]
    assert sum("hat was found" in one for one in headings) == 1
    assert page.index("How sure?") < page.index(headings[1]) if len(headings) > 1 else True
    assert page.count("<details>") == sum(cell.cell_type == "code" for cell in executed[name].cells)
    assert "<details open" not in page
    assert '"width=device-width' in page
    table = re.search(r"<table.*?</table>", page, re.DOTALL)[0]
    assert "shape:" not in page
    assert "&quot;" not in table
    assert "<td>str</td>" not in table


def test_what_is_printed_is_scrolled_by_keyboard_too():
    printed = nbformat.v4.new_output("stream", text="what is wider than a phone")
    cell = nbformat.v4.new_code_cell("print(wide)", outputs=[printed])
    page = written_page(nbformat.v4.new_notebook(cells=[cell]), "A title")
    assert '<pre tabindex="0">what is wider than a phone</pre>' in page


@pytest.mark.skipif(chrome.CHROMIUM is None, reason="no chromium on the path")
def test_its_page_is_drawn_on_a_phone_and_accessible(executed, tmp_path):
    with chrome.chromium() as browser:
        page = browser.new_context(viewport={"width": 390, "height": 844}).new_page()
        for name in NAMES:
            file = tmp_path / f"{name}.html"
            file.write_text(written_page(executed[name], name))
            faults = chrome.watch(page)
            page.goto(file.as_uri())
            page.wait_for_function(
                "document.querySelectorAll('.figure').length > 0 &&"
                "document.querySelectorAll('.figure:not(:has(.bglayer))').length == 0"
            )
            assert (
                page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                <= 0
            )
            assert chrome.inaccessible(page) == []
            assert faults == []


@pytest.mark.parametrize("path", PATHS, ids=NAMES)
def test_it_is_stored_without_outputs(path):
    assert books.stored_outputs(books.read(path)) == []
    first = books.read(path).cells[0].source
    assert first.startswith("# ")
    assert "**Question.**" in first


@pytest.mark.parametrize("path", PATHS, ids=NAMES)
def test_it_is_exposed_with_the_tables_it_reads(path):
    """What dbt's lineage says of a notebook is what its code and the helpers it calls read."""
    code = sources(path)
    helpers = "\n".join(
        inspect.getsource(getattr(frames, name)) for name in set(re.findall(r"frames\.([a-z]\w*)\(", code))
    )
    read = set(re.findall(r"\b(?:silver|gold)\.((?!fct_trips\")\w+)", code + helpers))
    exposures = yaml.safe_load((ROOT / "gold/models/exposures.yml").read_text())["exposures"]
    [exposure] = [one for one in exposures if path.name in one["description"]]
    assert {re.fullmatch(r"ref\('(\w+)'\)", ref)[1] for ref in exposure["depends_on"]} == read
    assert exposure["url"] == f"../notebooks/{path.stem}.html"  # from models/index.html


def test_every_exposed_notebook_is_there():
    exposures = yaml.safe_load((ROOT / "gold/models/exposures.yml").read_text())["exposures"]
    assert sorted(one["url"] for one in exposures) == [f"../notebooks/{name}.html" for name in NAMES]


def test_a_failing_cell_is_named(sample, tmp_path):
    path = written(tmp_path, "fine = 1", "other = fine + missing")
    with pytest.raises(
        books.NotebookError, match=r"broken\.ipynb, cell 3 \(other = fine \+ missing\): NameError"
    ):
        books.execute(path, sample.root)


def test_an_interruption_is_one_whatever_the_client_makes_of_it(sample, tmp_path):
    slow = written(tmp_path, "print('begun')", "import time; time.sleep(60)")
    before, stop = signal.getsignal(signal.SIGINT), threading.Timer(4, os.kill, (os.getpid(), signal.SIGINT))
    stop.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            books.execute(slow, sample.root)
    finally:
        stop.cancel()
        signal.signal(signal.SIGINT, before)  # the client leaves its own


def test_a_table_that_the_snapshot_is_too_old_for_is_told_with_what_builds_it(own_lake, tmp_path):
    path = written(tmp_path, "import lake", "lake.connect().sql('from gold.mart_covered_days')")
    lake = lake_package.locate()
    first = publish(lake, build(lake), FACTS)
    said = rf"snapshot {first.id} has no mart_covered_days: if it was built before there was one, "
    with pytest.raises(books.NotebookError, match=said + r"`make run FULL=1` builds it$"):
        books.write_pages(lake, [path])
    publish(lake, build(lake), FACTS)
    rollback(lake, by="me", reason="an odd month")
    with pytest.raises(books.NotebookError, match=said + r"`make release` .*pinned.* then `make run FULL=1`"):
        books.write_pages(lake, [path])


def test_what_is_no_notebook_is_named(tmp_path):
    path = tmp_path / "text.ipynb"
    path.write_text("{}")
    with pytest.raises(books.NotebookError, match=r"text\.ipynb cannot be read as a notebook"):
        books.read(path)
    with pytest.raises(books.NotebookError, match=r"gone\.ipynb cannot be read"):
        books.read(tmp_path / "gone.ipynb")


def test_outputs_in_a_stored_notebook_are_found(tmp_path):
    path = written(tmp_path, "1", "2")
    notebook = books.read(path)
    notebook.cells[2].outputs = [nbformat.v4.new_output("stream", text="2")]
    assert books.stored_outputs(notebook) == [3]


def test_pages_are_written_though_one_notebook_fails(sample, tmp_path, capsys):
    good = tmp_path / "good.ipynb"
    good.write_text(written(tmp_path, "print(1)").read_text())
    bad = written(tmp_path, "1 / 0")
    with pytest.raises(books.NotebookError, match="ZeroDivisionError"):
        books.write_pages(sample, [bad, good])
    page = sample.reports / "notebooks" / "good.html"
    assert "<title>A title</title>" in page.read_text()
    assert "failed broken.ipynb" in capsys.readouterr().out


def test_pages_made_together_are_of_one_snapshot(sample, tmp_path, monkeypatch):
    """What a notebook reads is what was published when the first of them began."""
    names = "print('names', 'lake' in globals(), 'gc' in globals(), __import__('gc').get_threshold()[0])"
    path = written(tmp_path, f"{names}\nfrom analysis import frames\nprint('reads', frames.published().id)")
    now = sample.current.readlink().name
    seen: list[str] = []

    def execute(path, root, asked):
        seen.append(asked)
        return books.read(path)

    with monkeypatch.context() as patch:
        patch.setattr(books, "execute", execute)
        pages = books.write_pages(sample, [path, path])
    assert seen == [now, now]
    assert f'<meta name="snapshot" content="{now}">' in pages[0].read_text()
    said = str(books.execute(path, sample.root, now).cells)
    assert f"reads {now}" in said
    assert "names False False 100000" in said, "it looks for garbage seldom, and a cell finds nothing of that"
    monkeypatch.setenv("LAKE_ROOT", str(sample.root))
    monkeypatch.setenv(frames.SNAPSHOT, "20000101-000000-000000")
    with pytest.raises(GoneError, match="no snapshot 20000101"):
        frames.published()


def test_without_a_lake_the_command_says_what_to_do(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "analysis.notebooks"],
        cwd=ROOT,
        env={"LAKE_ROOT": str(tmp_path / "none"), "PATH": ""},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "run `make run` first" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_lake_without_a_snapshot_has_no_provenance(own_lake):
    with pytest.raises(NothingPublishedError, match="make run"):
        frames.published()


def test_days_are_whole_and_add_up(sample):
    connection = lake_package.connect(root=sample.root)
    for city in frames.cities(connection):
        days = frames.days(connection, city)
        trips = connection.execute(
            "select count(*) from silver.fct_trips semi join silver.covered_months using (city, trip_month) "
            "where city = $city",
            {"city": city},
        ).fetchone()[0]
        assert days["trips"].sum() == trips
        assert days["trip_date"].is_unique().all()
        assert (days["member_trips"] + days["casual_trips"] <= days["trips"]).all()
        gaps = days.with_columns(gap=pl.col("trip_date").diff().dt.total_days())
        same = gaps.filter(pl.col("stretch") == pl.col("stretch").shift())
        assert (same["gap"] == 1).all()


def test_stretches_begin_after_gaps(sample):
    """Without the month in the middle, the days after it are another stretch."""
    with lake_package.connect(root=sample.root) as connection:
        connection.execute(
            "create table kept as from gold.mart_covered_days where trip_month in ('2020-11', '2021-02')"
        )
        connection.execute("create or replace view gold.mart_covered_days as from kept")
        days = frames.days(connection, "jc")
    assert days["stretch"].unique().sort().to_list() == [0, 1]
    assert days.filter(pl.col("stretch") == 1)["trip_date"].min() == date(2021, 2, 1)
    [gap] = figures.without_gaps(days)["rangebreaks"]
    assert gap["bounds"] == ["2020-12-01", "2021-02-01"]  # the first is hidden, the second is not


def test_hours_and_months_add_up_to_the_days(sample):
    connection = lake_package.connect(root=sample.root)
    monthly = frames.monthly(connection)
    for city in frames.cities(connection):
        assert (
            monthly.filter(pl.col("city") == city)["trips"].sum()
            == frames.days(connection, city)["trips"].sum()
        )
        assert set(frames.hours(connection, city)["trip_hour"]) <= set(range(24))
        top = frames.busiest_stations(connection, city, 3)
        assert top["departures"].to_list() == sorted(top["departures"], reverse=True)


def test_helpers_used_by_notebooks_exist():
    """A notebook calls what `analysis` has, so that a renamed helper fails here and not in a kernel."""
    from analysis import held_out, stats

    modules = {"frames": frames, "stats": stats, "figures": figures, "held_out": held_out}
    for path in PATHS:
        for node in ast.walk(ast.parse(sources(path))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                module = modules.get(node.value.id)
                assert module is None or hasattr(module, node.attr), f"{path.name}: {node.attr}"
