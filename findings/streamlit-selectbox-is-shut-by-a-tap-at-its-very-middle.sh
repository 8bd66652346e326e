#!/usr/bin/env bash
# A tap at the very middle of Streamlit's selectbox leaves it shut, one a pixel beside opens it.
#
# Streamlit 1.67.0 builds its selectbox on React Aria, which takes a touch at the middle of a box, rounded up to whole pixels,
# for one that a screen reader sends, and then toggles the list. The press that comes before it has opened the list by then. A
# finger seldom hits that pixel, but Playwright (1.65.2) taps in the middle: `tap()` finds no options where a box happens
# to lie at whole pixels and works where it lies between two, so that a line of text more above it turns a test red. A
# mouse opens the list at the middle as well. Needs a Chromium on the path.
set -euo pipefail

folder=$(mktemp -d)
trap 'kill "$server" 2> /dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check streamlit==1.67.0 playwright==1.65.2
printf '%s\n' 'import streamlit as st' 'st.selectbox("Fruit", ["apple", "pear", "plum"])' > app.py
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
venv/bin/streamlit run app.py --server.headless true --server.address 127.0.0.1 --server.port "$port" \
    --browser.gatherUsageStats false > log 2>&1 &
server=$!
cat > tap.py <<'PY'
import math
import shutil
import sys

from playwright.sync_api import sync_playwright

with sync_playwright() as playwright:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
    for hand in ("finger", "mouse"):
        context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=hand == "finger")
        for beside in (0, 1):
            page = context.new_page()
            page.goto(sys.argv[1])
            box = page.get_by_role("combobox", name="Fruit")
            box.wait_for()
            page.wait_for_timeout(1500)
            lies = box.bounding_box()
            at = [math.ceil(lies[name] + lies[size] / 2) for name, size in (("x", "width"), ("y", "height"))]
            (page.touchscreen.tap if hand == "finger" else page.mouse.click)(at[0] - beside, at[1])
            page.wait_for_timeout(1000)
            print(f"{hand}, {beside} px beside the middle: {page.get_by_role('option').count()} options")
            page.close()
    browser.close()
PY
for _ in $(seq 100); do
    python3 -c "import urllib.request as u; u.urlopen('http://127.0.0.1:$port/_stcore/health')" 2> /dev/null && break
    sleep 0.2
done
venv/bin/python tap.py "http://127.0.0.1:$port" | tee said
diff said - <<'SAID'
finger, 0 px beside the middle: 0 options
finger, 1 px beside the middle: 3 options
mouse, 0 px beside the middle: 3 options
mouse, 1 px beside the middle: 3 options
SAID
echo "as described"
