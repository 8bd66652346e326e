"""An executed notebook as a page to read: findings first, code folded, nothing loaded from anywhere.

Plotly's script is most of a page, so it lies in it deflated, as text of 85 signs, and the browser unpacks it.
"""

from __future__ import annotations

import json
import re
import zlib
from base64 import b85encode
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any

from analysis.figures import TEMPLATE

if TYPE_CHECKING:
    from nbformat import NotebookNode

_FIGURE = "application/vnd.plotly.v1+json"
_FOUND = re.compile(r"^## .*hat was found", re.MULTILINE)
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; color: #16202a; background: #fff; max-width: 60rem; margin: 0 auto;
  padding: 1rem; overflow-wrap: break-word; }}
h1 {{ font-size: 1.6rem; line-height: 1.25; }}
h2 {{ font-size: 1.25rem; margin-top: 2rem; }}
h3 {{ font-size: 1rem; margin-bottom: 0; }}
a {{ color: #005a8c; }}
figure {{ margin: 0 0 1.5rem; }}
.wide {{ overflow-x: auto; }}
table {{ border-collapse: collapse; margin: 0.5rem 0; font-size: 0.9rem; }}
th, td {{ border-bottom: 1px solid #d5dbe0; padding: 0.25rem 0.6rem; text-align: left; white-space: nowrap; }}
td.number, th.number {{ text-align: right; font-variant-numeric: tabular-nums; }}
details {{ color: #4a5560; font-size: 0.85rem; margin: 0.5rem 0; }}
pre {{ overflow-x: auto; background: #f4f6f8; color: #16202a; padding: 0.6rem; font-size: 0.8rem; }}
</style>
</head>
<body>
<main>
{body}
</main>
{script}
</body>
</html>
"""
#: The signs of base 85 but `<`, in the place of which a comma stands: nothing in the text can end its element.
_UNPACK = """<script id="plotly" type="text/plain">{packed}</script>
<script>
(async () => {{
  const signs = {signs}, of = {{}};
  [...signs].forEach((sign, place) => of[sign] = place);
  const text = document.getElementById("plotly").textContent;
  const bytes = new Uint8Array(Math.ceil(text.length / 5) * 4);
  for (let at = 0, to = 0; at < text.length; at += 5, to += 4) {{
    let number = 0;
    for (let one = at; one < at + 5; one++) number = number * 85 + (one < text.length ? of[text[one]] : 84);
    for (let one = 3; one >= 0; one--) {{ bytes[to + one] = number % 256; number = Math.floor(number / 256); }}
  }}
  const whole = bytes.subarray(0, {size});
  const script = document.createElement("script");
  script.textContent = await new Response(
    new Blob([whole]).stream().pipeThrough(new DecompressionStream("deflate"))).text();
  document.head.append(script);
  const template = {template};
  for (const one of document.querySelectorAll(".figure")) {{
    const drawn = JSON.parse(one.nextElementSibling.textContent);
    Plotly.newPlot(one, drawn.data, {{...drawn.layout, template}}, {{responsive: true, displaylogo: false}});
  }}
}})();
</script>"""
_SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;,=>?@^_`{|}~"  # pragma: allowlist secret


def written(notebook: NotebookNode, heading: str) -> str:
    """Return an executed notebook as one HTML page that loads nothing from anywhere else."""
    body = "\n".join(_cell(cell) for cell in _findings_first(notebook.cells))
    script = _script() if 'class="figure"' in body else ""
    return _PAGE.format(title=escape(heading), body=body, script=script)


def _findings_first(cells: list[NotebookNode]) -> list[NotebookNode]:
    """Return cells with the last part, what was found and how sure it is, behind question and provenance."""
    found = next(
        (n for n, cell in enumerate(cells) if cell.cell_type == "markdown" and _FOUND.search(cell.source)), 0
    )
    head = 2 if len(cells) > 1 and cells[1].cell_type == "code" else 1
    return [*cells[:head], *cells[found:], *cells[head:found]] if found > head else list(cells)


def _cell(cell: NotebookNode) -> str:
    if cell.cell_type == "markdown":
        return _prose(cell.source)
    if cell.cell_type != "code":
        return ""
    code = f"<details><summary>Code</summary><pre><code>{escape(cell.source)}</code></pre></details>"
    return "\n".join([*(_output(one) for one in cell.outputs), code])


def _prose(markdown: str) -> str:
    from nbconvert.filters import markdown2html

    # Without the sign beside every heading that links to it.
    return re.sub(r'<a class="anchor-link".*?</a>', "", str(markdown2html(markdown)))


def _output(output: Any) -> str:
    data = output.get("data", {})
    if _FIGURE in data:
        return _figure(data[_FIGURE])
    if "text/html" in data:
        return f'<div class="wide" tabindex="0">{_table(data["text/html"])}</div>'
    if "text/markdown" in data:
        return _prose(data["text/markdown"])
    # What is wider than a phone is scrolled, by keyboard as well.
    return f'<pre tabindex="0">{escape(output.get("text") or data.get("text/plain", ""))}</pre>'


def _table(html: str) -> str:
    """Return Polars' table without its style, its quotes around text, and numbers to the right."""
    html = re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)
    html = re.sub(r"<td>([-+]?[\d.,]+(?:e[-+]?\d+)?)</td>", r'<td class="number">\1</td>', html)
    return re.sub(r"<td>&quot;(.*?)&quot;</td>", r"<td>\1</td>", html)


def _figure(drawn: dict[str, Any]) -> str:
    """Return a figure with its title as text, which wraps on a phone and is read to whoever does not see it."""
    # All have the same template, which stands in the page once.
    layout = {name: value for name, value in drawn["layout"].items() if name != "template"}
    title = (layout.pop("title", None) or {}).get("text") or "Figure"
    layout["margin"] = {**layout.get("margin", {}), "t": 20}
    inside = json.dumps({"data": drawn["data"], "layout": layout}).replace("<", "\\u003c")
    return (
        f"<figure><figcaption><h3>{escape(title)}</h3></figcaption>"
        f'<div class="figure" role="group" aria-label="{escape(title)}"></div>'
        f'<script type="application/json">{inside}</script></figure>'
    )


@cache
def _script() -> str:
    from plotly.io import templates
    from plotly.offline import get_plotlyjs

    packed = zlib.compress(get_plotlyjs().encode(), 9)
    text = b85encode(packed).decode().replace("<", ",")
    template = json.dumps(templates[TEMPLATE].to_plotly_json())
    return _UNPACK.format(packed=text, signs=json.dumps(_SIGNS), size=len(packed), template=template)
