"""Hours of May 2024 as a weather service answers them, some of which it may not know."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from bronze.sample.answers import UNITS

#: Local days of May in which an hour is unknown: all but one, all, of one variable, and of the month's end.
MOST, ALL, ONE, TAIL = "2024-05-03", "2024-05-06", "2024-05-09", "2024-05-31"
RAIN = 0.5


def write_weather(folder: Path, known: Callable[[str, str], bool]) -> None:
    """Write the hours of May 2024 with half a millimetre each; `known(time, variable)` says which are."""
    start = datetime(2024, 4, 30)  # noqa: DTZ001 - GMT as the upstream writes it
    times = [(start + timedelta(hours=n)).strftime("%Y-%m-%dT%H:%M") for n in range(33 * 24)]
    values = dict.fromkeys(UNITS, "10") | {"precipitation": str(RAIN)}
    lines = [
        ",".join([time, *(value if known(time, name) else "" for name, value in values.items())])
        for time in times
    ]
    (folder / "weather.csv").write_text("\n".join([",".join(["time", *UNITS]), *lines]) + "\n")


def is_known(time: str, variable: str) -> bool:
    """Say what the first answer knows, GMT: the local day begins at 04:00."""
    if "2024-05-03T04:00" <= time <= "2024-05-04T04:00":
        return time == "2024-05-03T12:00"
    if "2024-05-06T04:00" <= time <= "2024-05-07T04:00":
        return False
    return not ((time == "2024-05-09T15:00" and variable == "precipitation") or time >= "2024-05-31T20:00")
