"""A setting that is no value of its kind is refused with its name and what to write."""

from __future__ import annotations

import pytest

from bronze import landing
from lake import locate
from orchestration.upstreams import check_scope, upstreams


@pytest.mark.parametrize("value", ["jc", "", '"jc"', "jc,nyc", '{"jc": 1}'])
def test_cities_that_are_no_list_are_told_as_they_are_to_be_written(monkeypatch, value):
    monkeypatch.setenv("SOURCES__CITIBIKE__CITIES", value)
    with pytest.raises(ValueError, match="is no list") as failed:
        check_scope()
    assert str(failed.value).startswith(
        "sources.citibike.cities in .dlt/config.toml, or SOURCES__CITIBIKE__CITIES: "
    )
    assert """write SOURCES__CITIBIKE__CITIES='["jc"]'""" in str(failed.value)
    assert "class" not in str(failed.value)


def test_to_ask_for_no_city_is_refused_as_it_is_to_ask_for_no_month(monkeypatch):
    """All else would land, and the run would end in that there are no trips."""
    monkeypatch.setenv("SOURCES__CITIBIKE__CITIES", "[]")
    with pytest.raises(ValueError, match=r"sources\.citibike\.cities is empty: name at least one city"):
        check_scope()


@pytest.mark.parametrize("value", ['[["jc"]]', "[{}]", '[1, "x"]', '["jc", "sf"]'])
def test_what_is_no_city_is_told_whatever_it_is(monkeypatch, value):
    monkeypatch.setenv("SOURCES__CITIBIKE__CITIES", value)
    with pytest.raises(ValueError, match=r"sources\.citibike\.cities: .* unknown; known are"):
        check_scope()


@pytest.mark.parametrize("name", ["trips", "seed"])
def test_a_number_of_the_sample_that_is_none_is_told(monkeypatch, name):
    monkeypatch.setenv(f"SAMPLE__{name.upper()}", "many")
    said = f"sample.{name} in .dlt/config.toml, or SAMPLE__{name.upper()}: 'many' is no whole number; write "
    with pytest.raises(ValueError, match=said), upstreams(locate()):
        pass


def test_a_number_of_a_source_that_is_none_is_told_with_the_sources_name(monkeypatch):
    monkeypatch.setenv("SOURCES__OPEN_METEO__BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("SOURCES__OPEN_METEO__LATITUDE", "north")
    with pytest.raises(ValueError, match="SOURCES__OPEN_METEO__LATITUDE: 'north' is no number; write "):
        list(landing.offers("open_meteo"))
