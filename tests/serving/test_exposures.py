"""dbt knows who reads gold: each page has an exposure that names exactly the tables its queries use."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from serving import view
from serving.reader import Reader, names_of
from tests.serving.conftest import PAGES, assert_sound, open_page
from tests.serving.lakes import publish_lake

ROOT = Path(__file__).parents[2]
DECLARED = {
    one["name"].removeprefix("dashboard_"): {
        re.fullmatch(r"ref\('(\w+)'\)", ref)[1] for ref in one["depends_on"]
    }
    for one in yaml.safe_load((ROOT / "gold" / "models" / "exposures_dashboard.yml").read_text())["exposures"]
}


def test_each_page_has_one():
    assert sorted(DECLARED) == sorted(PAGES)


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_a_page_asks_what_its_exposure_names(page, root, monkeypatch):
    publish_lake(root)
    asked, ask = set(), Reader.ask

    def recording(self, sql, **parameters):
        asked.update(names_of(sql))
        return ask(self, sql, **parameters)

    monkeypatch.setattr(Reader, "ask", recording)
    # Links to the others ask which days these have.
    monkeypatch.setattr(view, "address_of", lambda page: {})
    assert_sound(open_page(page))
    asked = {name for name in asked if not name.startswith("measure.")}
    assert {table.split(".")[1] for table in asked} == DECLARED[page]
    layers = {table.split(".")[0] for table in asked}
    assert layers == ({"gold", "silver"} if page == "health" else {"gold"})
