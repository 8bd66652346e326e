"""JSON begins with its own hash: whatever is changed in it is known when it is read."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake.errors import DamagedError
from lake.files import is_sealed, read_json, write_json


@pytest.mark.parametrize(
    ("content", "seal"), [({"a": 1, "b": [{}]}, True), ({}, True), ([1], False), ({"é": "\n"}, True)]
)
def test_json_begins_with_its_own_hash(tmp_path, content, seal):
    path = tmp_path / "x.json"
    write_json(path, content)
    assert read_json(path) == content
    assert is_sealed(path) == seal
    assert json.loads(path.read_text()).keys() >= {"sha256"} if seal else True


def test_json_from_before_is_read(tmp_path):
    path = tmp_path / "x.json"
    path.write_text('{"a": 1}')
    assert read_json(path, {"a": int}) == {"a": 1}


@settings(max_examples=60, deadline=None)
@given(at=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_any_bit_of_json_that_was_changed_is_found(tmp_path_factory, at, bit):
    path = tmp_path_factory.mktemp("json") / "x.json"
    write_json(path, {"state": "held", "by": "ana", "n": 100})
    content = bytearray(path.read_bytes())
    content[at % len(content)] ^= 1 << bit
    path.write_bytes(bytes(content))
    try:
        read_json(path, {"state": str, "by": str, "n": int})
    except DamagedError:
        return
    assert not is_sealed(path)
