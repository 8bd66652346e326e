"""Every page without a browser: with data, filtered, on an empty lake, on a lake that lacks something."""

from __future__ import annotations

import gc
import json
from datetime import date

import pytest

from lake.branches import branch
from lake.retention import collect
from lake.rollback import rollback
from serving import pages
from serving.queries.shared import EVERYBODY
from serving.reader import open_reader
from tests.serving.conftest import PAGES, address, assert_sound, figures, go_to, open_page, words
from tests.serving.headings import assert_headed_by_their_columns, assert_under_its_heading
from tests.serving.lakes import ALL, TABLES, publish_lake
from tests.serving.test_exposures import DECLARED

pytestmark = pytest.mark.slow

DRAWN = {page.name: page.figures for page in pages.PAGES}
DATA_PAGES = [page for page in PAGES if page != "health"]


def test_a_page_of_a_branch_says_which(root, monkeypatch):
    """It looks like any other, and its figures may be those of models that nobody has accepted."""
    publish_lake(root)
    branch(root, "try", by="anna")
    assert "Branch" not in words(open_page("overview"))
    monkeypatch.setenv("BRANCH", "try")
    assert "Branch `try`" in words(open_page("overview"))


@pytest.mark.parametrize("page", PAGES)
def test_a_page_with_data(page, root):
    publish_lake(root)
    at = open_page(page)
    assert_sound(at)
    assert len(figures(at)) == DRAWN[page]
    assert [one.value for one in at.error] == []
    assert "Sample data" in words(at)
    # Every figure's data can be taken away, in both formats.
    labels = [one.label for one in at.get("download_button")]
    assert labels.count("CSV") == labels.count("Parquet") >= DRAWN[page]
    # Every figure stands below a title, and names its axes.
    for figure in figures(at):
        layout = json.loads(figure.proto.spec)["layout"]
        # Days, months and names need no unit; what is counted does, on an axis or on the scale of colours.
        named = [layout[axis].get("title", {}).get("text") for axis in ("xaxis", "yaxis")]
        assert any(named), figure
        assert_under_its_heading(figure)
    for table in at.dataframe:
        assert_headed_by_their_columns(table)
    titles = [one.value.lstrip("# ") for one in at.markdown if one.value.startswith("##")]
    assert len(titles) >= len(figures(at))
    # Whoever does not see it is told what it is: no two alike.
    told = [figure.proto.alt for figure in figures(at)]
    assert len(set(told)) == len(told)
    assert all(any(one.startswith(f"{title}. Figure of") for title in titles) for one in told), told


def test_real_data_is_not_called_sample(root):
    publish_lake(root, origin="upstream")
    assert "Sample data" not in words(open_page("overview"))


def opened(names, **url):
    """Open each page in a session of its own, on one lake: what pages ask alike is answered once, as by a server."""
    for page in names:
        at = open_page(page, **url)
        assert_sound(at)
        yield page, at


def test_pages_filtered_by_their_url(root):
    publish_lake(root)
    url = {"from": "2020-12-20", "to": "2021-02-05", "city": "jc", "member": "casual", "bike": "electric"}
    for page, at in opened(DATA_PAGES, **url):
        assert len(figures(at)) == DRAWN[page], page
        told = "20 Dec 2020 – 5 Feb 2021 · Jersey City · Casual riders · Electric bikes"
        assert told in words(at), page
        # In the URL stays what was there, and what the page keeps beside it.
        assert url.items() <= address(at).items(), page


@pytest.mark.parametrize("page", PAGES)
def test_a_session_holds_no_snapshot_that_its_page_has_shown_before(page, root):
    """But the two that the server keeps: without a search for garbage, which a server makes seldom."""
    shown = publish_lake(root).id
    gc.disable()
    try:
        at = open_page(page)
        for scale in (2, 3):
            publish_lake(root, scale)
            open_reader()
        assert collect(root, 1).removed == [shown]
    finally:
        gc.enable()
    assert_sound(at)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_of_an_empty_lake_says_what_to_do(page):
    at = open_page(page)
    assert_sound(at)
    assert "`make run`" in words(at)
    assert figures(at) == []


def test_a_lake_whose_first_snapshot_is_being_built(root):
    (root.snapshots / "20260101-000000-000000").mkdir(parents=True)
    (root.snapshots / "20260101-000000-000000" / "building.json").write_text("{}")
    assert "is being built" in words(open_page("overview"))


