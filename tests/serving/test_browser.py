"""Every page in a real Chromium: figures drawn, no error on the console, a view sent by its URL."""

from __future__ import annotations

import functools
import re

import pytest

from lake.layout import Lake
from serving.pages import PAGES
from tests.serving import browser as chrome
from tests.serving.lakes import publish_lake

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        chrome.CHROMIUM is None, reason="no chromium on the path: apt-get install chromium runs these tests"
    ),
]
FIGURES = {page.name: page.figures for page in PAGES}
TITLES = {page.name: page.title for page in PAGES}
#: What moves while a page loads is drawn anew for each frame, by the processor.
STILL = {"reduced_motion": "reduce"}


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    root = tmp_path_factory.mktemp("browser") / "lake"
    root.mkdir()
    publish_lake(Lake(root))
    with chrome.server(root) as address:
        yield address


@pytest.fixture(scope="module")
def chromium():
    with chrome.chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def of_a_desk(chromium):
    wide, high = chrome.WIDTHS["desktop"]
    with chromium.new_context(
        viewport={"width": wide, "height": high}, color_scheme="light", **STILL
    ) as context:
        yield context.new_page()


def left_behind(page):
    """Leave the dashboard, and take from the tab what it remembers: an open sidebar, say."""
    if page.url != "about:blank":
        page.evaluate("localStorage.clear(); sessionStorage.clear()")
        page.goto("about:blank")


@pytest.fixture
def desktop(of_a_desk):
    """The tab in which test follows test: half of what a page takes are its scripts, compiled for each tab."""
    yield of_a_desk
    left_behind(of_a_desk)


@pytest.fixture(scope="module")
def held_in_a_hand(chromium):
    wide, high = chrome.WIDTHS["phone"]
    with chromium.new_context(
        viewport={"width": wide, "height": high},
        color_scheme="dark",
        has_touch=True,
        is_mobile=True,
        user_agent="Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36",
        **STILL,
    ) as context:
        yield context.new_page()


@pytest.fixture
def phone(held_in_a_hand):
    yield held_in_a_hand
    left_behind(held_in_a_hand)


@pytest.fixture(
    scope="module", params=[(where, name) for where in chrome.WIDTHS for name in chrome.PATHS], ids="-".join
)
def drawn(request, of_a_desk, held_in_a_hand, address):
    """A page in the light on a desk, or in the dark on a phone, and what went wrong in it.

    Drawn once for all tests of it: those that change it stand below the others. On a phone each is loaded by its
    address, on a desk links lead from one to the next, which compiles no script again.
    """
    where, name = request.param
    page = {"desktop": of_a_desk, "phone": held_in_a_hand}[where]
    faults = chrome.watch(page)
    if where == "desktop" and page.url.startswith(address):
        page.get_by_role("link", name=TITLES[name]).click()
        page.get_by_role("heading", name=TITLES[name], exact=True).wait_for()
    else:
        page.goto(address + chrome.PATHS[name])
    chrome.settle(page, FIGURES[name])
    yield page, name, where, faults
    if where == "phone":
        left_behind(page)


def some(where, *names):
    """Ask a test of these pages alone."""
    return pytest.mark.parametrize(
        "drawn", [(where, name) for name in names], indirect=True, ids="-".join, scope="module"
    )


def test_every_page_is_drawn_and_fits_and_is_accessible(drawn):
    page, name, where, faults = drawn
    assert page.locator('[data-testid="stException"]').count() == 0
    assert faults == []
    # Nothing is wider than the screen, which on a phone would make the page slide about. (`innerWidth` grows with it.)
    over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert over <= 0
    # Tabs are told apart.
    page.wait_for_function("title => document.title.startsWith(title)", arg=TITLES[name])
    assert chrome.inaccessible(page) == []
    # What a figure shows is said to whoever does not see it; its buttons have labels as well.
    assert page.locator(".stPlotlyChart:not([aria-label])").count() == 0
    dark = page.evaluate("getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", dark)[:3])) < 200) == (where == "phone")


