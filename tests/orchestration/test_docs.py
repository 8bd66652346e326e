"""`make docs` on a lake with a refused batch: what a reader finds, and that nothing is fetched."""

from __future__ import annotations

import http.client
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from lake import Lake, LakeError
from lake.rollback import release, rollback
from orchestration.__main__ import main
from orchestration.docs import data_docs, dbt_docs, site
from orchestration.gate import judge as gate
from orchestration.gate import log as gate_log
from tests.orchestration.test_refusals import refused_run
from tests.serving import browser as chrome

pytestmark = pytest.mark.slow

SILVER_AND_GOLD = ("silver/models/core", "gold/models/marts")
ROOT = Path(__file__).parents[2]


class Page(HTMLParser):
    """The links and loaded addresses of a page, and its text."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.text = ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        if tag == "a" and named.get("href"):
            self.links.append(named["href"])
        elif tag in {"script", "link", "img", "iframe"}:
            self.loaded += [named[key] for key in ("src", "href") if named.get(key)]

    def handle_data(self, data):
        self.text += data


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Run the pipeline on an upstream with one bad month, and make the docs."""
    folder, *_ = refused_run(tmp_path_factory)
    lake = Lake(folder / "lake")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAKE_ROOT", str(lake.root))
        site.write_site(lake)
    return lake


@pytest.fixture(autouse=True)
def on_that_lake(request, monkeypatch):
    if "made" in request.fixturenames:
        monkeypatch.setenv("LAKE_ROOT", str(request.getfixturevalue("made").root))


def pages(lake):
    return [path for path in lake.reports.rglob("*.html") if "models" not in path.parts]


def test_the_index_leads_to_the_refused_batch(made):
    index = Page(made.reports / "index.html")
    assert "Versions kept out of this snapshot" in index.text
    assert "jc-2024-04 version 1" in index.text
    [link] = [link for link in index.links if "jc-2024-04" in link]
    refused = Page(made.reports / link)
    assert "refused" in refused.text
    assert "start and end are written as YYYY-MM-DD HH:MM:SS" in refused.text
    assert "200 of 200 rows" in refused.text
    assert "make accept BATCH=jc-2024-04" in refused.text
    assert "jc-2024-04-version-1/report.md" in refused.text


def test_refusals_stand_first_in_the_data_docs(made):
    listed = Page(made.reports / "gate-pages" / "index.html").text
    assert re.search(r"Refused \(\d+\).*jc-2024-04.*Passed", listed, re.DOTALL)
    assert listed.index("jc-2024-04") < listed.index("jc-2024-05")
    assert "gold.mart_demand_daily" in listed


def test_great_expectations_renders_what_it_found(made):
    [page] = (made.reports / "gate-pages" / "bronze" / "trips").glob("*jc-2024-05*.html")
    text = Page(page).text
    assert "Successful Expectations" in text
    assert "ride ids are unique within a file" in text


def test_every_link_leads_somewhere(made):
    for path in pages(made):
        for link in Page(path).links:
            assert (path.parent / link).resolve().exists(), f"{path}: {link}"


def test_no_page_loads_anything_from_elsewhere(made):
    for path in [*pages(made), made.reports / "models" / "index.html"]:
        outside = [one for one in Page(path).loaded if re.match(r"(https?:)?//", one)]
        assert outside == [], path


@pytest.mark.skipif(chrome.CHROMIUM is None, reason="no chromium on the path")
def test_pages_are_read_on_a_phone_and_by_a_screen_reader(made):
    """Of each kind the first: a column list made one 53 pixels wider, and headings began at the fifth level."""
    kinds = {path.parent.relative_to(made.reports): path for path in sorted(pages(made), reverse=True)}
    with chrome.chromium() as browser:
        page = browser.new_context(viewport={"width": 390, "height": 844}).new_page()
        for path in kinds.values():
            page.goto(path.as_uri())
            over = page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            assert (path.name, over, chrome.inaccessible(page)) == (path.name, 0, [])


def test_a_table_is_named_once_in_its_title(made):
    [page] = (made.reports / "gate-pages" / "gold" / "mart_covered_days").glob("*.html")
    assert Page(page).text.count("gold.mart_covered_days: ") == 0


def inlined(lake):
    """Return the manifest and the catalog that dbt's page holds."""
    page = (lake.reports / "models" / "index.html").read_text(encoding="utf-8")
    start = page.index('{"metadata": ')
    manifest, length = json.JSONDecoder().raw_decode(page[start:])
    catalog, _ = json.JSONDecoder().raw_decode(page[page.index('{"metadata": ', start + length) :])
    return manifest, catalog


