"""Lake health: what was published, what was refused and why, and whether anything was lost."""

from __future__ import annotations

import polars as pl
import streamlit as st

import lake
from serving import figures, health, view
from serving.filters import CITIES
from serving.panels import NothingToShowError, draw, panel, table
from serving.queries import health as questions
from serving.reader import is_being_built

st.title("Lake health")
now = view.published()
try:
    status = lake.status()
except (lake.LakeError, OSError, ValueError, KeyError) as error:
    view.tell_fault(error)
    st.stop()

if status.current is None:
    st.info("Nothing is published yet: `make run` fetches the data and builds it.", icon=":material/inbox:")
elif is_being_built():
    st.info(
        "A snapshot is being built, or a killed run left one behind: the next run clears it.",
        icon=":material/hourglass_top:",
    )
if status.pin:
    st.warning(
        f"The lake is pinned to {status.pin.told()}. Runs publish nothing until `make release`.",
        icon=":material/push_pin:",
    )

with panel("At a glance"), st.container(horizontal=True):
    for label, value, explained in health.glance(status, now):
        st.metric(label, value, help=explained, width=140)

with panel(
    "Law of rows",
    "Every record counted on the raw bytes is kept, rejected with a reason, a duplicate, or outside.",
):
    rows = questions.conservation(view.needed(now))
    broken = int(rows["broken"].sum())
    if broken:
        st.error(f"{broken} versions break the law: rows are unaccounted for.", icon=":material/error:")
    else:
        st.success(
            f"It holds for all {rows['versions'].sum()} versions in the snapshot: "
            f"{rows['rows_bronze'].sum():,} rows.",
            icon=":material/check_circle:",
        )
    table(rows.drop("source"), "law-of-rows", health.LAW, empty="The snapshot holds no versions.")

with panel(
    "Law of batches", "Every batch the upstreams listed at the last run is accepted, refused, held or failed."
):
    if status.asked_at is None:
        raise NothingToShowError("No run has asked the upstreams yet.")
    fates = ", ".join(f"{count} {fate}" for fate, count in status.listed.items()) or "none"
    (st.success if health.all_served(status) else st.warning)(
        f"{sum(status.listed.values())} batches were listed at "
        f"{status.asked_at[:16].replace('T', ' ')} UTC: {fates}."
    )

with panel(
    "Batches that are not served as they landed last", "Refused, held, not judged or failed; with the reason."
):
    table(
        health.troubled(status),
        "troubled-batches",
        empty="None: the newest version of every batch is accepted.",
    )

left, right = st.columns(2)
with (
    left,
    panel(
        "Rejected rows by reason", "Rows of bronze that are no trip; they stay in `silver.rejected_trips`."
    ),
):
    rejected = questions.rejected(view.needed(now))
    draw(rejected, figures.reasons, "rejected-rows", empty="No row was rejected.")

with right, panel("How far the data reaches"):
    reach = questions.freshness(view.needed(now)).with_columns(pl.col("city").replace(CITIES))
    table(reach, "freshness", empty="The snapshot holds no trips.")

with panel(
    "What the gates said about the snapshot", "One row per table of silver and gold; findings do not refuse."
):
    table(health.gates(view.needed(now)), "gates", empty="This snapshot was published without judgements.")

with panel("Snapshots, newest first"):
    table(health.snapshots(status), "snapshots", empty="None yet.")

with panel("All batches"):
    table(health.batches(status), "batches", empty="Nothing has landed yet.")

with panel("Data docs"):
    st.markdown(health.docs(lake.locate()))
