from __future__ import annotations

import http.client
import json
import threading
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest

from bronze.sample.faults import CUT, DROP, Faults, server_error, too_many
from bronze.sample.generate import generate
from bronze.sample.server import Endpoints, Request, serve

KEY = "JC-202012 citibike-tripdata.csv.zip"
PLACE = {"latitude": "40.73", "longitude": "-74.0"}
S3 = "{http://s3.amazonaws.com/doc/2006-03-01/}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("served")
    generate(path, trips=1000)
    return path


@pytest.fixture(scope="module")
def endpoints(folder: Path) -> Iterator[Endpoints]:
    with serve(folder) as found:
        yield found


def get(url: str, method: str = "GET", **headers: str) -> tuple[int, http.client.HTTPMessage, bytes]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    try:
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request(method, target, headers={name.replace("_", "-"): v for name, v in headers.items()})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def weather(endpoints: Endpoints, **query: str) -> tuple[int, Any]:
    status, _, body = get(f"{endpoints.urls['open_meteo']}?{urlencode({**PLACE, **query})}")
    return status, json.loads(body)


def page(endpoints: Endpoints, **query: str) -> tuple[list[str], str | None, ET.Element]:
    _, headers, body = get(f"{endpoints.urls['citibike']}?{urlencode({'list-type': '2', **query})}")
    assert headers["Content-Type"] == "application/xml"
    root = ET.fromstring(body)  # noqa: S314 - our own server
    return (
        [key.text or "" for key in root.iter(f"{S3}Key")],
        root.findtext(f"{S3}NextContinuationToken"),
        root,
    )


def test_listing_comes_in_pages(folder: Path, endpoints: Endpoints) -> None:
    keys, token, root = page(endpoints)
    assert len(keys) == 4 and root.findtext(f"{S3}IsTruncated") == "true"
    pages = 1
    while token:
        more, token, root = page(endpoints, **{"continuation-token": token})
        keys, pages = keys + more, pages + 1
    assert root.findtext(f"{S3}IsTruncated") == "false"
    assert keys == sorted(path.name for path in (folder / "tripdata").iterdir())
    assert pages == 3 and KEY in keys


def test_listing_by_prefix_and_size(folder: Path, endpoints: Endpoints) -> None:
    keys, token, root = page(endpoints, prefix="JC-2021", **{"max-keys": "2"})
    assert len(keys) == 2 and token == keys[-1]
    entry = next(root.iter(f"{S3}Contents"))
    assert entry.findtext(f"{S3}Size") == str((folder / "tripdata" / keys[0]).stat().st_size)
    assert entry.findtext(f"{S3}ETag") == get(f"{endpoints.urls['citibike']}/{keys[0]}", "HEAD")[1]["ETag"]
    assert page(endpoints, prefix="none-such")[0] == []
    assert get(f"{endpoints.urls['citibike']}?max-keys=many")[0] == 400


def test_archive_whole_and_in_ranges(folder: Path, endpoints: Endpoints) -> None:
    content = (folder / "tripdata" / KEY).read_bytes()
    url = f"{endpoints.urls['citibike']}/{quote(KEY)}"
    status, headers, body = get(url)
    assert (status, body) == (200, content)
    assert headers["Last-Modified"] == "Tue, 04 May 2021 09:30:00 GMT"
    status, head, body = get(url, "HEAD")
    assert (status, body, head["Content-Length"]) == (200, b"", str(len(content)))
    for asked, expected in (
        ("bytes=10-19", content[10:20]),
        ("bytes=100-", content[100:]),
        ("bytes=-22", content[-22:]),
        (f"bytes=5-{10 * len(content)}", content[5:]),
    ):
        status, headers, body = get(url, Range=asked)
        assert (status, body) == (206, expected), asked
        assert headers["Content-Range"].endswith(f"/{len(content)}")
    assert get(url, Range=f"bytes={len(content)}-")[0] == 416
    assert get(url, Range="bytes=0-9", If_Range='"another"')[2] == content
    assert get(url, Range="bytes=0-9", If_Range=head["ETag"])[2] == content[:10]
    assert get(f"{endpoints.urls['citibike']}/no-such.zip")[0] == 404
    assert get(f"{endpoints.urls['citibike']}/..%2Fsample.json")[0] == 404


def test_replaced_archive_has_another_etag(tmp_path: Path) -> None:
    (tmp_path / "tripdata").mkdir()
    path = tmp_path / "tripdata" / "a.zip"
    path.write_bytes(b"one")
    with serve(tmp_path) as endpoints:
        before = get(f"{endpoints.urls['citibike']}/a.zip")[1]["ETag"]
        path.write_bytes(b"two!")
        assert get(f"{endpoints.urls['citibike']}/a.zip")[1]["ETag"] != before


