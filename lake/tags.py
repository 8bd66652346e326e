"""Names that people give to snapshots: a tagged one is not collected until its tag is taken away."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass

from lake.errors import DamagedError, GoneError, LakeError
from lake.faults import reach
from lake.files import read_json, utc_now, write_json
from lake.layout import Lake
from lake.locks import publishing
from lake.snapshots import load

#: The published snapshot, the one it was built on, and the one that a rollback has pinned.
PUBLISHED, PARENT, PINNED = "published", "parent", "pinned"
#: It begins with a letter, as no id and no time does.
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")


@dataclass(frozen=True)
class Tag:
    """A name of a snapshot: who gave it, and when (UTC)."""

    name: str
    snapshot: str
    by: str
    tagged_at: str


def check_name(lake: Lake, name: str) -> None:
    """See that a name can be given to a tag or branch: tags and branches of a lake share their names.

    Raises:
        LakeError: it is no plain name, means something already, or is taken.
    """
    if not _NAME.fullmatch(name):
        raise LakeError(
            f"NAME={name[:80]!r}: a name is lower-case letters, digits, hyphens and underscores, and begins with a letter"
        )
    if name in (PUBLISHED, PARENT, PINNED):
        raise LakeError(f"NAME={name}: that is what one snapshot is called in every lake; take another name")
    if name in read_tags(lake):
        raise LakeError(f"NAME={name}: a snapshot is tagged so; `make drop NAME={name}` takes the tag away")
    if (lake.branches / name).exists():
        raise LakeError(f"NAME={name}: a branch is called so; `make drop NAME={name}` takes it away")


def read_tags(lake: Lake) -> dict[str, Tag]:
    """Return the tags by name.

    Raises:
        DamagedError: the file is damaged; the message says what to do.
    """
    if not lake.tags.exists():
        return {}
    mend = "remove it, and `make tag` again what is to be kept"
    tags = read_json(lake.tags, {"tags": list}, mend=mend)["tags"]
    try:
        return {one["name"]: Tag(**one) for one in tags}
    except (KeyError, TypeError) as error:
        raise DamagedError(f"{lake.tags} is not what this lake writes: look at tags in it; {mend}") from error


def tag(lake: Lake, name: str, snapshot_id: str, *, by: str) -> Tag:
    """Give a snapshot a name; while it has one, it is not collected.

    Raises:
        LakeError: the name cannot be given.
        GoneError, DamagedError: there is no such snapshot, or it or the tags cannot be read.
        BusyError: others have been publishing or deciding for ten seconds.
    """
    with publishing(lake):
        tags = read_tags(lake)
        if name in tags and tags[name].snapshot == snapshot_id:
            return tags[name]
        check_name(lake, name)
        made = Tag(name, load(lake, snapshot_id).id, by, utc_now())
        _write(lake, tags | {name: made})
        reach("tag.written")
    return made


def untag(lake: Lake, name: str) -> Tag:
    """Take a tag away and return what it was; the snapshot goes when its time comes.

    Raises:
        GoneError: there is no such tag.
        DamagedError: the tags cannot be read.
        BusyError: others have been publishing or deciding for ten seconds.
    """
    with publishing(lake):
        tags = read_tags(lake)
        if name not in tags:
            raise GoneError(f"no snapshot of {lake.short(lake.root)} is tagged {name!r}")
        gone = tags.pop(name)
        _write(lake, tags)
    return gone


def _write(lake: Lake, tags: dict[str, Tag]) -> None:
    write_json(lake.tags, {"tags": [asdict(tags[name]) for name in sorted(tags)]})
