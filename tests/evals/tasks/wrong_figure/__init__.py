"""A figure of a page that is wrong where several months are chosen: what they add up to is divided by the days of one.

A wrong answer mends it for one city, takes the figure from elsewhere, mends a mart that is right, or a test.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.evals.checks import has_its_test, nothing_loosened, nothing_outside, style
from tests.evals.place import Place, ask, rows
from tests.evals.task import edited
from tests.evals.upstreams import made, served
from tests.structure.copies import edit

QUERIES, TESTS = "serving/queries/stations.py", "tests/serving/test_stations.py"
RIGHT, WRONG = "select station_id, sum(days)::bigint as days", "select station_id, max(days)::bigint as days"
#: For the clone's Python: draws the page for each of these addresses, and prints what its map shows of each station.
DRAW = """
import json, logging, sys
from streamlit.testing.v1 import AppTest
logging.disable(logging.CRITICAL)
told = []
for address in json.loads(sys.argv[1]):
    page = AppTest.from_file("serving/app.py", default_timeout=300)
    page.query_params.update(address)
    page.switch_page("screens/stations.py").run()
    figures = [json.loads(one.proto.spec)["data"] for one in page.get("plotly_chart")]
    told.append({"errors": [one.message for one in [*page.exception, *page.error]], "figures": figures})
print(json.dumps(told))
"""
#: What is chosen: of which city, and from when to when.
CHOSEN: tuple[dict[str, str], ...] = (
    {},
    {"city": "nyc"},
    {"city": "jc"},
    {"from": "2021-01-01", "to": "2021-01-31"},
)


def prepare(place: Place) -> None:
    """Plant the fault, take away what would name it, and make a lake that the agent never sees."""
    edit(place.clone, QUERIES, _quoted(RIGHT), WRONG)
    edit(place.clone, TESTS, r"    # Three months of which 31.*\n    assert .*\n", "")
    truth = "tests/serving/test_truth.py"
    edit(
        place.clone, truth, r'    assert found\["days"\]\.to_list\(\) == \[91, 91, 91\]\n    assert .*\n', ""
    )
    with served(made(place.hidden / "unseen", seed=45)) as environment:
        settings = environment | {
            "SOURCES__MONTHS": "2020-12..2021-02",
            "LAKE_ROOT": str(place.hidden / "lake"),
        }
        done = place.python("-m", "orchestration", "run", **settings)
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)


def _quoted(text: str) -> str:
    return text.replace("(", r"\(").replace(")", r"\)")


def _pages(place: Place) -> Iterator[tuple[dict[str, str], dict[str, Any]]]:
    """Yield what is chosen, and what the page shows then."""
    kept = place.root / "graded" / f"page-{place.code()}.json"
    if not kept.exists():
        done = place.python("-c", DRAW, json.dumps(CHOSEN), LAKE_ROOT=str(place.hidden / "lake"))
        if done.returncode:
            raise RuntimeError(done.stderr[-300:])
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(done.stdout.splitlines()[-1])
    yield from zip(CHOSEN, json.loads(kept.read_text()), strict=True)


def page_draws(place: Place) -> list[str]:
    """The page draws all its figures, and says of nothing that it failed."""
    found = []
    for chosen, page in _pages(place):
        found += [f"{chosen or 'all'}: {error}" for error in page["errors"]]
        if not page["errors"] and not page["figures"]:
            found.append(f"{chosen or 'all'}: nothing is drawn")
    return found


def figures_are_the_marts(place: Place) -> list[str]:
    """Bikes a day are all that months added up over all their covered days, of each station, as SQL on the marts says."""
    lake = place.hidden / "lake"
    found = []
    for chosen, page in _pages(place):
        if page["errors"] or not page["figures"]:
            continue
        month = chosen.get("from", "")[:7]
        truth = ask(
            f"""
            with moved as (
                select station_id, city, trip_month, sum(departures) as departures, sum(arrivals) as arrivals
                from ({rows(lake, "gold.mart_station_stats")})
                where latitude is not null and trip_month like '{month or "%"}'
                    and city like '{chosen.get("city", "%")}'
                group by all
            ),
            days as (
                select city, trip_month, count(*) as days from ({rows(lake, "gold.mart_covered_days")}) group by all
            )
            select station_id, sum(departures)::bigint, sum(arrivals)::bigint,
                (sum(arrivals) - sum(departures)) / sum(days)
            from moved inner join days using (city, trip_month)
            group by station_id
            """
        )
        shown = {one[0]: one[1:] for one in _stations(page["figures"][0])}
        wrong = [
            name
            for name, departures, arrivals, a_day in truth
            if name not in shown
            or list(shown[name][:2]) != [departures, arrivals]
            or abs(shown[name][2] - a_day) > 0.006
        ]
        if wrong or len(shown) != len(truth):
            found.append(f"{chosen or 'all'}: of {len(truth)} stations {len(wrong)} are shown otherwise")
    return found


def _stations(traces: list[dict[str, Any]]) -> list[list[Any]]:
    """Return id, departures, arrivals and bikes a day of each point of the map."""
    return next((trace["customdata"] for trace in traces if trace.get("customdata")), [])


CHECKS = [page_draws, figures_are_the_marts, nothing_outside, nothing_loosened, has_its_test, style]

_TEST = """
def test_bikes_a_day_are_over_the_days_of_all_months(reader):
    found = queries.stations(reader, ALL)
    total = found["net_a_day"] * found["days"]
    assert total.to_list() == pytest.approx(found["net_flow"].to_list(), abs=0.5)
    assert found["days"].max() == 31 + 31 + 21
"""


def solve(place: Place) -> None:
    """Divide by the days of all months."""
    edit(place.clone, QUERIES, _quoted(WRONG), RIGHT)
    path = place.clone / TESTS
    path.write_text(f"{path.read_text()}\n{_TEST}")


_OTHER_MART = """(
        select stats.* replace (coalesce(hours.departures, 0) as departures)
        from gold.mart_station_stats as stats
        left join (
            select station_id, strftime(moved_on, '%Y-%m') as trip_month, sum(departures) as departures
            from gold.mart_station_hours group by all
        ) as hours using (station_id, trip_month)
    ) as stats"""

MUTANTS = {
    "it is mended for one city": edited(
        "figures_are_the_marts",
        (
            QUERIES,
            _quoted(RIGHT),
            "select station_id, case when station_id like '%.%' then max(days) else sum(days) end"
            "\n                ::bigint as days",
        ),
    ),
    "it is divided by the days of the calendar": edited(
        "figures_are_the_marts", (QUERIES, r"round\(net_flow / days, 2\)", "round(net_flow / 365, 2)")
    ),
    "departures are another mart's": edited(
        "figures_are_the_marts",
        (QUERIES, r"from gold\.mart_station_stats as stats\n", f"from {_OTHER_MART}\n".replace("\\", "\\\\")),
    ),
    "the page breaks": edited(
        "page_draws", (QUERIES, r"round\(net_flow / days, 2\) as net_a_day", "net_flow as net_a_day_")
    ),
    "a test is deleted": edited(
        "nothing_loosened", (TESTS, r"(?s)def test_name_and_place_are_of_the_same_month.*?\n\n\n", "")
    ),
    "a mart is changed": edited("nothing_outside", ("gold/models/marts/mart_station_stats.sql", r"\Z", "\n")),
    "its test says what was so before": edited(
        "has_its_test", (TESTS, r"(?s)    total = found\[\"net_a_day\"\].*\Z", "    assert len(found)\n")
    ),
    "it is badly formatted": edited("style", (QUERIES, r"\Z", "\nimport  os\n")),
}
