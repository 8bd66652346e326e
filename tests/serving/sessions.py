"""Ten sessions in a browser clicking while snapshots are published, rolled back and collected beside them.

`python -m tests.serving.sessions --seconds 60` publishes snapshots whose trips differ by a factor, and checks
that no page shows a fault and that what a page shows all comes from the snapshot it names.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from lake.layout import Lake
from lake.retention import collect
from lake.rollback import release, rollback
from tests.serving import browser as chrome
from tests.serving.lakes import publish_lake

SCALES = (1, 2, 3, 5)
_SHOWN = "() => document.querySelector('[data-testid=stMain]').innerText"
_SNAPSHOT = "() => document.querySelector('[data-testid=stSidebar] code')?.innerText"


def publish(lake: Lake, scales: dict[str, int], done: threading.Event, counts: Counter, faults: list) -> None:
    """Publish, roll back, release and collect until told to stop; note what each snapshot's scale is."""
    while not done.is_set():
        try:
            scale = random.choice(SCALES)
            scales[publish_lake(lake, scale).id] = scale
            counts["published"] += 1
            if random.random() < 0.3:
                rollback(lake, by="anna", reason="trial")
                release(lake)
                counts["rolled back"] += 1
            counts["collected"] += len(collect(lake, 2).removed)
        except Exception as error:
            faults.append(f"publisher: {error!r}")
        done.wait(0.4)


def click(page: object) -> None:
    """Do something a reader does: go to another page, or choose another city."""
    if random.random() < 0.6:
        name = random.choice(["Overview", "Demand", "Stations", "Holidays"])
        page.get_by_role("link", name=name).click()
    else:
        page.get_by_role("combobox", name="City").click()
        page.get_by_role("option", name=random.choice(["New York", "Jersey City", "Both"])).click()


def look(page: object, views: dict, faults: list) -> None:
    """Note what a page shows, by what it is about and the snapshot it names."""
    chrome.settle(page)
    snapshot = page.evaluate(_SNAPSHOT)
    text = page.evaluate(_SHOWN)
    if "Traceback" in text or "cannot be read" in text or page.locator('[data-testid="stException"]').count():
        faults.append(f"{page.url}: {text[:300]}")
    told = [line for line in text.split("\n") if re.search(r"\d bikes a day|trips, ", line)]
    metrics = page.locator('[data-testid="stMetricValue"]').all_inner_texts()
    address = urlsplit(page.url)
    city = parse_qs(address.query).get("city", [""])[0]
    views[(address.path, city), snapshot].append((*metrics, *told))


def main() -> int:
    """Run, and tell what was seen; exit status 1 if a page failed or mixed snapshots."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--sessions", type=int, default=10)
    asked = parser.parse_args()
    scratch = tempfile.TemporaryDirectory(prefix="sessions-", ignore_cleanup_errors=True)
    lake = Lake(Path(scratch.name) / "lake")
    lake.root.mkdir()
    scales: dict[str, int] = {}
    counts: Counter[str] = Counter()
    views: dict[Any, list[Any]] = defaultdict(list)
    faults: list[str] = []
    done = threading.Event()
    scales[publish_lake(lake, 1).id] = 1
    with chrome.server(lake.root) as address, chrome.chromium() as browser:
        pages = [browser.new_context().new_page() for _ in range(asked.sessions)]
        watched = [chrome.watch(page) for page in pages]
        for page in pages:
            page.goto(address)
            chrome.settle(page)
        publisher = threading.Thread(target=publish, args=(lake, scales, done, counts, faults))
        publisher.start()
        end = time.monotonic() + asked.seconds
        while time.monotonic() < end:
            for page in pages:  # all of them click before any has its answer
                click(page)
                counts["clicks"] += 1
            for page in pages:
                look(page, views, faults)
        done.set()
        publisher.join()
        faults += [fault for one in watched for fault in one]
    seen: dict[Any, set[Any]] = defaultdict(set)
    for (about, snapshot), shown in views.items():
        seen[about, scales.get(snapshot)] |= set(shown)
    mixed = {key: shown for key, shown in seen.items() if len(shown) > 1}
    print(dict(counts), "snapshots seen:", len({snapshot for _, snapshot in views}))
    print("views:", sum(len(shown) for shown in views.values()), "faults:", faults[:5], "mixed:", mixed)
    return 1 if faults or mixed else 0


if __name__ == "__main__":
    sys.exit(main())