@pytest.mark.parametrize("table", [*TABLES, "measure.casual_share"])
def test_a_lake_that_lacks_a_table_or_measure(table, root):
    """On pages that ask it, for the others are the same without; all ask a measure, and the days of each other's calendar."""
    publish_lake(root, without=table)
    name, told, at = table.removeprefix("gold.").removeprefix("silver."), {}, None
    asked_by_all = {page.calendar.table for page in pages.PAGES} | {"measure.casual_share"}
    for page in PAGES:
        if table not in asked_by_all and name not in DECLARED[page]:
            continue
        at = open_page(page) if at is None else go_to(at, page)
        assert_sound(at)
        told[page] = words(at)
    assert any(
        f"`{table}`: it was built before" in text and "make run FULL=1" in text for text in told.values()
    )


def test_a_pinned_lake_that_lacks_a_table_is_to_be_released_first(root):
    """A run publishes nothing while a rollback is in force."""
    for _ in range(2):
        publish_lake(root, without="gold.mart_covered_days")
    rollback(root, by="me", reason="an odd month")
    assert "`make release` (a rollback has pinned the lake) and then `make run FULL=1`" in words(
        open_page("overview")
    )


def test_one_day_of_data(root):
    publish_lake(root, first="2020-12-25", last="2020-12-25")
    for page, at in opened(PAGES):
        assert [one.value for one in at.error] == [], page
        if page == "overview":
            assert "no days before" in words(at)
        if page == "weather":
            assert "it takes" in words(at)


def test_no_weather(root):
    publish_lake(root, weather=False)
    for page, at in opened(PAGES):
        if page == "weather":
            assert "knows the weather of no day" in words(at)
            assert figures(at) == []
        else:
            # Weeks are not set side by side in the same weather.
            assert len(figures(at)) == DRAWN[page] - (page == "overview"), page


def test_a_broken_file_is_told_in_words(root):
    snapshot = publish_lake(root)
    for mart in (snapshot.path / "gold").iterdir():
        (mart / "data.parquet").unlink()
        (mart / "data.parquet").write_bytes(b"no parquet")
    for page, at in opened(PAGES):
        assert "cannot be read" in words(at), page


def test_filters_that_match_nothing(root):
    publish_lake(root)
    for page, at in opened(DATA_PAGES, member="unknown", bike="unknown"):
        # Nothing is there, or the page's data knows no riders and it says so; weather tells those not known by what is left.
        assert at.info or EVERYBODY in words(at) or page == "weather", page


def test_a_url_that_makes_no_sense_shows_everything(root):
    publish_lake(root)
    url = {"from": "yesterday", "to": "2001-01-01", "city": "paris", "member": "x", "station": "?"}
    at = open_page("stations", **url)
    assert_sound(at)
    assert "1 Dec 2020 – 21 Feb 2021 · Both cities" in words(at)
    assert "city" not in address(at)
    # And says that it does, until something else is chosen.
    told = [one.value for one in at.warning if "names what is not in this choice" in one.value]
    assert all(name in " ".join(told) for name in ("`yesterday`", "`2001-01-01`", "`paris`", "`x`", "`?`"))
    at.sidebar.selectbox(key="member").set_value("member").run()
    assert "names what is not in this choice" not in words(at)


def test_a_what_if_of_an_address_that_was_never_observed_is_told(root):
    publish_lake(root)
    wrong = {"rain": "99", "wind-2021-02": "calm", "month": "2031-01", "kind": "monday"}
    at = open_page("weather", **wrong)
    assert_sound(at)
    assert all(f"`{name}` is" in words(at) for name in wrong)


@pytest.mark.parametrize(
    ("page", "more"), [("weather", {"rain": "1.0", "month": "2021-01"}), ("stations", {})]
)
def test_reset_takes_the_filters_and_leaves_what_is_the_pages_own(page, more, root):
    publish_lake(root)
    at = open_page(page, city="jc", **{"from": "2020-12-05"}, **more)
    assert more.items() <= address(at).items()
    at.sidebar.button[0].click().run()
    assert_sound(at)
    assert not {"city", "from"} & set(address(at))
    assert more.items() <= address(at).items()
    assert "1 Dec 2020 – 21 Feb 2021 · Both cities" in words(at)


