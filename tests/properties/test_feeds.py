"""Feeds: whatever is said in whatever order, a day holds all of it, as it was said."""

from __future__ import annotations

import json
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bronze import sources
from bronze.columns import OTHER_FIELDS
from bronze.feeds import list_offers
from lake import Lake
from lake.recordings import keep, kept, moment_of
from lake.versions import all_versions
from tests.bronze import signals
from tests.bronze.upstream import rows

pytestmark = pytest.mark.slow

MIDNIGHT = datetime(2024, 5, 3, tzinfo=UTC)
#: Quarters of an hour of two days, in any order; what is said then; whether a run lands it at once.
HISTORY = st.lists(
    st.tuples(st.integers(0, 2 * 96 - 1), st.sampled_from(["red", "green"]), st.booleans()),
    min_size=1,
    max_size=6,
)


@pytest.fixture(autouse=True)
def source(monkeypatch):
    signals.publish()
    signals.install(monkeypatch)
    monkeypatch.setenv("SOURCES__MONTHS", "2024-05")
    monkeypatch.setenv(sources.variable("signals"), "")


def in_force(lake):
    newest = {version.batch: version for version in all_versions(lake)}
    return {
        batch: (version.record["content_hash"], version.record["months"], rows(version).fetchall())
        for batch, version in newest.items()
    }


@settings(max_examples=settings().max_examples // 5)  # each lands half a dozen times
@given(HISTORY)
def test_landed_answer_by_answer_a_day_is_what_it_is_landed_at_once(history):
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        first, second = Lake(Path(folder) / "first"), Lake(Path(folder) / "second")
        patch.setenv("LAKE_ROOT", str(first.root))
        for quarter, state, lands in history:
            moment = moment_of(MIDNIGHT + timedelta(minutes=15 * quarter))
            keep(first, "signals", "lights", moment, json.dumps(signals.lights(state)).encode())
            if lands:
                signals.land()
        signals.land()
        patch.setenv("LAKE_ROOT", str(second.root))
        patch.setenv(sources.variable("signals", "archive"), str(first.recordings / "signals"))
        assert {outcome for _, outcome, _ in signals.ask()} == {"kept"}
        signals.land()
        assert in_force(first) == in_force(second)
        assert len(kept(second, "signals", "lights")) == len({quarter for quarter, _, _ in history})


#: Whatever JSON may hold, with half a surrogate pair among its texts.
texts = st.text(st.characters(codec="utf-8") | st.just("\ud800"), max_size=5)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=4,
)
entries = st.dictionaries(
    st.sampled_from(["id", "state", "isOn", "is_on", "asked_at"]) | texts, values, max_size=5
)


def written(value):
    """Return the text that a value stands in an answer as."""
    if value is None or isinstance(value, str):
        return value and value.encode("utf-8", "backslashreplace").decode()
    return json.dumps(value)


@given(st.lists(entries, min_size=1, max_size=4))
def test_every_entry_lands_with_every_value(found):
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake(Path(folder) / "lake")
        keep(lake, "signals", "lights", signals.NOON, json.dumps(found).encode())
        listed = list_offers("signals", signals.FEEDS, "hoboken", str(lake.recordings))
        (offer,) = listed
        landed = [row for batch in offer.rows() for row in batch.to_pylist()]
    assert offer.facts.rows_counted == len(found)
    names = {"id": "id", "state": "state", "is_on": "isOn"}
    for number, (row, entry) in enumerate(zip(landed, found, strict=True), 1):
        assert {column: row[column] for column in names} == {
            column: written(entry.get(name)) for column, name in names.items()
        }
        others = {name: value for name, value in entry.items() if name not in names.values()}
        assert json.loads(row[OTHER_FIELDS] or "{}") == others
        assert (row["source_record"], row["asked_at"]) == (number, "2024-05-03T12:00:00Z")
