"""What a page gets: the pinned snapshot, the choice, and the frame around them (banner, sidebar, URL)."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextvars import ContextVar
from dataclasses import dataclass, replace

import duckdb
import streamlit as st

import lake
from lake.errors import NothingPublishedError
from serving.filters import BIKES, MEMBERS, URL_NAMES, Filters, Held, from_url, quoted, unknown, within
from serving.queries import shared
from serving.reader import MissingTableError, NoSnapshotError, Reader, is_being_built, open_reader


@dataclass(frozen=True)
class View:
    """One run of a page: everything on it comes from this snapshot and is about this choice.

    `note` says what of the choice the lake lacks, for the line above every figure; `nothing` why a figure of
    trips is empty, where it is.
    """

    reader: Reader
    filters: Filters
    held: Held
    note: str
    nothing: str


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
        held = shared.held(reader)
    except (MissingTableError, duckdb.Error) as error:
        if needs_data:
            tell_fault(error)
        return
    if held is None:
        if needs_data:
            st.info("The published snapshot covers no day. Add months to the scope and run `make run`.")
        return
    chosen = _remembered(held)
    if needs_data:
        _ask(chosen, held)
        if told := st.session_state["unknown"]:
            _tell_unknown(f"{'; '.join(told)}. It is left out")
    try:
        note, nothing = shared.notes(reader, chosen), shared.nothing(reader, chosen)
    except (MissingTableError, duckdb.Error) as error:
        if needs_data:
            tell_fault(error)
        return
    _VIEW.set(View(reader, chosen, held, note, nothing))
    _keep_in_url(chosen.url(held))


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


def in_address(name: str, known: Collection[str]) -> str | None:
    """Return a parameter of the URL that is one of `known`; if it is another, say so."""
    asked: str | None = st.query_params.get(name)
    if asked is not None and asked not in known:
        _tell_unknown(f"{quoted(name, asked)}. Another is shown")
        return None
    return asked


def tell_outside(name: str, low: float, high: float) -> None:
    """Say so if a number in the URL is none from `low` to `high`."""
    asked = st.query_params.get(name)
    try:
        fits = asked is None or low <= float(asked) <= high
    except ValueError:
        fits = False
    if not fits:
        _tell_unknown(f"{quoted(name, asked or '')}, outside {low:g} to {high:g}. Another is shown")


def _tell_unknown(what: str) -> None:
    st.warning(f"The address names what is not in this choice: {what}.", icon=":material/link_off:")


def _remembered(held: Held) -> Filters:
    """Return the session's choice, which a new session takes from its URL, cut to what is covered.

    Whoever has not narrowed the dates sees the days of a new month without doing anything.
    """
    state = st.session_state
    old = state.get("held", held)
    if "chosen" not in state:
        address = st.query_params.to_dict()
        state["chosen"], state["unknown"] = from_url(address, held), unknown(address, held)
    before = chosen = state["chosen"]
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
    if chosen.first == old.first:
        chosen = replace(chosen, first=held.first)
    if chosen.last == old.last:
        chosen = replace(chosen, last=held.last)
    chosen = within(chosen, held)
    if chosen != before:
        state["unknown"] = []
    state["chosen"], state["held"] = chosen, held
    return chosen


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
    if len(held.cities) == 1:
        # Nothing to choose: trips of another city are strays in this one's files.
        del asked[0]
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
    for key in ("chosen", "dates", "city", "member", "bike"):
        st.session_state.pop(key, None)
    # No others: a page's own are bound to its widgets, and clearing them is refused.
    for name in URL_NAMES:
        st.query_params.pop(name, None)
