"""Conformance names exactly what is missing: each piece of a source is broken once, in a copy."""

from __future__ import annotations

import copy
import pickle
import re
import sys
from pathlib import Path

import pytest

from bronze import sources
from tests.conformance.__main__ import report
from tests.conformance.finding import findings
from tests.conformance.project import Project
from tests.conformance.subject import Subject
from tests.structure.copies import END, ROOT, copied, edit, restore

pytestmark = pytest.mark.slow

MODULE, CONFIG, YAML = "bronze/sources/nager.py", ".dlt/config.toml", "silver/models/sources/nager.yml"
SUITE, MART = "bronze/expectations/holidays.py", "mart_holiday_impact"
FIXTURES = "tests/bronze/sound.py"
NAGER, STAGED = "source.lakehouse.nager.holidays", "model.lakehouse.stg_holidays"
KEPT, COUNTED, MART_ID = (f"model.lakehouse.{name}" for name in ("dim_holidays", "conservation", MART))
DATES = "model.lakehouse.dim_dates"


@pytest.fixture(scope="module")
def real():
    """Read the project itself, once: dbt parses it, and Airflow reads the DAG."""
    project = Project(ROOT)
    project.begin_asking()
    return project


@pytest.fixture(scope="module")
def graph(real):
    return real.graph


@pytest.fixture(scope="module")
def packed(graph):
    """The nodes, of which a copy is made for each test: to unpack them takes a fifth of what a deep copy does."""
    return pickle.dumps(graph.nodes)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    folder = tmp_path_factory.mktemp("conformance")
    return folder, copied(folder)


@pytest.fixture
def tree(scratch, monkeypatch):
    """A copy of the project that a test may break; afterwards it is whole again."""
    # A module that is changed twice within a second would else be read from what was compiled before.
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    folder, files = scratch
    yield folder
    restore(folder, files)


@pytest.fixture
def manifest(packed):
    """dbt's manifest, to be broken, in which holidays reach gold through one mart alone."""
    nodes = pickle.loads(packed)  # noqa: S301 - packed above
    for name, node in nodes.items():
        if node["resource_type"] == "model" and name != COUNTED and KEPT in node["depends_on"]["nodes"]:
            node["depends_on"]["nodes"].remove(KEPT)
    nodes[MART_ID]["depends_on"]["nodes"].append(KEPT)
    return {"sources": {}, "nodes": nodes, "exposures": {}, "unit_tests": {}}


def gaps(tree: Path, manifest: dict, *, asked: list[str] | None = None, name: str = "nager") -> list[str]:
    """Return the gaps of a source as `layer piece: file: todo`."""
    project = Project(tree, manifest, sources.names() if asked is None else asked)
    found = findings(Subject(project, name))
    assert not [one for one in found if one.unread]
    return [f"{one.layer} {one.piece}: {gap.file}: {gap.todo}" for one in found for gap in one.gaps]


def test_the_reference_source_conforms(real):
    """The others are judged by `make check`: a source on its way is whole with its last slice only."""
    told, is_whole = report(real, "nager")
    assert is_whole, "\n".join(told)