def test_a_filter_is_changed_and_the_url_sent_to_a_colleague_shows_the_same(desktop, phone, address):
    page, colleague = desktop, phone
    faults = chrome.watch(page)
    page.goto(address)
    chrome.settle(page, FIGURES["overview"])
    before = page.locator('[data-testid="stMetricValue"]').all_inner_texts()
    page.get_by_role("combobox", name="City").click()
    page.get_by_role("option", name="Jersey City").click()
    page.wait_for_url("**city=jc**")
    chrome.settle(page, FIGURES["overview"])
    after = page.locator('[data-testid="stMetricValue"]').all_inner_texts()
    assert after != before
    # The choice goes along to the next page.
    page.get_by_role("link", name="Stations").click()
    page.wait_for_url("**/stations?**city=jc**")
    page.get_by_role("link", name="Overview").click()
    page.wait_for_url("**/?**city=jc**")
    chrome.settle(page, FIGURES["overview"])

    colleague.goto(page.url)
    chrome.settle(colleague, FIGURES["overview"])
    assert colleague.locator('[data-testid="stMetricValue"]').all_inner_texts() == after
    assert faults == []


def test_back_undoes_a_filter_once(desktop, address):
    page = desktop
    page.goto(address)
    chrome.settle(page, FIGURES["overview"])
    for box, option, part in (("City", "Jersey City", "city=jc"), ("Riders", "Members", "member=member")):
        page.get_by_role("combobox", name=box).click()
        page.get_by_role("option", name=option).click()
        page.wait_for_url(f"**{part}**")
        chrome.settle(page, FIGURES["overview"])
    told = "1 Dec 2020 – 21 Feb 2021 · "
    for expected, choice in (("?city=jc", "Jersey City"), ("", "Both cities")):
        # A person takes longer than this; the client misses a step back that comes with the end of a run.
        page.wait_for_timeout(1500)
        page.go_back()
        page.get_by_text(told + choice, exact=True).wait_for()
        chrome.settle(page, FIGURES["overview"])
        assert page.url == address + expected
    page.wait_for_timeout(1500)
    page.go_forward()
    page.get_by_text(f"{told}Jersey City", exact=True).wait_for()
    chrome.settle(page, FIGURES["overview"])
    assert page.url == f"{address}?city=jc"


def test_back_from_another_page_is_one_step(of_a_desk, address):
    """With the choice of filters, and what each of the pages keeps in the address for itself.

    In a tab of its own, for a browser's history has an end; one that a tab opens has its compiled scripts.
    """
    with of_a_desk.expect_popup() as popup:
        of_a_desk.evaluate("window.open(); null")
    page = popup.value

    def arrived(name, part):
        page.get_by_role("heading", name=TITLES[name], exact=True).wait_for()
        chrome.settle(page, FIGURES[name])
        page.get_by_text("1 Dec 2020 – 21 Feb 2021 · Both cities · Members", exact=True).wait_for()
        # A person takes longer than this; the client misses a step back that comes with the end of a run.
        page.wait_for_timeout(1500)
        assert page.url == f"{address}{name}?member=member{part}"

    page.goto(f"{address}weather?member=member&rain=1.0")
    arrived("weather", "&rain=1.0")
    steps = page.evaluate("history.length")

    def clicked(name):
        page.get_by_role("link", name=TITLES[name]).click()

    def opens():
        page.locator(".js-plotly-plot").first.locator(".points path.point").nth(2).click(force=True)
        page.wait_for_url("**station=JC012")

    station = "&station=JC012"
    visited = [("stations", ""), ("stations", station), ("holidays", ""), ("stations", station)]
    for number, (name, part) in enumerate(visited, 1):
        opens() if number == 2 else clicked(name)
        arrived(name, part)
        assert page.evaluate("history.length") == steps + number, name
    for name, part in (*visited[2::-1], ("weather", "&rain=1.0")):
        page.go_back()
        arrived(name, part)
    page.close()