def test_weather_is_hourly_in_gmt(endpoints: Endpoints) -> None:
    names = "temperature_2m,snowfall,weather_code"
    status, answer = weather(
        endpoints, hourly=names, start_date="2020-10-31", end_date="2020-12-01", timezone="GMT"
    )
    assert status == 200
    assert answer["utc_offset_seconds"] == 0 and answer["timezone"] == "GMT"
    assert answer["hourly_units"] == {
        "time": "iso8601",
        "temperature_2m": "°C",
        "snowfall": "cm",
        "weather_code": "wmo code",
    }
    assert answer["hourly"]["time"][0] == "2020-10-31T00:00"
    assert len(answer["hourly"]["time"]) == 32 * 24 == len(answer["hourly"]["temperature_2m"])
    assert None not in answer["hourly"]["temperature_2m"]
    _, warm = weather(
        endpoints,
        hourly="temperature_2m",
        start_date="2020-10-31",
        end_date="2020-10-31",
        temperature_unit="fahrenheit",
    )
    assert warm["hourly_units"]["temperature_2m"] == "°F"
    assert warm["hourly"]["temperature_2m"][0] == round(answer["hourly"]["temperature_2m"][0] * 1.8 + 32, 1)
    _, unknown = weather(endpoints, hourly="rain", start_date="2019-01-01", end_date="2019-01-01")
    assert set(unknown["hourly"]["rain"]) == {None}


@pytest.mark.parametrize(
    "wrong",
    [
        {"hourly": "windspeed_10m"},
        {"start_date": "yesterday"},
        {"end_date": "2020-01-01"},
        {"latitude": "north"},
        {"latitude": "95"},
        {"timezone": "America/New_York"},
        {"wind_speed_unit": "knots"},
    ],
)
def test_bad_weather_questions_are_told_why(endpoints: Endpoints, wrong: dict[str, str]) -> None:
    good = {"hourly": "wind_speed_10m", "start_date": "2021-01-01", "end_date": "2021-01-02"}
    status, answer = weather(endpoints, **{**good, **wrong})
    assert status == 400 and answer["error"] is True and answer["reason"]


def test_holidays_by_year(endpoints: Endpoints) -> None:
    status, _, body = get(f"{endpoints.urls['nager']}/PublicHolidays/2022/US")
    assert status == 200 and json.loads(body)[0]["date"] == "2021-12-31"
    assert get(f"{endpoints.urls['nager']}/PublicHolidays/1999/US")[0] == 404
    assert get(f"{endpoints.urls['nager']}/PublicHolidays/2022/FR")[0] == 404


def test_faults_happen_in_order_and_end(folder: Path) -> None:
    faults = Faults({f"/tripdata/{KEY}": [server_error(), too_many(3), DROP, CUT], "/v1/archive": [DROP]})
    content = (folder / "tripdata" / KEY).read_bytes()
    with serve(folder, faults=faults) as endpoints:
        url = f"{endpoints.urls['citibike']}/{quote(KEY)}"
        assert get(url)[0] == 500
        status, headers, _ = get(url)
        assert (status, headers["Retry-After"]) == (429, "3")
        with pytest.raises(http.client.RemoteDisconnected):
            get(url)
        with pytest.raises(http.client.IncompleteRead) as cut:
            get(url)
        assert cut.value.partial == content[: len(content) // 2]
        assert get(url)[2] == content
        assert get(endpoints.urls["citibike"])[0] == 200
        assert faults.left == 1
        faults.add("*", server_error(503))
        assert get(f"{endpoints.urls['nager']}/PublicHolidays/2021/US")[0] == 503
        path = f"/tripdata/{KEY}"
        assert [(seen.status) for seen in endpoints.requests if seen.path == path] == [500, 429, 0, 200, 200]
        assert endpoints.requests[-1] == Request("GET", "/api/v3/PublicHolidays/2021/US", "", 503)


def test_server_ends_with_its_context_even_with_clients_connected(folder: Path) -> None:
    before = threading.active_count()
    with serve(folder) as endpoints:
        parts = urlsplit(endpoints.urls["citibike"])
        connection = http.client.HTTPConnection(parts.netloc, timeout=10)
        connection.request("GET", parts.path)
        connection.getresponse().read()
    deadline = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() == before
    connection.close()
    with pytest.raises(OSError):
        get(endpoints.urls["citibike"])
