"""What a person's word on a batch does to the next snapshot."""

from __future__ import annotations

import pytest

from lake import locate
from lake.versions import all_versions, decide, in_force
from orchestration.__main__ import main
from tests.lake.rows import land

FIRST, OTHER = [1, 2], [1]


@pytest.fixture
def versions():
    """Land contents one after the other as versions of one batch."""

    def landed(*contents):
        for content in contents:
            land(locate(), "b-1", content)

    return landed


def hold(capsys, *more):
    assert main(["hold", "b-1", "--reason", "it is wrong", *more]) == 0
    return " ".join(capsys.readouterr().out.split())


def numbers():
    return [version.number for version in in_force(all_versions(locate()))]


def test_a_hold_keeps_its_content_out_under_every_number(versions, capsys):
    """Published, replaced and published again: the older landing of it was accepted as well."""
    versions(FIRST, OTHER, FIRST)
    said = hold(capsys)
    assert "version 3 is held now, with the same content version 1, and version 2 is in force" in said
    assert "(VERSION=2 holds it as well)" in said
    assert numbers() == [2]
    assert "no version of it is in force" in hold(capsys, "--version", "2")
    assert numbers() == []


def test_a_hold_of_an_older_one_names_the_newer_that_goes_with_it(versions, capsys):
    versions(FIRST, OTHER, FIRST)
    assert "version 1 is held now, with the same content version 3" in hold(capsys, "--version", "1")
    assert numbers() == [2]


@pytest.mark.parametrize("state", [None, "refused"])
def test_no_gate_lets_its_content_in_by_another_number(capsys, state):
    first = land(locate(), "b-1", FIRST, state)
    before = first.verdict
    land(locate(), "b-1", FIRST)
    hold(capsys)
    decide(first, "accepted", by="suite things", reason="by now it passes", instead_of=before)
    assert numbers() == []


def test_a_hold_puts_an_older_one_of_other_content_back(versions, capsys):
    versions(OTHER, FIRST)
    assert "version 1 is in force (VERSION=1" in hold(capsys)
    assert numbers() == [1]


def test_a_hold_of_an_older_one_says_what_stays_in_force(versions, capsys):
    versions(OTHER, FIRST)
    assert "version 2 is in force. `make run`" in hold(capsys, "--version", "1")


def test_a_record_that_cannot_be_read_keeps_nobody_from_holding(versions, capsys):
    versions(FIRST, FIRST)
    (all_versions(locate())[0].path / "record.json").write_text("{")
    assert "version 1 is in force" in hold(capsys)