def test_taps_lead_to_a_page_set_a_filter_and_open_a_station(phone, address):
    page = phone
    faults = chrome.watch(page)
    page.goto(address)
    chrome.settle(page, FIGURES["overview"])
    page.get_by_role("link", name="Stations").tap()
    page.get_by_role("heading", name="Stations", exact=True).wait_for()
    chrome.settle(page, FIGURES["stations"])
    # Nothing lies over the page that was asked for.
    assert page.get_by_role("combobox", name="Riders").bounding_box()["x"] < 0
    # A finger seldom hits the very middle, which React Aria takes for a screen reader's: that closes what the tap has opened.
    finger = {"x": 40, "y": 12}
    page.get_by_role("combobox", name="Station").tap(position=finger)
    page.get_by_role("option", name="Library Steps").tap()
    page.wait_for_url("**/stations?station=JC012")
    page.get_by_test_id("stExpandSidebarButton").tap()
    page.get_by_role("combobox", name="Riders").tap(position=finger)
    page.get_by_role("option", name="Members").tap()
    page.wait_for_url("**member=member**")
    page.get_by_text("1 Dec 2020 – 21 Feb 2021 · Both cities · Members", exact=True).wait_for()
    chrome.settle(page, FIGURES["stations"])
    over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert (over <= 0, faults, chrome.inaccessible(page)) == (True, [], [])


#: What buttons lie over, a legend or words above a table, and how far, in pixels.
COVERED = """() => {
    const found = [], box = (of, what) => of.querySelector(what)?.getBoundingClientRect();
    for (const figure of document.querySelectorAll('.js-plotly-plot')) {
        const buttons = box(figure, '.modebar'), legend = box(figure, '.legend .scrollbox');
        if (legend?.height && legend.top < buttons.bottom) found.push(['legend', buttons.bottom - legend.top]);
    }
    for (const buttons of document.querySelectorAll('[data-testid=stElementToolbar]')) {
        const top = buttons.getBoundingClientRect().top;
        for (const text of buttons.closest('[data-testid=stVerticalBlock]').querySelectorAll('p')) {
            const {bottom} = text.getBoundingClientRect();
            if (bottom > top && bottom - top < 60) found.push([text.textContent, bottom - top]);
        }
    }
    return found;
}"""


@some("phone", *chrome.PATHS)
def test_buttons_that_a_phone_always_shows_lie_over_no_words(drawn):
    assert drawn[0].evaluate(COVERED) == []


@some("phone", "overview", "stations")
def test_a_swipe_over_a_figure_scrolls_the_page(drawn):
    page = drawn[0]
    figure = page.locator(".js-plotly-plot").first
    figure.scroll_into_view_if_needed()
    page.wait_for_timeout(500)
    before = figure.bounding_box()
    finger = {"x": before["x"] + before["width"] / 2, "y": before["y"] + before["height"] / 2}
    touch = functools.partial(page.context.new_cdp_session(page).send, "Input.dispatchTouchEvent")
    touch({"type": "touchStart", "touchPoints": [finger]})
    for _ in range(15):
        finger["y"] -= 10
        touch({"type": "touchMove", "touchPoints": [finger]})
        page.wait_for_timeout(16)
    touch({"type": "touchEnd", "touchPoints": []})
    page.wait_for_timeout(500)
    assert before["y"] - figure.bounding_box()["y"] > 100


@some("desktop", "stations")
def test_a_click_on_a_station_opens_it(drawn):
    page = drawn[0]
    # Plotly's own layer lies over the points.
    page.locator(".js-plotly-plot").first.locator(".points path.point").nth(2).click(force=True)
    page.wait_for_url("**/stations?station=JC012")
    chrome.settle(page, FIGURES["stations"])
    assert "Library Steps" in page.get_by_role("combobox", name="Station").input_value()


@some("desktop", "demand")
def test_data_is_downloaded_as_csv_and_parquet(drawn, tmp_path):
    import polars as pl

    page = drawn[0]
    frames = []
    for kind, read in (("CSV", pl.read_csv), ("Parquet", pl.read_parquet)):
        with page.expect_download() as download:
            page.get_by_role("button", name=kind).first.click()
        path = tmp_path / download.value.suggested_filename
        download.value.save_as(path)
        frames.append(read(path))
    assert [frame.height for frame in frames] == [83, 83]
    assert frames[0]["trips"].to_list() == frames[1]["trips"].to_list()
