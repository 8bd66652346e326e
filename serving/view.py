"""What a page gets: the pinned snapshot, the choice, and the frame around them (banner, sidebar, URL)."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import streamlit as st

import lake
from lake.errors import NothingPublishedError
from lake.layout import Lake
from serving.filters import (
    BIKES,
    MEMBERS,
    TRIPS,
    URL_NAMES,
    Filters,
    Held,
    Wish,
    from_url,
    quoted,
    unknown,
    wish_of,
)
from serving.pages import Page
from serving.queries import shared
from serving.reader import MissingTableError, NoSnapshotError, Reader, built_by, is_being_built, open_reader


@dataclass(frozen=True)
class View:
    """One run of a page: everything on it comes from this snapshot and is about this choice.

    `note` says what of the choice the lake lacks, for the line above every figure; `nothing` why a figure of
    trips is empty, where it is. Both are of trips: a page of another calendar says itself what it lacks.
    """

    reader: Reader
    filters: Filters
    held: Held
    note: str
    nothing: str


# Both set by app.py at the beginning of a run and let go of at its end, in the thread of that run; not in the
# session, which would keep the snapshot from being collected for as long as somebody's tab is open.
_VIEW: ContextVar[View | None] = ContextVar("view", default=None)
_READER: ContextVar[Reader | None] = ContextVar("reader", default=None)
#: Whether the URL says what is chosen, and not the widgets: a link was opened, or Back was pressed.
_LED: ContextVar[bool] = ContextVar("led", default=True)


def current() -> View:
    """Return what this run is about; where there is nothing to show, say so and end the run."""
    view = _VIEW.get()
    if view is None:
        st.stop()
    return view


def published() -> Reader | None:
    """Return the pinned snapshot, or None where nothing can be read."""
    return _READER.get()


def needed(reader: Reader | None) -> Reader:
    """Return the reader.

    Raises:
        NoSnapshotError: there is none.
    """
    if reader is None:
        raise NoSnapshotError
    return reader


def prepare(page: Page) -> None:
    """Pin the published snapshot, draw the sidebar and the page's title, and keep the URL in step.

    Where nothing can be read, a page that needs data is replaced by what to do about it.
    """
    back = _arrive(page.name)
    top = st.container()
    st.title(page.title)
    try:
        reader = open_reader()
    except NothingPublishedError:
        if page.needs_data:
            _tell_nothing_is_there()
        return
    except (lake.LakeError, OSError, duckdb.Error) as error:
        tell_fault(error)
        return
    _READER.set(reader)
    if reader.is_sample:
        top.warning("**Sample data**, generated: it says nothing about New York.", icon=":material/science:")
    published = str(reader.facts["completed_at"])[:16].replace("T", " ")
    here = Lake(Path(reader.root))
    branch = f"Branch `{here.root.name}`  \n" if here.home != here else ""
    st.sidebar.caption(f"{branch}Snapshot `{reader.snapshot}`  \nbuilt {published} UTC")
    try:
        held = shared.held(reader, page.calendar)
    except (MissingTableError, duckdb.Error) as error:
        if page.needs_data:
            tell_fault(error)
        return
    if held is None:
        if page.needs_data:
            st.info(f"The published snapshot has no day for this page. {page.calendar.nothing}")
        return
    chosen = _remembered(held, back=back)
    if page.needs_data:
        _ask(chosen, held)
        if told := st.session_state["unknown"]:
            _tell_unknown(f"{'; '.join(told)}. It is left out")
    try:
        note = nothing = ""
        if page.calendar is TRIPS:
            note, nothing = shared.notes(reader, chosen), shared.nothing(reader, chosen)
    except (MissingTableError, duckdb.Error) as error:
        if page.needs_data:
            tell_fault(error)
        return
    _VIEW.set(View(reader, chosen, held, note, nothing))
    _keep_in_url(chosen.url(held))


def leave() -> None:
    """Let go of the snapshot at a run's end: from Python 3.14 on a thread that has ended keeps what it had in contexts."""
    _VIEW.set(None)
    _READER.set(None)


