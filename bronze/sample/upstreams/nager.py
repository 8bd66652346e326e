"""Nager.Date: a year's holidays, from the folder's `holidays/<year>.json`."""

from __future__ import annotations

import re

from bronze.sample.upstreams import Answer, Asked, json_answer

PATH = "/api/v3"


def answer(asked: Asked) -> Answer:
    """Answer a year's holidays, or 404 for a year or country that is not there."""
    found = re.fullmatch(r"/PublicHolidays/([^/]+)/([^/]+)", asked.path)
    holidays = asked.folder.holidays(found[1], found[2]) if found else None
    if holidays is None:
        return json_answer({"title": "Not Found", "status": 404}, 404)
    return json_answer(holidays)