def test_a_lake_of_one_city_offers_no_other_and_no_day_outside(root):
    publish_lake(root, cities=("jc",))
    at = open_page("overview")
    assert "1 Dec 2020 – 21 Feb 2021 · Jersey City" in words(at)
    assert [one.key for one in at.sidebar.selectbox] == ["member", "bike"]
    assert (at.sidebar.date_input[0].min, at.sidebar.date_input[0].max) == (ALL.first, ALL.last)
    assert "`city` is `nyc`" in words(open_page("demand", city="nyc"))


def test_a_choice_of_a_month_that_is_missing_says_so(root):
    publish_lake(root, without_month="2021-01")
    for page, at in opened(DATA_PAGES, **{"from": "2021-01-02", "to": "2021-01-30"}):
        assert figures(at) == [], page
        missing = "No station was observed on these days" if page == "availability" else "lack January 2021"
        assert missing in words(at), page


def test_a_filter_goes_into_the_url_and_along_to_other_pages(root):
    publish_lake(root)
    at = open_page("overview")
    before = words(at)
    at.sidebar.selectbox(key="city").set_value("jc").run()
    assert address(at)["city"] == "jc"
    assert words(at) != before
    for page in ("health", "demand"):  # Lake health draws no filters, and loses none
        go_to(at, page)
        assert address(at)["city"] == "jc"
    assert "Jersey City" in words(at)
    afresh = open_page("demand", city="jc")
    assert words(afresh) == words(at)
    at.sidebar.button[0].click().run()
    assert "city" not in address(at)
    assert "Both cities" in words(at)


def test_what_a_page_keeps_in_the_url_is_there_when_it_is_come_back_to(root):
    publish_lake(root)
    at = open_page("stations")
    assert address(at) == {}  # the busiest station is nobody's choice
    at.selectbox(key="station").set_value("JC012").run()
    at.toggle(key="streets").set_value(True).run()
    kept = {"station": "JC012", "streets": "on"}
    assert address(at) == kept
    go_to(at, "demand")
    assert address(at) == {}
    go_to(at, "stations")
    assert address(at) == kept
    assert (at.selectbox(key="station").value, at.toggle(key="streets").value) == ("JC012", True)
    # Sent to somebody else, and undone by going back.
    afresh = open_page("stations", **kept)
    assert (afresh.selectbox(key="station").value, afresh.toggle(key="streets").value) == ("JC012", True)
    del at.query_params["station"]
    at.run()
    assert_sound(at)
    assert at.selectbox(key="station").value == "5470.10"
    assert address(at) == {"streets": "on"}


def test_a_publication_shows_at_the_next_interaction(root):
    first = publish_lake(root)
    at = open_page("overview")
    before = words(at)
    assert first.id in before
    second = publish_lake(root, scale=3)
    at.run()
    assert second.id in words(at)
    rollback(root, by="anna", reason="trial")
    at.run()
    assert words(at) == before
    go_to(at, "health")
    assert "pinned" in words(at)


def test_a_snapshot_published_while_a_page_is_drawn_does_not_get_into_it(root, monkeypatch):
    from serving.reader import Reader

    publish_lake(root)
    alone = words(open_page("overview"))
    asked, ask = [], Reader.ask

    def publishing(self, sql, **parameters):
        asked.append(self.snapshot)
        if len(asked) == 3:
            publish_lake(root, scale=5)
        return ask(self, sql, **parameters)

    monkeypatch.setattr(Reader, "ask", publishing)
    from tests.serving.conftest import APP, AppTest

    at = AppTest.from_file(str(APP), default_timeout=60).run()
    assert words(at) == alone
    assert len(set(asked)) == 1


def test_dates_follow_what_is_published(root):
    """A new month shows without doing anything; a rollback takes days away under a choice of them."""
    publish_lake(root, last="2021-01-31")
    at = open_page("overview")
    publish_lake(root)
    at.run()
    assert "1 Dec 2020 – 21 Feb 2021" in words(at)
    at.sidebar.date_input[0].set_value((date(2021, 2, 10), date(2021, 2, 20))).run()
    assert address(at)["from"] == "2021-02-10"
    rollback(root, by="anna", reason="trial")
    at.run()
    assert_sound(at)
    assert "1 Dec 2020 – 31 Jan 2021" in words(at)
