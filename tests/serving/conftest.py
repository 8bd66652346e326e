from __future__ import annotations

import logging
import sys
from pathlib import Path

import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

import lake
from lake import locate
from lake.snapshots import current
from serving import pages
from serving.reader import open_reader
from tests.orchestration.lakes import sample_run
from tests.serving.lakes import publish_lake

APP = Path(__file__).parents[2] / "serving" / "app.py"
PAGES = [page.name for page in pages.PAGES]
TITLES = {page.name: page.title for page in pages.PAGES}


@pytest.fixture(autouse=True, scope="session")
def no_components_are_looked_for():
    """Look for no components of Streamlit: AppTest reads what every installed package says of itself, at each run.

    It is most of what a page costs, and no package here has any.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", list)
        yield


@pytest.fixture(autouse=True, scope="module")
def questions_are_not_shared_by_threads():
    """Answer in one thread: on lakes of so few rows to share a question among them takes longer than to answer it.

    Several threads answer in the tests of the browser.
    """

    def connect(*args, **options):
        connection = connected(*args, **options)
        connection.execute("set threads = 1")
        return connection

    connected = lake.connect
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lake, "connect", connect)
        yield


@pytest.fixture(autouse=True)
def fresh_caches():
    """Let no test answer from what another asked."""
    # Outside a server Streamlit says at every turn that there is none.
    logging.getLogger("streamlit").setLevel(logging.ERROR)
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture(autouse=True)
def main_module_stays(monkeypatch):
    """Put `__main__` back: AppTest leaves its page there, and a process spawned later would run the page first."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


@pytest.fixture
def root():
    return locate()


@pytest.fixture
def reader(root):
    publish_lake(root)
    return open_reader()


@pytest.fixture
def sampled(tmp_path_factory, monkeypatch):
    """Let pages read the sample, run as a whole, of which every source is a part; return its snapshot's folder."""
    sample = sample_run(tmp_path_factory)[0]
    monkeypatch.setenv("LAKE_ROOT", str(sample.root))
    return current(sample).path


def open_page(page, **url):
    """Open a page in a session of its own, by a URL with these parameters."""
    at = AppTest.from_file(str(APP), default_timeout=60)
    at.query_params.update(url)
    return go_to(at, page)


def go_to(at, page):
    at.switch_page(f"screens/{page}.py").run()
    return at


def words(at):
    """Return every text on the page, of all kinds that pages use."""
    kinds = (at.title, at.markdown, at.caption, at.info, at.warning, at.error, at.success)
    texts = [str(element.value) for kind in kinds for element in kind]
    return "\n".join([*texts, *(f"{one.label}: {one.value} ({one.delta})" for one in at.metric)])


def figures(at):
    return at.get("plotly_chart")


def address(at):
    """Return what stands in the URL."""
    return {name: one if isinstance(one, str) else one[0] for name, one in at.query_params.items()}


def assert_sound(at):
    assert [one.message for one in at.exception] == []
    assert "Traceback" not in words(at)
    # Whatever is missing: a page says which one it is.
    assert [one.value for one in at.title] == [TITLES[at.session_state["page"]]]