def test_the_copy_conforms(tree, manifest):
    assert gaps(tree, manifest) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "gap"),
    [
        (MODULE, END, "del TABLES", f"bronze source: {MODULE}: add TABLES"),
        (MODULE, END, 'TABLES = (*TABLES, "days")', f"bronze source: {MODULE}: let TABLES be"),
        (MODULE, END, "TABLES = (*TABLES, *TABLES)", f"bronze source: {MODULE}: two of TABLES have one name"),
        (MODULE, END, "import nowhere",
         f"bronze source: {MODULE}: mend the module, .*No module named"),
        (MODULE, r'name="nager"', 'name="other"', f'bronze source: {MODULE}: .*: call it "nager"'),
        (MODULE, r'name="offers"', 'name="asked"', f'bronze source: {MODULE}: return the resource "offers"'),
        (MODULE, r"return offers, \*.*", "return offers",
         f'bronze source: {MODULE}: return the resource "holidays"'),
        (MODULE, r'"name": TEXT', '"name": "varchar"',
         f"bronze source: {MODULE}: mend the module, .*'name' in table 'holidays' is 'varchar'"),
        (MODULE, r'"name": TEXT', '"version": TEXT',
         f'bronze source: {MODULE}: mend the module, .*land the upstream.s as "published_version"'),
        (MODULE, r"self\.facts\.other_fields = ", "found = ",
         f"bronze source: {MODULE}: fill facts.other_fields"),
        (CONFIG, r"country = .*\n", "", f"bronze settings: {CONFIG}: add country under .sources.nager."),
        (CONFIG, r"# base_url = .*date\.nager.*\n", "", f"bronze settings: {CONFIG}: add `# base_url"),
        (CONFIG, r'base_url = "https://date.nager[^"]*"', 'base_url = "https://"',
         f"bronze settings: {CONFIG}: add `# base_url .* where nobody told it"),
        (CONFIG, r"\[sources\.nager\]", "[sources.other]", f"bronze settings: {CONFIG}: add .sources.nager."),
        ("bronze/sample/upstreams/nager.py", END, "del answer", "bronze stand-in: .*: add answer"),
        (SUITE, END, "del RULES", "bronze suite: .*cannot be built: .*RULES"),
        (SUITE, END, "RULES = [*RULES, RULES[0]]", "bronze suite: .*cannot be built: .*names repeat"),
        (SUITE, END, "RULES = [rule for rule in RULES if rule.severity == WARNING]",
         f"bronze suite: {SUITE}: make rules critical"),
        (SUITE, END, "RULES = [1]", f"bronze suite: {SUITE}: mend the suite"),
        (SUITE, END, "import dataclasses\nRULES = [dataclasses.replace(rule, reason='')"
         " if rule.name == 'name' else rule for rule in RULES]",
         f"bronze suite: {SUITE}: give rule 'name' its reason"),
        (SUITE, '"launch_year"', '*()',
         f"bronze suite: {SUITE}: columns_are and the columns .* differ in launch_year"),
        (FIXTURES, END, 'raise KeyError("holidays")',
         f"bronze fixtures: {FIXTURES}: mend it, .* KeyError: 'holidays'"),
        (FIXTURES, END, 'del GOOD["holidays"]',
         f'bronze fixtures: {FIXTURES}: add a good version of "holidays"'),
        (FIXTURES, END, 'del BAD["holidays"]["country"]',
         'bronze fixtures: .*: add a version that "country" refuses'),
        ("bronze/CLAUDE.md", r"\| `nager` .*\n", "",
         r"bronze CLAUDE.md: bronze/CLAUDE.md: add a row .*: \| `nager` \| `holidays` \|"),
        # Whatever a mark is called: who writes one by hand has something left to do.
        ("silver/expectations/dim_holidays.py", END, "# TODO(nager): sort this out",
         "silver mark: silver/expectations/dim_holidays.py: sort this out"),
        ("serving/queries/holidays.py", END, "# TODO(nager serving axes): label them",
         "serving mark: serving/queries/holidays.py: label them"),
        ("serving/queries/holidays.py", r"from gold\.mart_holiday_impact", "from gold.mart_routes",
         f"serving page: serving/queries/holidays.py: no query of the page names gold.{MART}"),
    ],
)  # fmt: skip
def test_a_broken_piece_is_named_alone(tree, manifest, file, old, new, gap):
    edit(tree, file, old, new)
    [found] = gaps(tree, manifest)
    assert re.match(gap, found), found


def test_fields_that_nobody_asked_for_have_a_column(tree, manifest):
    edit(tree, MODULE, r"        OTHER_FIELDS: TEXT,\n", "")
    assert re.match(
        f"bronze source: {MODULE}: add OTHER_FIELDS: TEXT to the columns of holidays", gaps(tree, manifest)[0]
    )


def test_a_source_may_be_a_package(tree, manifest):
    package = tree / "bronze/sources/nager"
    package.mkdir()
    (tree / MODULE).rename(package / "__init__.py")
    assert gaps(tree, manifest) == []
    edit(tree, "bronze/sources/nager/__init__.py", r"TABLES = .*\n", "")
    assert re.match("bronze source: bronze/sources/nager/__init__.py: add TABLES", gaps(tree, manifest)[0])


@pytest.mark.parametrize(
    ("file", "gap"),
    [
        (MODULE, "bronze source: .*: write TABLES"),
        ("bronze/sample/upstreams/nager.py", "bronze stand-in: .*: write PATH and answer"),
        (SUITE, f"bronze suite: {SUITE}: write the table's suite"),
        ("silver/expectations/dim_holidays.py", "silver suite: silver/expectations/dim_holidays.py: write"),
        (f"gold/expectations/{MART}.py", f"gold suite: gold/expectations/{MART}.py: write"),
    ],
)
def test_a_missing_file_is_named_alone(tree, manifest, file, gap):
    (tree / file).unlink()
    [found] = gaps(tree, manifest)
    assert re.match(gap, found), found


def test_an_address_that_nobody_told_is_none(tree, manifest):
    edit(tree, CONFIG, r'base_url = "https://date.nager[^"]*"', 'base_url = ""')
    assert gaps(tree, manifest) == []


