from __future__ import annotations

import pytest

from lake import locate
from lake.branches import branch
from lake.errors import DamagedError, GoneError, LakeError
from lake.names import find
from lake.retention import collect, unfinished
from lake.tags import read_tags, tag, untag
from lake.verify import verify
from tests.lake.dying import dies_at
from tests.lake.test_retention import publish_many, there


def test_a_tagged_snapshot_stays_until_the_tag_is_gone():
    ids = publish_many(4)
    tag(locate(), "before-easter", ids[0], by="anna")
    assert collect(locate(), 1).removed == [ids[1]]
    assert there() == [ids[0], *ids[2:]]
    assert untag(locate(), "before-easter").snapshot == ids[0]
    assert collect(locate(), 1).removed == [ids[0]]


def test_a_tag_says_who_gave_it_and_can_be_asked_for_again():
    ids = publish_many(2)
    made = tag(locate(), "q1", ids[0], by="anna")
    assert (made.by, made.snapshot) == ("anna", ids[0])
    assert tag(locate(), "q1", ids[0], by="bob") == made
    with pytest.raises(LakeError, match="a snapshot is tagged so; `make drop NAME=q1`"):
        tag(locate(), "q1", ids[1], by="bob")
    assert read_tags(locate()) == {"q1": made}


@pytest.mark.parametrize(
    "name",
    [
        "",
        "published",
        "parent",
        "pinned",
        "2026-05-01",
        "20260501-080000-000000",
        "../x",
        "a/b",
        ".x",
        "A",
        "a b",
        "$(x)",
    ],
)
def test_what_means_something_else_is_no_tag_and_no_branch(name):
    (first,) = publish_many(1)
    with pytest.raises(LakeError, match="NAME="):
        tag(locate(), name, first, by="anna")
    with pytest.raises(LakeError, match="NAME="):
        branch(locate(), name, by="anna")
    assert read_tags(locate()) == {}


def test_tags_and_branches_share_their_names():
    (first,) = publish_many(1)
    tag(locate(), "a", first, by="anna")
    branch(locate(), "b", by="anna")
    with pytest.raises(LakeError, match="a snapshot is tagged so"):
        branch(locate(), "a", by="anna")
    with pytest.raises(LakeError, match="a branch is called so"):
        tag(locate(), "b", first, by="anna")


def test_what_is_not_there_is_neither_tagged_nor_untagged():
    publish_many(1)
    with pytest.raises(GoneError, match="no snapshot"):
        tag(locate(), "a", "20200101-000000-000000", by="anna")
    with pytest.raises(GoneError, match="tagged 'a'"):
        untag(locate(), "a")


def test_a_tagger_that_dies_has_tagged_or_not():
    ids = publish_many(3)
    with dies_at("text.written"):
        tag(locate(), "a", ids[0], by="anna")
    assert read_tags(locate()) == {}
    with dies_at("tag.written"):
        tag(locate(), "a", ids[0], by="anna")
    assert find(locate(), "a").id == ids[0]
    assert collect(locate(), 1).removed == []
    assert list(unfinished(locate())) == []


def test_while_tags_are_damaged_nothing_is_collected():
    ids = publish_many(3)
    tag(locate(), "a", ids[0], by="anna")
    locate().tags.write_text("{}")
    with pytest.raises(DamagedError, match="look at tags in it"):
        collect(locate(), 1)
    assert there() == ids
    assert [fault.path for fault in verify(locate()).faults] == [locate().tags]
