"""What a page gets: the pinned snapshot, the choice, and the frame around them (banner, sidebar, URL)."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import date

import duckdb
import streamlit as st

import lake
from lake.errors import NothingPublishedError
from serving.filters import BIKES, CITIES, MEMBERS, URL_NAMES, Filters, from_url, within
from serving.queries import shared
from serving.reader import MissingTableError, NoSnapshotError, Reader, is_being_built, open_reader


@dataclass(frozen=True)
class View:
    """One run of a page: everything on it comes from this snapshot and is about this choice."""

    reader: Reader
    filters: Filters
    bounds: tuple[date, date]


# Both set by app.py at the beginning of a run, in the thread of that run; not in the session, which would
# keep the snapshot from being collected for as long as somebody's tab is open.
_VIEW: ContextVar[View | None] = ContextVar("view", default=None)
_READER: ContextVar[Reader | None] = ContextVar("reader", default=None)


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


def prepare(*, needs_data: bool) -> None:
    """Pin the published snapshot, draw the sidebar, and keep the URL in step.

    Where nothing can be read, a page that `needs_data` is replaced by what to do about it.
    """
    _VIEW.set(None)
    _READER.set(None)
    try:
        reader = open_reader()
    except NothingPublishedError:
        if needs_data:
            _tell_nothing_is_there()
        return
    except (lake.LakeError, OSError, duckdb.Error) as error:
        tell_fault(error)
        return
    _READER.set(reader)
    _tell_snapshot(reader)
    try:
        bounds = shared.bounds(reader)
    except (MissingTableError, duckdb.Error) as error:
        if needs_data:
            tell_fault(error)
        return
    if bounds is None:
        if needs_data:
            st.info("The published snapshot holds no trips. Add months to the scope and run `make run`.")
        return
    chosen = _remembered(bounds)
    if needs_data:
        _ask(chosen, bounds)
    _VIEW.set(View(reader, chosen, bounds))
    _keep_in_url(chosen.url(bounds))


def _keep_in_url(values: dict[str, str]) -> None:
    """Write the choice into the URL beside what a page keeps there, and only what has changed."""
    for name in URL_NAMES:
        if name not in values:
            st.query_params.pop(name, None)
        elif st.query_params.get(name) != values[name]:
            st.query_params[name] = values[name]


def tell_fault(error: Exception) -> None:
    """Say in words why something cannot be shown, and what to do."""
    if isinstance(error, NoSnapshotError):
        st.info("Shown once there is a snapshot to read.", icon=":material/inbox:")
        return
    if isinstance(error, MissingTableError):
        st.info(
            f"This snapshot has no table `{error}`: it was built before there was one. "
            "`make run FULL=1` builds it.",
            icon=":material/construction:",
        )
        return
    first_line = str(error).splitlines()[0] if str(error) else type(error).__name__
    st.error(f"This snapshot cannot be read: {first_line}. `make run FULL=1` builds it anew from bronze.")


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


def _tell_snapshot(reader: Reader) -> None:
    if reader.is_sample:
        st.warning("**Sample data**, generated: it says nothing about New York.", icon=":material/science:")
    with st.sidebar:
        published = str(reader.facts["completed_at"])[:16].replace("T", " ")
        st.caption(f"Snapshot `{reader.snapshot}`  \nbuilt {published} UTC")


def _remembered(bounds: tuple[date, date]) -> Filters:
    """Return the session's choice, which a new session takes from its URL, cut to the days there are.

    Whoever has not narrowed the dates sees the days of a new month without doing anything.
    """
    state = st.session_state
    old_bounds = state.get("bounds", bounds)
    chosen = state.get("chosen") or from_url(st.query_params.to_dict(), bounds)
    # What was clicked since is in the widgets' keys; a range is one day long until its end is clicked too.
    dates = state.get("dates", ())
    chosen = replace(
        chosen,
        first=dates[0] if len(dates) == 2 else chosen.first,
        last=dates[1] if len(dates) == 2 else chosen.last,
        city=state.get("city", chosen.city) or None,
        member=state.get("member", chosen.member) or None,
        bike=state.get("bike", chosen.bike) or None,
    )
    if chosen.first == old_bounds[0]:
        chosen = replace(chosen, first=bounds[0])
    if chosen.last == old_bounds[1]:
        chosen = replace(chosen, last=bounds[1])
    chosen = within(chosen, bounds)
    state["chosen"], state["bounds"] = chosen, bounds
    return chosen


def _ask(chosen: Filters, bounds: tuple[date, date]) -> None:
    """Draw the filters. Streamlit forgets the keys of a page without them, so they are set again here."""
    state = st.session_state
    if len(state.get("dates", ())) != 1:
        state["dates"] = (chosen.first, chosen.last)
    # A box takes None for nothing chosen, and all is a choice.
    for key in ("city", "member", "bike"):
        state[key] = getattr(chosen, key) or ""
    with st.sidebar:
        st.date_input("Dates", bounds, bounds[0], bounds[1], key="dates", format="YYYY-MM-DD", required=True)
        for label, key, options in (
            ("City", "city", CITIES),
            ("Riders", "member", MEMBERS),
            ("Bikes", "bike", BIKES),
        ):
            st.selectbox(label, [one or "" for one in options], key=key, format_func=_label(options))
        st.button("Reset filters", disabled=chosen == Filters(*bounds), on_click=_reset, width="stretch")


def _label(options: dict[str | None, str]) -> Callable[[str], str]:
    return lambda value: options[value or None]


def _reset() -> None:
    for key in ("chosen", "dates", "city", "member", "bike"):
        st.session_state.pop(key, None)
    st.query_params.clear()
