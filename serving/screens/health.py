"""Lake health: what was published, what was refused and why, and whether anything was lost."""

from __future__ import annotations

import polars as pl
import streamlit as st

import lake
from serving import view
from serving.figures import health as figures
from serving.filters import CITIES
from serving.panels import NothingToShowError, draw, finding, panel, table
from serving.queries import health as queries
from serving.reader import is_being_built

#: Headings of the law of rows.
_LAW = {
    "table_name": "table",
    "rows_counted": "counted",
    "rows_bronze": "in bronze",
    "rows_kept": "kept",
    "rows_rejected": "rejected",
    "rows_duplicate": "duplicate",
    "rows_outside": "outside",
}

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

finding(lambda: queries.told(status, now))

with panel("At a glance"), st.container(horizontal=True):
    for label, value, explained in queries.glance(status, now):
        st.metric(label, value, help=explained, width=140)

with panel(
    "Law of rows",
    "Every record counted on the raw bytes is kept, rejected with a reason, a duplicate, or outside.",
):
    rows = queries.conservation(view.needed(now))
    broken = int(rows["broken"].sum())
    if broken:
        st.error(f"{broken} versions break the law: rows are unaccounted for.", icon=":material/error:")
    else:
        st.success(
            f"It holds for all {rows['versions'].sum()} versions in the snapshot: "
            f"{rows['rows_bronze'].sum():,} rows.",
            icon=":material/check_circle:",
        )
    if status.rejected:
        st.warning(f"{'; '.join(one.told() for one in status.rejected)}.", icon=":material/warning:")
    table(rows.drop("source"), "law-of-rows", _LAW, empty="The snapshot holds no versions.")

with panel(
    "Law of batches",
    "Every batch in scope at the last run is accepted, refused, held or failed, or no upstream lists it.",
):
    if status.asked_at is None:
        raise NothingToShowError("No run has asked the upstreams yet.")
    fates = ", ".join(f"{count} {fate}" for fate, count in status.listed.items()) or "none"
    (st.success if queries.all_served(status) else st.warning)(
        f"{sum(status.listed.values())} batches were in scope when upstreams were asked, "
        f"{status.asked_at[:16].replace('T', ' ')} UTC: {fates}."
    )

with panel(
    "Months of trips by city",
    "Present: in the snapshot, and pages count it. No trip kept: in the snapshot, but silver kept no trip of the "
    "batch's own month. Refused or held: landed, and kept out; the reason stands below. Missing: never landed, and "
    "months around it are there.",
):
    table(
        queries.coverage(status, view.needed(now)),
        "coverage",
        {"trip_month": "month"},
        empty="No month of trips has landed.",
    )

with panel(
    "Batches that are not served as they landed last",
    "Refused, held, not judged or failed, with the reason; or accepted and not published yet.",
):
    table(
        queries.troubled(status),
        "troubled-batches",
        empty="None: the newest version of every batch is accepted and published.",
    )

left, right = st.columns(2)
with (
    left,
    panel(
        "Rejected rows by reason", "Rows of bronze that are no trip; they stay in `silver.rejected_trips`."
    ),
):
    rejected = queries.rejected(view.needed(now))
    draw(rejected, figures.reasons, "rejected-rows", empty="No row was rejected.")

with right, panel("How far the data reaches"):
    reach = queries.freshness(view.needed(now)).with_columns(pl.col("city").replace(CITIES))
    table(reach, "freshness", empty="The snapshot holds no trips.")

with panel(
    "What the gates said about the snapshot",
    "One row per table of silver and gold, with the rules that its rows did not meet; findings do not refuse.",
):
    table(queries.gates(view.needed(now)), "gates", empty="This snapshot was published without judgements.")

with panel("Snapshots, newest first"):
    table(queries.snapshots(status), "snapshots", empty="None yet.")

with panel("All batches"):
    table(queries.batches(status), "batches", empty="Nothing has landed yet.")

with panel("Data docs"):
    st.markdown(queries.docs(lake.locate()))