def test_a_source_with_feeds_owes_what_asks_them_and_a_stand_in_that_is_an_archive(tree, manifest):
    edit(tree, MODULE, END, "FEEDS = (1,)")
    assert gaps(tree, manifest) == [
        f'bronze source: {MODULE}: return the resource "now" as well',
        'bronze stand-in: bronze/sample/upstreams/nager.py: add SETTING = "archive"',
    ]


def test_each_table_of_a_source_is_asked_for_by_itself(tree, manifest):
    """Nothing that the first table has counts for the second."""
    edit(tree, MODULE, r"TABLES = \(HOLIDAYS,\)",
         'OBSERVED = Table("observed", {"date": TEXT, OTHER_FIELDS: TEXT})\nTABLES = (HOLIDAYS, OBSERVED)')  # fmt: skip
    expected = [
        "bronze suite: bronze/expectations/observed.py: write the table's suite",
        f'bronze fixtures: {FIXTURES}: add a good version of "observed" to GOOD',
        f'bronze fixtures: {FIXTURES}: add a bad version per critical rule of "observed" to BAD',
        "bronze tests: tests/bronze/test_nager.py: test the landing of observed: ",
        "bronze CLAUDE.md: bronze/CLAUDE.md: add a row to its table of sources: | `nager` | `observed` |",
        f'silver source table: {YAML}: declare the table "observed"',
        f"silver freshness: {YAML}: say when its data is late",
        "silver staging: silver/models/staging/stg_observed.sql: write it",
        "silver unit test: silver/models/staging/stg_observed.yml: add a unit test",
        "silver core model: silver/models/core/fct_observed.sql: write",
        "silver suite: silver/expectations/fct_observed.py: write",
        'silver account: silver/macros/logic/accounts.sql: conservation counts none of its rows: add {"source": '
        '"nager", "table": "observed"',
    ]
    found = gaps(tree, manifest)
    assert len(found) == len(expected), found
    assert all(one.startswith(gap) for gap, one in zip(expected, found, strict=True)), found


def without(nodes: dict, kind: str, *read: str) -> None:
    """Remove the tests, unit tests or exposures that read a node."""
    for name, node in list(nodes.items()):
        if node["resource_type"] == kind and any(one in str(node["depends_on"]) for one in read):
            del nodes[name]


def unread(nodes: dict, reader: str, read: str) -> None:
    nodes[reader]["depends_on"]["nodes"].remove(read)


def test_who_asks_the_accounts_is_made_from_no_source(tree, manifest):
    """A mart without description that reads `conservation` is none of those of the source."""
    mart = copy.deepcopy(manifest["nodes"]["model.lakehouse.mart_routes"])
    mart.update(unique_id="model.lakehouse.mart_asked", name="mart_asked", patch_path=None)
    mart["depends_on"]["nodes"] = ["model.lakehouse.conservation"]
    manifest["nodes"][mart["unique_id"]] = mart
    assert gaps(tree, manifest) == []


def test_a_mart_that_reads_the_calendar_is_none_of_a_source_that_only_lends_it_days(tree, manifest):
    """Every mart asks for days: else any of them would do for a source whose days are in dim_dates."""
    nodes = manifest["nodes"]
    hours = "model.lakehouse.fct_weather_hourly"
    for name, node in nodes.items():
        if node["resource_type"] == "model" and name != COUNTED and hours in node["depends_on"]["nodes"]:
            node["depends_on"]["nodes"].remove(hours)
    nodes[DATES]["depends_on"]["nodes"].append(hours)
    assert "gold mart: gold/models/marts/mart_weather.sql: write a mart" in str(
        gaps(tree, manifest, name="open_meteo")
    )