def _arrive(page: str) -> bool:
    """Find out whether the URL leads, and bring back what the page had in it when it was left.

    Return whether somebody went back or forward on the page: the choice is the URL's then.
    """
    state, address = st.session_state, st.query_params.to_dict()
    own = state.setdefault("own", {}).setdefault(page, {})
    changed = state.get("page") != page
    state["page"] = page
    wrote = state.get("written", {})
    moved = any(address.get(name, "") != wrote.get(name, "") for name in (*URL_NAMES, *own))
    # A click that comes before the answer to the one before it has an old URL, and is no way back.
    clicked = "chosen" in state and _clicked(state["chosen"]) != state["chosen"]
    back = moved and not clicked and not changed
    for name in own:
        # Whoever comes by a link is told by it; who comes from another page finds what was left.
        own[name] = address.get(name, own[name] if changed else "") if changed or back else own[name]
    _LED.set(changed or back)
    return back


def _keep_in_url(values: dict[str, str]) -> None:
    """Write the choice into the URL beside what the page keeps there, all at once: that is one step back."""
    state, address = st.session_state, st.query_params.to_dict()
    own = state["own"]
    # What another page keeps there stays with it.
    names = {*URL_NAMES, *(name for kept in own.values() for name in kept)}
    wanted = values | {name: value for name, value in own[state["page"]].items() if value}
    state["written"] = wanted
    if wanted == {name: value for name, value in address.items() if name in names}:
        return
    st.query_params.from_dict({n: value for n, value in address.items() if n not in names} | wanted)


def address_of(page: Page) -> dict[str, str]:
    """Return what stands in the URL of a page that is come to from here: the choice, and what it kept there."""
    state = st.session_state
    own = {} if page.name == state["page"] else state["own"].get(page.name, {})
    return _choice_on(page) | {name: value for name, value in own.items() if value}


def _choice_on(page: Page) -> dict[str, str]:
    """Return in a URL's words what a page shows of the choice: of another calendar it has other days."""
    reader, state = _READER.get(), st.session_state
    if reader is None or "wish" not in state:
        return {}
    try:
        held = shared.held(reader, page.calendar)
    except (MissingTableError, duckdb.Error):
        return {}  # the page itself says so
    return state["wish"].on(held, state["chosen"]).url(held) if held else {}


def ask_address(key: str, options: Mapping[str, Any]) -> None:
    """Set the widget `key`, about to be drawn, to what the URL names; else leave what was clicked.

    `options` are the widget's values by their names in a URL; the first is what is chosen where it names none.
    """
    asked = in_address(key, options)
    if _LED.get() or st.session_state.get(key) not in options.values():
        st.session_state[key] = options[asked or next(iter(options))]


def ask_number(key: str, low: float, high: float, usual: float) -> None:
    """Set the slider `key`, about to be drawn, to the number in the URL; `usual` where there is none that fits."""
    asked = st.query_params.get(key)
    try:
        number = usual if asked is None else float(asked)
    except ValueError:
        number = math.nan
    if not low <= number <= high:
        _tell_unknown(f"{quoted(key, asked or '')}, outside {low:g} to {high:g}. Another is shown")
        number = usual
    if _LED.get() or not low <= st.session_state.get(key, math.inf) <= high:
        st.session_state[key] = number


def on_a_phone() -> bool:
    """Say whether the browser calls itself that of a phone."""
    return "Mobi" in (st.context.headers.get("User-Agent") or "")


def keep(key: str, value: str) -> None:
    """Keep in the URL what was chosen on this page, also for when it is come back to; `` is nothing."""
    state = st.session_state
    state["own"][state["page"]][key] = value
    if value and st.query_params.get(key) != value:
        st.query_params[key] = value
    elif not value:
        st.query_params.pop(key, None)
    state["written"] = {**state["written"], key: value}


def tell_fault(error: Exception) -> None:
    """Say in words why something cannot be shown, and what to do."""
    if isinstance(error, NoSnapshotError):
        st.info("Shown once there is a snapshot to read.", icon=":material/inbox:")
        return
    if isinstance(error, MissingTableError):
        what = f"`{error}`: it was built before there was one"
        st.info(f"This snapshot has no {what}. {built_by()}.", icon=":material/construction:")
        return
    first_line = str(error).splitlines()[0] if str(error) else type(error).__name__
    st.error(f"This snapshot cannot be read: {first_line}. {built_by()} anew from bronze.")


