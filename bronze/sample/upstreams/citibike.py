"""The bucket of trips: its listing in pages, and the archives of the folder."""

from __future__ import annotations

from bronze.sample.upstreams import XML, Answer, Asked

PATH = "/tripdata"


def answer(asked: Asked) -> Answer:
    """Answer the listing, or an archive by its key."""
    if not asked.path:
        return Answer(asked.folder.listing(asked.query).encode(), XML)
    key = asked.path.removeprefix("/")
    archive = asked.folder.archive(key)
    if archive is None:
        return Answer(f"<Error><Code>NoSuchKey</Code><Key>{key}</Key></Error>".encode(), XML, 404)
    return Answer(archive, "application/zip" if archive.suffix == ".zip" else "text/html")
