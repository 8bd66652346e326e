"""Lake health: what was refused, and why."""

from __future__ import annotations

from tests.lake.rows import land
from tests.serving.conftest import assert_sound, open_page, words
from tests.serving.lakes import publish_lake


def test_lake_health_tells_what_was_refused_and_why(root):
    publish_lake(root)
    land(root, "b-2", [1], None)
    land(root, "b-3", [1], "refused")
    at = open_page("health")
    assert_sound(at)
    frames = [one.value for one in at.dataframe]
    troubled = next(frame for frame in frames if "served" in frame and len(frame) == 2)
    assert dict(zip(troubled["batch"], troubled["state"], strict=True)) == {
        "b-2": "unjudged",
        "b-3": "refused",
    }
    assert "because" in list(troubled["reason"])
    (root.snapshots / "29990101-000000-000000").mkdir()
    (root.snapshots / "29990101-000000-000000" / "building.json").write_text("{}")
    assert "is being built" in words(open_page("health"))
