"""What a panel's data becomes when it is taken away."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime

import polars as pl
import pytest
from streamlit import config

from serving import panels
from tests.serving.conftest import AppTest


def cells(values, dtype=None):
    """Return the cells of a column as any reader of CSV gets them."""
    written = panels.csv(pl.DataFrame({"n": range(len(values)), "x": pl.Series(values, dtype=dtype)}))
    return [row[1] for row in csv.reader(io.StringIO(written.decode("utf-8-sig"), newline=""))][1:]


def test_a_spreadsheet_is_told_that_it_is_utf_8():
    written = panels.csv(pl.DataFrame({"below 0 °C": ["Résidence"]}))
    assert written.startswith(b"\xef\xbb\xbf")
    assert written.decode("utf-8-sig") == "below 0 °C\nRésidence\n"


@pytest.mark.parametrize(
    "text",
    [
        *(
            "=1+1",
            "+1",
            "-1+2",
            "@SUM(A1)",
            "=cmd|' /C calc'!A0",
            "\t=1",
            "\r=1",
            "\n=1",
            " =1",
            "＝1+1",
            "=a\nb",
        ),
        *("5470.10", "3185", "3185.0", "007", "1,234", "-5", "1E5", "12e-3", "50%", "$3", "(12)", " 7 "),
        *(
            "2021-03",
            "2021-03-18",
            "3/18/2021",
            "1/2",
            "8:03",
            "8:03 PM",
            "Mar-21",
            "18 March 2021",
            "May 5",
            "TRUE",
        ),
    ],
)
def test_text_stays_text(text):
    assert cells([text]) == ["'" + text]
    assert cells([text], pl.Categorical) == ["'" + text]


@pytest.mark.parametrize(
    "text",
    [
        "HB101",
        "SYS001",
        "1 Ave & E 16 St",
        "W 4 St & 7 Ave S",
        "new-york",
        "May",
        "a=b",
        "below 0 °C",
        "E 5",
        "",
        "‘",
    ],
)
def test_what_nobody_mistakes_is_left_alone(text):
    assert cells([text]) == [text]


def test_numbers_days_and_nulls_are_none_of_it():
    assert cells([-1.5, None]) == ["-1.5", ""]
    assert cells([-3]) == ["-3"]
    assert cells([date(2021, 3, 18)]) == ["2021-03-18"]
    assert cells([datetime(2021, 3, 18, 8, 3)]) == ["2021-03-18 08:03:00"]  # noqa: DTZ001 - as the lake has it
    assert cells([None, "x"]) == ["", "x"]
    assert cells([True]) == ["true"]


def test_text_of_a_known_set_and_names_of_columns_stay_text_as_well():
    assert cells(["=1+1", "x", None], pl.Enum(["=1+1", "x"])) == ["'=1+1", "x", ""]
    written = panels.csv(pl.DataFrame({name: ["x"] for name in ("=1+1", "-net", "2021-03", "trips")}))
    assert written.decode("utf-8-sig").splitlines()[0] == "'=1+1,'-net,'2021-03,trips"


def test_tables_offer_no_csv_beside_ours():
    """That of Streamlit's own has no BOM, and runs formulas."""
    assert config.get_option("client.disableDataExport")


def test_parquet_is_exact():
    frame = pl.DataFrame({"id": ["5470.10", "=1", None], "n": [-1, 2, 3]})
    assert pl.read_parquet(panels.parquet(frame)).equals(frame)


def _a_page():
    import polars as pl

    from serving import panels

    with panels.panel("Three", note="New York lacks March 2021."):
        for name in ("first", "second", "third"):
            with panels.part(name):
                if name == "first":
                    raise panels.NothingToShowError("nothing dry")
                panels.table(pl.DataFrame({"x": [1]}), name, empty="")


def test_a_part_with_nothing_to_show_leaves_the_others():
    at = AppTest.from_function(_a_page).run()
    assert not at.exception
    assert [one.value for one in at.info] == ["nothing dry"]
    assert len(at.dataframe) == 2
    assert ":material/event_busy: New York lacks March 2021." in [one.value for one in at.caption]


LONG = "New York lacks March 2021, May – June 2021. Rides under 60 s: 1.2 to 2.1 % of trips in July 2021, none in May 2024."


def _a_page_with_a_note(note):
    import streamlit as st

    from serving import panels

    with panels.panel("One", note=note):
        st.markdown("figure")


@pytest.mark.parametrize(
    ("held", "note", "opener"),
    [
        (False, LONG, None),
        (True, LONG, "New York lacks March 2021 …"),
        (True, LONG[44:], "Rides under 60 s …"),
        (True, "New York lacks March 2021.", None),
    ],
)
def test_a_long_note_is_one_line_on_a_phone_and_opens_to_all_of_it(monkeypatch, held, note, opener):
    """It took 8 to 13 lines above every figure there."""
    monkeypatch.setattr(panels, "on_a_phone", lambda: held)
    at = AppTest.from_function(_a_page_with_a_note, args=(note,)).run()
    assert not at.exception
    assert [one.label for one in at.expander] == ([opener] if opener else [])
    (said,) = (one.value for one in at.caption)
    assert said.removeprefix(":material/event_busy: ") == note
