"""A panel of a page: title, figure, its data to take away, and words where there is nothing to show."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

import duckdb
import polars as pl
import polars.selectors as cs
import streamlit as st

from analysis.stats import TooLittleDataError
from serving.reader import MissingTableError, NoSnapshotError
from serving.view import ask_address, ask_number, keep, on_a_phone, tell_fault

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

#: What stands above that which is drawn: whoever does not see a figure is told by it.
_HEADING: ContextVar[str] = ContextVar("heading", default="")
#: Nothing floats over the figure until it is pointed at, and wheels scroll the page.
_CONFIG = {"displaylogo": False, "scrollZoom": False, "modeBarButtonsToRemove": ["lasso2d", "select2d"]}


_MONTH = (
    "(jan(uary)?|feb(ruary)?|mar(ch)?|apr(il)?|may|june?|july?|aug(ust)?|sept?(ember)?|oct(ober)?|nov(ember)?"
    "|dec(ember)?)"
)
#: Text of which spreadsheets make something else: formulas (in full width, too), numbers, days and times,
#: truth.
_TAKEN_FOR_OTHER = "(?i)" + "|".join(
    (
        r"^[\t\r\n]",
        r"^\s*[=+\-@＝＋－＠]",
        r"^\s*[($€£¥]*\s*[\d.,:/ \-]*\d[\d.,:/ \-]*(e[+-]?\d+)?\s*([%€)]|[ap]m?)?\s*$",
        rf"^\s*\d{{1,4}}[\s./-]*{_MONTH}[\s./,-]*\d{{0,4}}\s*$",
        rf"^\s*{_MONTH}[\s./,-]*\d{{1,4}}([\s./,-]+\d{{1,4}})?\s*$",
        r"^\s*(true|false)\s*$",
    )
)
_MARKED = "Text that it would take for a number, a date or a formula begins with an apostrophe."
#: Height of Plotly's buttons, pixels.
_BUTTONS = 48
#: Height of a row of a legend, pixels; two have room anyway.
_LEGEND_ROW = 20
#: Columns of sentences.
_WIDE = ("findings", "reason")


class NothingToShowError(Exception):
    """A panel has nothing to show; the message says why and what to do about it."""


def finding(told: Callable[[], str]) -> None:
    """Open a page with a sentence that the data tells, or with the reason why it does not."""
    with _below("finding"):
        try:
            st.markdown(f"**{told()}**")
        except TooLittleDataError as error:
            st.markdown(f"**The data does not tell:** {error}.")


@contextmanager
def panel(title: str, caption: str = "", note: str = "") -> Iterator[None]:
    """Draw a panel's heading, and in the place of its content what is missing, if something is.

    `note` says what of the choice the lake lacks, above the figure it touches. One table that is missing or
    broken takes its own panels away and leaves the others of the page.
    """
    # Two panels side by side are of one height.
    with st.container(border=True, height="stretch"):
        st.markdown(f"## {title}")
        if caption:
            st.caption(caption)
        if note:
            _tell(note)
        with _below(title):
            yield


def _tell(note: str) -> None:
    """Tell a note above a figure; on a phone, where it takes half of the screen, what it begins with opens it."""
    begins = re.split(r"[,;.:] | \(", note.rstrip("."), maxsplit=1)[0]
    if on_a_phone() and begins != note.rstrip("."):
        with st.expander(f"{begins} …", icon=":material/event_busy:"):
            st.caption(note)
    else:
        st.caption(f":material/event_busy: {note}")


@contextmanager
def part(title: str) -> Iterator[None]:
    """Draw a part of a panel below a heading of its own: where it has nothing to show, the others do."""
    st.markdown(f"### {title}")
    with _below(title):
        yield


@contextmanager
def _below(title: str) -> Iterator[None]:
    outer = _HEADING.set(title)
    try:
        yield
    except NothingToShowError as nothing:
        st.info(str(nothing), icon=":material/search_off:")
        # Under Python 3.13 the frames in it hold each other, and the page's snapshot, until garbage is looked for.
        nothing.__traceback__ = None
    except (MissingTableError, NoSnapshotError, duckdb.Error) as error:
        tell_fault(error)
        error.__traceback__ = None  # as above
    finally:
        _HEADING.reset(outer)


def draw(
    frame: pl.DataFrame,
    figure: Callable[[pl.DataFrame], Figure],
    name: str,
    *,
    data: pl.DataFrame | None = None,
    clicked: str | None = None,
    empty: str
    | Callable[
        [], str
    ] = "No trips match these filters. Choose other dates, or reset the filters in the sidebar.",
) -> None:
    """Draw a frame by `figure`, with downloads of `data` (the frame itself, if not given) called `name`.

    `clicked` is the widget that is set to what a point says of itself first (`customdata`) when it is clicked.

    Raises:
        NothingToShowError: the frame is empty; `empty` says why, or finds out.
    """
    if frame.is_empty():
        raise NothingToShowError(empty if isinstance(empty, str) else empty())
    drawn = figure(frame)
    if on_a_phone():
        # Nothing points there, so Plotly's buttons are always shown: not over the legend.
        above = _BUTTONS + _LEGEND_ROW * max(0, _rows_of_legend(drawn) - 2)
        drawn.update_layout(margin_t=drawn.layout.margin.t + above, height=drawn.layout.height + above)
    key = f"figure-{name}"

    # The session keeps it for as long as it lives: it holds nothing of the page, which holds a snapshot.
    def tell() -> None:
        for point in st.session_state[key].selection.points:
            if clicked and point.get("customdata"):
                st.session_state[clicked] = point["customdata"][0]

    st.plotly_chart(
        drawn,
        width="stretch",
        config=_CONFIG,
        key=key,
        alt=_described(drawn, frame),
        on_select=tell if clicked else "ignore",
        selection_mode="points",
    )
    downloads(frame if data is None else data, name)


def _rows_of_legend(figure: Figure) -> int:
    """Return how many rows a legend takes on a phone: it has columns, as wide as its longest name."""
    names = [trace.name for trace in figure.data if trace.name and trace.showlegend is not False]
    # 250 pixels in all, 40 for a line or a symbol, 6 for a letter.
    columns = max(1, 250 // (40 + 6 * max(map(len, names), default=0)))
    return math.ceil(len(names) / columns)


def _described(figure: Figure, frame: pl.DataFrame) -> str:
    """Return a figure in words: its heading, its axes, where its numbers are to be had, and what lies behind."""
    titles = (figure.layout.yaxis.title.text, figure.layout.xaxis.title.text)
    axes = " by ".join(one.removeprefix("by ") for one in titles if one)
    told = f"{_HEADING.get()}. Figure{axes and f' of {axes}'}; its {frame.height} rows are offered below it."
    return f"{told} {figure.layout.meta}" if figure.layout.meta else told


def table(frame: pl.DataFrame, name: str, headings: Mapping[str, str] | None = None, *, empty: str) -> None:
    """Show a frame as a table, with downloads called `name`; `headings` rename columns.

    Raises:
        NothingToShowError: the frame is empty; `empty` says so.
    """
    if frame.is_empty():
        raise NothingToShowError(empty)
    settings = {}
    for column, kind in frame.schema.items():
        heading = (headings or {}).get(column, column.replace("_", " "))
        if kind == pl.Date:
            settings[column] = st.column_config.DateColumn(heading, format="YYYY-MM-DD")
        elif kind.is_integer():
            settings[column] = st.column_config.NumberColumn(heading, format="localized")
        else:
            settings[column] = st.column_config.Column(heading, width="large" if heading in _WIDE else None)
    if on_a_phone():
        # Its buttons are always shown there, too, above it.
        st.space("small")
    st.dataframe(frame, hide_index=True, width="stretch", column_config=settings, key=f"table-{name}")
    downloads(frame, name)


def downloads(frame: pl.DataFrame, name: str) -> None:
    """Offer a frame as CSV and Parquet; the files are written when somebody asks for them."""
    with st.container(horizontal=True, horizontal_alignment="right", gap="small"):
        for kind, mime, written, said in (
            ("CSV", "text/csv", lambda: csv(frame), f" for a spreadsheet. {_MARKED}"),
            ("Parquet", "application/vnd.apache.parquet", lambda: parquet(frame), ", exact"),
        ):
            st.download_button(
                kind,
                written,
                f"{name}.{kind.lower()}",
                mime,
                key=f"{kind}-{name}",
                on_click="ignore",
                type="tertiary",
                icon=":material/download:",
                help=f"The data of this panel as {kind}{said}",
            )


def _marked(text: pl.Expr) -> pl.Expr:
    return pl.when(text.str.contains(_TAKEN_FOR_OTHER)).then(pl.lit("'") + text).otherwise(text)


def csv(frame: pl.DataFrame) -> bytes:
    """Return a frame as CSV that a spreadsheet opens as it is meant: UTF-8, and said so by a BOM.

    Text that a spreadsheet would run as a formula or take for a number or a date (`=1+1`, `5470.10`,
    `2021-03`) begins with an apostrophe, names of columns as well; numbers and dates are left as they are.
    Parquet has everything as it is.
    """
    text = (cs.string(include_categorical=True) | cs.enum()).cast(pl.String)
    written = frame.with_columns(_marked(text).name.keep())
    names = pl.Series(frame.columns, dtype=pl.String).to_frame("name").select(_marked(pl.col("name")))
    written.columns = names.to_series().to_list()
    return written.write_csv(include_bom=True, datetime_format="%Y-%m-%d %H:%M:%S").encode()


def parquet(frame: pl.DataFrame) -> bytes:
    """Return a frame as Parquet."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def slider(label: str, low: float, high: float, usual: float, step: float, key: str) -> float:
    """Ask for a value within what was observed, kept in the URL; where it never varied there is nothing to ask."""
    low, high = math.ceil(10 * low) / 10, math.floor(10 * high) / 10
    if high - low < step:
        st.caption(f"{label}: always {low:.1f}")
        return low
    usual = min(max(round(usual, 1), low), high)
    ask_number(key, low, high, usual)
    value = st.slider(label, low, high, step=step, format="%.1f", key=key)
    keep(key, f"{value:.1f}" if value != usual else "")
    return value


def choice(label: str, options: Sequence[str], usual: str, key: str) -> str:
    """Ask for one of some, of two side by side, kept in the URL; `usual` is what is shown where nobody chose."""
    ask_address(key, {one: one for one in (usual, *options)})
    few = len(options) <= 2
    value = (
        st.radio(label, options, horizontal=True, key=key) if few else st.selectbox(label, options, key=key)
    )
    keep(key, value if value != usual else "")
    return value
