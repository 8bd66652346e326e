"""Open-Meteo's archive: hours of the folder's `weather.csv`."""

from __future__ import annotations

from bronze.sample.upstreams import Answer, Asked, json_answer

PATH = "/v1/archive"


def answer(asked: Asked) -> Answer:
    """Answer the hours asked for; hours that are not in the folder are null."""
    if asked.path:
        return json_answer({"error": True, "reason": "Not Found"}, 404)
    return json_answer(asked.folder.weather(asked.query))