def test_the_catalog_of_external_models_is_filled(made):
    """dbt knows nothing of a Parquet file by itself: columns, rows and files are there all the same."""
    manifest, catalog = inlined(made)
    published = {path.stem for folder in SILVER_AND_GOLD for path in (ROOT / folder).glob("*.sql")}
    nodes = {key.rpartition(".")[2]: node for key, node in catalog["nodes"].items()}
    assert published <= nodes.keys()
    for name in published:
        node = nodes[name]
        declared = manifest["nodes"][node["unique_id"]]["columns"]
        assert list(node["columns"]) == list(declared)
        assert node["metadata"]["type"] == "external Parquet"
        assert node["stats"]["files"]["value"] > 0 or node["stats"]["rows"]["value"] == 0
    assert nodes["fct_trips"]["stats"]["rows"]["value"] == 200
    assert {"stg_bike_trips", "int_trips_typed"} <= nodes.keys()


def test_the_lineage_shows_who_uses_a_mart(made):
    manifest, _ = inlined(made)
    users = manifest["child_map"]["model.lakehouse.mart_holiday_impact"]
    assert "exposure.lakehouse.notebook_holidays" in users


def test_docs_leave_nothing_behind_and_can_be_made_again(made):
    before = sorted(str(path) for path in pages(made))
    assert main(["docs"]) == 0
    assert sorted(str(path) for path in pages(made)) == before
    assert not (made.work / "docs").exists()
    assert list(made.reports.rglob(".*")) == []


NASTY = "<img src=x onerror=alert(1)>"


def judged_here(lake, rows, subject="x"):
    result = gate.judge(layer="bronze", table="holidays", relation_sql=rows, subject=subject)
    return gate_log.keep(lake, result)


def test_what_comes_from_upstream_is_text_and_not_html(own_lake):
    """A column's name and a value that are HTML are shown, in the page of their judgement and in the list."""
    lake = Lake(own_lake)
    rows = f"select '{NASTY}' as date, '{NASTY}' as name, 1 as \"{NASTY}\" from range(3)"
    judged_here(lake, rows, f"us-2024 {NASTY}")
    data_docs.write_data_docs(lake, "sample")
    pages = list((own_lake / "reports/gate-pages").rglob("*.html"))
    assert len(pages) == 2
    for path in pages:
        text = path.read_text()
        assert "<img" not in text
        assert "&lt;img" in text
        assert "&amp;lt;" not in text


def test_a_page_whose_judgement_is_gone_goes_too(own_lake):
    lake = Lake(own_lake)
    kept = judged_here(lake, "select 1 as a")
    data_docs.write_data_docs(lake, None)
    assert len(list((own_lake / "reports/gate-pages").rglob("*.html"))) == 2
    kept.unlink()
    assert data_docs.write_data_docs(lake, None) == []
    assert len(list((own_lake / "reports/gate-pages").rglob("*.html"))) == 1


def test_the_index_is_of_the_published_snapshot_whatever_came_after(made, monkeypatch):
    """A refused build that nobody published marks no table, and a pin is told."""
    monkeypatch.setattr(site, "write_dbt_docs", lambda lake, snapshot: 28)
    index = made.reports / "index.html"
    refused = gate.judge(
        layer="gold", table="mart_routes", relation_sql="select 1 as a", subject="gold.mart_routes"
    )
    kept = gate_log.keep(made, refused, snapshot="29990101-000000-000000")
    site.write_site(made)
    row = re.search(r"<tr><td>gold.mart_routes</td>.*?</tr>", index.read_text())[0]
    assert "passed" in row
    assert "Pinned" not in index.read_text()
    rollback(made, made.current.readlink().name, by="anna", reason="looks wrong")
    site.write_site(made)
    assert "by anna" in Page(index).text
    release(made)
    kept.unlink()
    site.write_site(made)


def test_a_description_cannot_end_dbts_script():
    page = 'let m="MANIFEST.JSON INLINE DATA",c="CATALOG.JSON INLINE DATA";'
    done = dbt_docs._inlined(page, {"description": "a </script> b"}, {})
    assert "</script>" not in done
    assert json.loads(re.search(r"m=(\{.*?\}),c=", done)[1]) == {"description": "a </script> b"}


def test_a_page_of_dbt_that_is_made_otherwise_is_said_so():
    with pytest.raises(LakeError, match=r"no place for \"MANIFEST"):
        dbt_docs._inlined("<html></html>", {}, {})


def test_without_a_snapshot_the_command_says_what_to_do(own_lake, capsys):
    assert main(["docs"]) == 2
    assert "run `make run` first" in capsys.readouterr().out


def test_they_are_served_on_the_loopback_only(made):
    with site.serving(made.reports, 0) as address:
        assert address.startswith("http://127.0.0.1:")
        connection = http.client.HTTPConnection("127.0.0.1", int(address.rstrip("/").rpartition(":")[2]))
        connection.request("GET", "/index.html")
        assert "Bike lakehouse" in connection.getresponse().read().decode()
        port = int(address.rstrip("/").rpartition(":")[2])
        with pytest.raises(LakeError, match=f"port {port} cannot be used"), site.serving(made.reports, port):
            pass
