"""Seven stations in pages, in every way there is: what tests of paging ask."""

from __future__ import annotations

from bronze.http import client
from bronze.paging import get_pages
from bronze.sample.upstreams import Answer, json_answer

STATIONS = [{"id": number, "name": f"Station {number}"} for number in range(1, 8)]
PATH = "/api/v3/stations"


def paged(asked, entries=STATIONS, largest=3) -> Answer:
    """Answer a page in every way there is: by number, offset, cursor, link in the answer and in a header.

    No page has more than `largest`, whatever is asked for.
    """
    page, limit = int(asked.query.get("page", ["1"])[0]), int(asked.query.get("limit", [str(largest)])[0])
    size = min(limit, largest)
    first = int(asked.query.get("offset", asked.query.get("after", [str((page - 1) * size)]))[0])
    found, end = entries[first : first + size], first + size
    more = end < len(entries)
    answer = {
        "stations": found,
        "meta": {"total": len(entries), "after": str(end) if more else None, "more": more},
        "next": f"?page={page + 1}" if more else None,
    }
    link = {"Link": f'<?page={page + 1}>; rel="next"'} if more else {}
    return Answer(json_answer(answer).body, headers=link)


def ask(url, paginator, **more):
    return get_pages(client(), url, paginator, entries="stations", about="stations", **more)
