"""The dashboard's server and a headless Chromium, for tests and for looking at pages.

`python -m tests.serving.browser --folder DIR` saves every page of the lake at LAKE_ROOT as PNG, desktop and
phone width, light and dark.
"""

from __future__ import annotations

import argparse
import functools
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

from serving.pages import PAGES

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PATHS = {page.name: "" if page is PAGES[0] else page.name for page in PAGES}
WIDTHS = {"desktop": (1280, 900), "phone": (390, 844)}
#: Below a page's path Streamlit's own client asks for these before it finds the server's root.
_ITS_OWN = ("_stcore/health", "_stcore/host-config")


@contextmanager
def server(lake: Path) -> Iterator[str]:
    """Serve the dashboard of a lake on a free port of the loopback; yield its address, ending in a slash."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "serving/app.py", "--server.port", str(port)]
    environment = os.environ | {"LAKE_ROOT": str(lake)}
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        address = f"http://127.0.0.1:{port}/"
        for _ in range(300):
            try:
                with urllib.request.urlopen(f"{address}_stcore/health"):
                    break
            except OSError:
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def chromium():
    """Start a headless Chromium and yield it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def watch(page):
    """Return a list that fills with what goes wrong in a page: errors on its console, requests that fail."""
    faults = []

    def answered(response):
        if response.status >= 400 and not response.url.endswith(_ITS_OWN):
            faults.append(f"{response.status} {response.url}")

    def logged(message):
        # Failed requests are told by their answers, with the address.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            faults.append(message.text)

    page.on("response", answered)
    page.on("requestfailed", lambda request: faults.append(f"{request.failure} {request.url}"))
    page.on("console", logged)
    page.on("pageerror", lambda error: faults.append(str(error)))
    return faults


def settle(page, figures=0):
    """Wait until the run has ended, what figures there are have been drawn, and they are so many at least."""
    page.wait_for_selector("h1", timeout=120_000)
    page.wait_for_function(
        """count => !document.querySelector('[data-testid="stApp"][data-test-script-state="running"]')
            && !document.querySelector('[data-stale="true"]')
            && document.querySelectorAll('.js-plotly-plot .main-svg .bglayer').length >= count
            && !document.querySelector('[data-testid="stSkeleton"], .stPlotlyChart:not(:has(.bglayer))')""",
        arg=figures,
        polling=100,
        timeout=120_000,
    )


@functools.cache
def _axe():
    return files("axe_playwright_python").joinpath("axe.min.js").read_text()


def inaccessible(page):
    """Return what axe-core finds wrong with a page, each as weight, rule and the element."""
    page.evaluate(_axe())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [f"{one['impact']} {one['id']}: {node['html'][:200]}" for one in found for node in one["nodes"]]


def shoot(page, path, *, whole=True):
    """Save a page as PNG, as high as it is."""
    page.wait_for_timeout(900)
    if whole:
        height = page.evaluate(
            "document.querySelector('[data-testid=stMainBlockContainer]').scrollHeight + 80"
        )
        page.set_viewport_size({"width": page.viewport_size["width"], "height": min(height, 8000)})
        page.wait_for_timeout(900)
    page.screenshot(path=path)


def main():
    """Save every page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    asked = parser.parse_args()
    if CHROMIUM is None:
        parser.error("no chromium on the path; on Debian: apt-get install chromium")
    asked.folder.mkdir(parents=True, exist_ok=True)
    from lake import locate

    with server(locate().root) as address, chromium() as browser:
        for width, (wide, high) in WIDTHS.items():
            for scheme in ("light", "dark"):
                context = browser.new_context(viewport={"width": wide, "height": high}, color_scheme=scheme)
                for one in PAGES:
                    page = context.new_page()
                    page.goto(address + PATHS[one.name])
                    settle(page)  # a lake may lack what a page draws
                    shoot(page, asked.folder / f"{one.name}-{width}-{scheme}.png")
                    page.close()
                context.close()


if __name__ == "__main__":
    main()