def _tell_nothing_is_there() -> None:
    if is_being_built():
        st.info(
            "The first snapshot is being built. It shows here at the next click after it is published.",
            icon=":material/hourglass_top:",
        )
        return
    st.info(
        "Nothing is published in this lake yet. `make run` fetches the data and builds it; "
        "**Lake health** shows what has landed so far.",
        icon=":material/inbox:",
    )


def in_address(name: str, known: Collection[str]) -> str | None:
    """Return a parameter of the URL that is one of `known`; if it is another, say so."""
    asked: str | None = st.query_params.get(name)
    if asked is not None and asked not in known:
        _tell_unknown(f"{quoted(name, asked)}. Another is shown")
        return None
    return asked


def _tell_unknown(what: str) -> None:
    st.warning(f"The address names what is not in this choice: {what}.", icon=":material/link_off:")


def _remembered(held: Held, *, back: bool) -> Filters:
    """Return the session's choice, which a new session takes from its URL, cut to what is covered.

    Who goes `back` takes it from the URL, too. Whoever has not narrowed the dates sees the days of a new month
    without doing anything, and those of a page that has others; who has finds them again on the next page that
    has them.
    """
    state = st.session_state
    if back or "chosen" not in state:
        address = st.query_params.to_dict()
        chosen = from_url(address, held)
        state["unknown"], state["wish"] = unknown(address, held), wish_of(chosen, held)
    else:
        before = state["chosen"]
        clicked, wish = _clicked(before), state["wish"]
        new = wish_of(clicked, state["held"])
        if (clicked.first, clicked.last) != (before.first, before.last):
            wish = replace(wish, first=new.first, last=new.last)
        if clicked.city != before.city:
            wish = replace(wish, city=new.city)
        chosen, state["wish"] = wish.on(held, clicked), wish
        if chosen != before:
            state["unknown"] = []
    state["chosen"], state["held"] = chosen, held
    if back:
        state["dates"] = (chosen.first, chosen.last)
    return chosen


def _clicked(chosen: Filters) -> Filters:
    """Return the choice with what was clicked since; a range is one day long until its end is clicked too."""
    state = st.session_state
    dates = state.get("dates", ())
    return replace(
        chosen,
        first=dates[0] if len(dates) == 2 else chosen.first,
        last=dates[1] if len(dates) == 2 else chosen.last,
        city=state.get("city", chosen.city) or None,
        member=state.get("member", chosen.member) or None,
        bike=state.get("bike", chosen.bike) or None,
    )


def _ask(chosen: Filters, held: Held) -> None:
    """Draw the filters. Streamlit forgets the keys of a page without them, so they are set again here."""
    state = st.session_state
    if len(state.get("dates", ())) != 1:
        state["dates"] = (chosen.first, chosen.last)
    asked: list[tuple[str, str, dict[str | None, str]]] = [
        ("City", "city", held.options),
        ("Riders", "member", MEMBERS),
        ("Bikes", "bike", BIKES),
    ]
    if len(held.cities) < 2:
        # Nothing to choose: trips of another city are strays in this one's files.
        del asked[0]
        state.pop("city", None)
    # A box takes None for nothing chosen, and all is a choice.
    for _, key, _ in asked:
        state[key] = getattr(chosen, key) or ""
    with st.sidebar:
        ends = (held.first, held.last)
        st.date_input("Dates", ends, *ends, key="dates", format="YYYY-MM-DD")
        for label, key, options in asked:
            st.selectbox(label, [one or "" for one in options], key=key, format_func=_label(options))
        st.button("Reset filters", disabled=chosen == held.everything, on_click=_reset, width="stretch")


def _label(options: dict[str | None, str]) -> Callable[[str], str]:
    return lambda value: options[value or None]


def _reset() -> None:
    state = st.session_state
    for key in ("dates", "city", "member", "bike"):
        state.pop(key, None)
    # The URL follows in the run to come: all its names at once, and none that a page keeps for itself.
    state["chosen"], state["wish"], state["unknown"] = state["held"].everything, Wish(), []