@pytest.mark.parametrize(
    ("broken", "expected"),
    [
        (lambda nodes: nodes[NAGER].update(freshness={}), [f"silver freshness: {YAML}: .* warn_after"]),
        (lambda nodes: nodes[NAGER].update(loaded_at_query="… where source = 'citibike'"),
         [f"silver freshness: {YAML}: let loaded_at_query ask .* source = 'nager'"]),
        (lambda nodes: nodes[NAGER]["columns"].pop("types"),
         [f"silver source table: {YAML}: declare what lands: types"]),
        (lambda nodes: nodes[NAGER]["columns"]["types"].update(description=" "),
         [f"silver source table: {YAML}: describe types"]),
        (lambda nodes: nodes[NAGER].update(name="days"),
         [f'silver source table: {YAML}: declare the table "holidays"']),
        (lambda nodes: nodes[STAGED].update(patch_path=None),
         ["silver staging: silver/models/staging/stg_holidays.yml: write it"]),
        (lambda nodes: without(nodes, "unit_test", STAGED, "int_holidays_judged"),
         ["silver unit test: silver/models/staging/stg_holidays.yml: add a unit test"]),
        (lambda nodes: nodes[KEPT].update(description="Holidays."),
         ["silver core model: silver/models/core/dim_holidays.yml: .* grain"]),
        (lambda nodes: nodes[KEPT]["config"]["contract"].update(enforced=False),
         ["silver core model: silver/models/core/dim_holidays.yml: enforce the contract"]),
        (lambda nodes: without(nodes, "test", KEPT),
         ["silver core model: silver/models/core/dim_holidays.yml: test the grain", "gold identity: "]),
        (lambda nodes: unread(nodes, COUNTED, NAGER),
         ['silver account: .*accounts.sql: conservation counts none of its rows: add {"source": "nager"']),
        (lambda nodes: unread(nodes, COUNTED, KEPT),
         ["silver account: silver/macros/logic/accounts.sql: conservation does not count the rows kept"]),
        (lambda nodes: nodes[KEPT]["config"]["meta"].update(partition_by="holiday_month"),
         ['silver account: .*accounts.sql: dim_holidays is partitioned: add "month"']),
        (lambda nodes: nodes[MART_ID].update(patch_path=None),
         [f"gold mart: gold/models/marts/{MART}.yml: write it"]),
        (lambda nodes: [nodes.pop(name) for name in list(nodes) if "each_holiday_on_a_covered_day" in name],
         ["gold identity: gold/tests/holidays_add_up.sql: write an identity of the mart with ref..dim_holidays"]),
        (lambda nodes: without(nodes, "exposure", MART_ID),
         ["serving page: gold/models/exposures_dashboard.yml: show gold.mart_holiday_impact on a page",
          "analysis notebook: gold/models/exposures.yml: write analysis/"]),
        (lambda nodes: nodes["exposure.lakehouse.notebook_holidays"].update(url="../notebooks/05_more.html"),
         ["analysis notebook: analysis/05_more.ipynb: write it"]),
        (lambda nodes: unread(nodes, MART_ID, KEPT),
         ["gold mart: gold/models/marts/mart_holidays.sql: write a mart that reads ref..dim_holidays",
          "gold identity: ", "gold suite: gold/expectations/mart_holidays.py",
          "serving page: gold/models/exposures_dashboard.yml", "analysis notebook: .*/exposures.yml"]),
    ],
)  # fmt: skip
def test_what_dbt_lacks_is_named_alone(tree, manifest, broken, expected):
    broken(manifest["nodes"])
    found = gaps(tree, manifest)
    assert len(found) == len(expected), found
    assert all(re.match(gap, one) for gap, one in zip(expected, found, strict=True)), found


def test_a_source_the_dag_does_not_ask_is_named(tree, manifest):
    [gap] = gaps(tree, manifest, asked=["citibike"])
    assert gap.startswith("orchestration DAG: orchestration/dags/lakehouse.py: not asked: nager;")


def test_a_name_that_is_nowhere_gets_the_whole_list_with_files_to_imitate_and_owners(tree, manifest):
    told, is_whole = report(Project(tree, manifest, sources.names()), "zeppelins")
    assert not is_whole
    assert told[0] == "zeppelins: lacks 21"
    for piece in (
        "bronze +source +bronze/sources/zeppelins.py: write .* .as bronze/sources/nager.py. → dlt-ingestion",
        "bronze +settings +.dlt/config.toml: .* .as nager does. → dlt-ingestion",
        "bronze +suite .* .as bronze/expectations/holidays.py. → data-quality",
        "silver +staging .* .as silver/models/staging/stg_holidays.sql. → dbt-modeling",
        "silver +core model .* .as silver/models/core/dim_holidays.sql. → dbt-modeling",
        "silver +suite .* .as silver/expectations/dim_holidays.py. → data-quality",
        "gold +mart .* .as gold/models/marts/mart_holiday_impact.sql. → dbt-modeling",
        "serving +page .* .as serving/queries/holidays.py. → streamlit-viz",
        "serving +README +README.md: .* → .*",
    ):
        assert [line for line in told if re.fullmatch(f"  lacks   {piece}", line)], piece


@pytest.mark.parametrize(
    ("file", "text", "line"),
    [
        ("bronze/sample/upstreams/games.py", "", "games: lacks"),
        (
            "silver/models/sources/games.yml",
            "sources: [{name: games, tables: [{name: home}]}]",
            "games: lacks",
        ),
        ("silver/models/sources/games.yml", "sources: [", "games: lacks"),
        (
            "bronze/expectations/home_games.py",
            "RULES = []",
            '.*home_games.py: no source has a Table."home_games"',
        ),
    ],
)
def test_a_source_without_a_module_is_found_by_what_else_names_it(tree, manifest, file, text, line):
    (tree / file).write_text(text)
    told, is_whole = report(Project(tree, manifest, ["nager"]))
    assert not is_whole
    assert [one for one in told if re.match(line, one)]
