"""What models, tests of dbt, its project and the Makefile promise less than before, and what they only promise more."""

from __future__ import annotations

import pytest

from tests.evals.loosened import contracts_of, project_of, queries_of, recipes_of

MODELS = """
models:
  - name: fct_rain
    config:
      contract: {enforced: true}
      meta: {partition_by: rain_month}
    columns:
      - name: rain
        data_type: double
        data_tests:
          - not_null
    data_tests:
      - every_row:
          arguments:
            unique: [city, rain_date]

unit_tests:
  - name: rain_is_kept
    model: fct_rain
    given:
      - input: ref('stg_rain')
        rows: [{rain: 1}, {rain: 2}]
    expect:
      rows:
        - {rain: 1, city: jc}
        - {rain: 2, city: jc}
  - name: rain_is_read
    expect:
      format: csv
      rows: |
        rain,city
        1,jc
"""


def gone(counting, text: str, old: str, new: str) -> list[str]:
    assert text.count(old) == 1
    return sorted(counting(text) - counting(text.replace(old, new)))


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        (
            "enforced: true",
            "enforced: false",
            "the model fct_rain, without a limit",
        ),
        (
            "      meta:",
            "      enabled: false\n      meta:",
            "the model fct_rain, without a limit",
        ),
        (
            "          - not_null",
            "          - not_null:\n              config: {severity: warn}",
            "fct_rain.rain: not_null, without a limit",
        ),
        (
            "          arguments:",
            "          config: {where: rain > 0}\n          arguments:",
            "fct_rain: every_row, without a limit",
        ),
        (
            "          arguments:",
            "          error_if: '> 100'\n          arguments:",
            "fct_rain: every_row, without a limit",
        ),
        ("        - {rain: 2, city: jc}\n", "", "the unit test rain_is_kept expects city"),
        ("{rain: 2, city: jc}", "{rain: 2}", "the unit test rain_is_kept expects city"),
        ("        1,jc\n", "", "the unit test rain_is_read expects a line"),
        (
            "    model: fct_rain",
            "    model: fct_rain\n    config: {enabled: false}",
            "the unit test rain_is_kept, without a limit",
        ),
    ],
)
def test_a_limit_is_told_and_what_a_unit_test_no_longer_expects(old, new, what):
    assert what in gone(contracts_of, MODELS, old, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "          - not_null",
            "          - not_null:\n              config: {severity: error, enabled: true}",
        ),
        ("        - {rain: 2, city: jc}\n", "        - {rain: 2, city: jc, hour: 1}\n        - {rain: 3}\n"),
        ("[city, rain_date]", "[city, rain_date, hour]"),
        (
            "    data_tests:\n      - every_row",
            "      - name: city\n        data_tests: [{not_null: {config: {where: rain > 0}}}]\n    data_tests:\n      - every_row",
        ),
        ("          - not_null", "          - not_null\n          - not_null: {config: {severity: warn}}"),
        ("models:\n", "models:\n  - name: fct_snow\n    config: {enabled: false}\n"),
        ("    config:\n      contract: {enforced: true}\n", "    config:\n"),
    ],
)
def test_what_is_asked_more_loosens_no_model(old, new):
    # Where nothing is said of the contract, dbt_project.yml says that it is enforced.
    assert gone(contracts_of, MODELS, old, new) == []


def test_what_is_taken_out_of_a_limit_loosens_nothing():
    limited = MODELS.replace(
        "          - not_null", "          - not_null:\n              config: {severity: warn}"
    )
    assert not contracts_of(limited) - contracts_of(limited.replace("warn", "error"))


def test_a_limit_that_lets_less_pass_loosens_nothing():
    limited = MODELS.replace("          - not_null", "          - not_null: {config: {where: rain > 7}}")
    assert not contracts_of(limited) - contracts_of(limited.replace("> 7", "> 0"))
    assert contracts_of(limited) - contracts_of(limited.replace("- not_null", "- unique"))


@pytest.mark.parametrize(
    "text",
    [
        "models:\nunit_tests:\n",
        "models: [{name: fct_rain, columns: , data_tests: , config: }]",
        "models: [{name: fct_rain, columns: [{name: rain, data_tests: }]}]",
        "unit_tests: [{name: rain_is_kept, expect: , config: }]",
        "unit_tests: [{name: rain_is_kept, expect: {rows: }}]",
        "- models\n",
        "models",
    ],
)
def test_what_has_no_content_promises_no_more_than_its_name(text):
    assert all(what.startswith(("the ", "column ")) for what in contracts_of(text))
    assert contracts_of(MODELS) - contracts_of(text)


@pytest.mark.parametrize(
    "limit",
    [
        'severity="warn"',
        "severity = 'warn'",
        "enabled=false",
        'error_if=">10"',
        'where="rain > 0"',
        "limit=1",
    ],
)
def test_a_query_that_is_limited_tests_less(limit):
    text = "select * from {{ ref('fct_rain') }} where rain < 0\n"
    limited = f"{{{{ config({limit}) }}}}\n{text}"
    assert queries_of(text) - queries_of(limited)
    assert queries_of(text) - queries_of(f"{{% do config({limit}) %}}\n{text}")
    assert queries_of(limited) - queries_of("\n")
    assert not queries_of(limited) - queries_of(limited.replace("rain > 0", "rain > -1"))
    assert queries_of(text) - queries_of("\n")
    assert not queries_of(text) - queries_of(f"{{{{ config(severity='error', tags=['rain']) }}}}\n{text}")


def test_a_model_without_its_contract_promises_less():
    text = "select 1 as rain\n"
    config = '{{ config(materialized="view", contract={"enforced": false}) }}\n'
    assert queries_of(text) - queries_of(config + text)
    assert not queries_of(text) - queries_of(config.replace("false", "true") + text)


PROJECT = """
test-paths: [silver/tests]
flags: {partial_parse: false}
models:
  lakehouse:
    +contract:
      enforced: true
    staging:
      +contract:
        enforced: false
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("enforced: true", "enforced: false"),
        ("models:\n", "data_tests: {lakehouse: {+severity: warn}}\nmodels:\n"),
        ("    staging:\n", "    staging:\n      +enabled: false\n"),
        ("    staging:\n", "    core:\n      +contract: {enforced: false}\n    staging:\n"),
        ("[silver/tests]", "[]"),
    ],
)
def test_a_project_that_holds_less_is_told(old, new):
    assert gone(project_of, PROJECT, old, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("flags:", "vars: {months: all}\nflags:"),
        ("[silver/tests]", "[silver/tests, gold/tests]"),
        ("enforced: false", "enforced: true"),
        ("    staging:\n", "    staging:\n      +severity: error\n"),
    ],
)
def test_a_project_that_holds_more_loosens_nothing(old, new):
    assert gone(project_of, PROJECT, old, new) == []


MAKEFILE = """
override RUN := .venv/bin/python

# Words.
check: lint conformance  ## all of it
\t@echo "checked"

style: setup
\tmypy
\truff check .  # now

.PHONY: check style
"""


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("check: lint conformance", "check: lint", "check: conformance"),
        ("\tmypy\n", "", "style: mypy"),
        ("\tmypy\n", "\t-mypy\n", "style: mypy"),
        ("\tmypy\n", "\tmypy || true\n", "style: mypy"),
        (".venv/bin/python", "true", "override RUN: .venv/bin/python"),
        ("# Words.\n", ".IGNORE:\n", "that an error ends it"),
        ("# Words.\n", "MAKEFLAGS += -i\n", "that an error ends it"),
        ("# Words.\n", "export MAKEFLAGS=-j2 --ignore-errors\n", "that an error ends it"),
    ],
)
def test_a_goal_that_does_less_is_told(old, new, what):
    assert gone(recipes_of, MAKEFILE, old, new) == [what]


def test_a_command_in_another_goal_is_gone_from_its_own():
    assert gone(recipes_of, MAKEFILE, "\tmypy\n\truff", "\truff") == ["style: mypy"]


def test_what_a_later_recipe_replaces_is_gone():
    assert sorted(recipes_of(MAKEFILE) - recipes_of(f"{MAKEFILE}\nstyle:\n\ttrue\n")) == [
        "style: mypy",
        "style: ruff check .  # now",
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("style: setup", "ferry: setup\n\tferry\n\nstyle: setup"),
        ("\tmypy\n", "\tmypy\n\tsqlfluff\n"),
        ("\tmypy\n\truff check .  # now\n", "\truff check .  # now\n\tmypy\n"),
        ("\t@echo", "\techo"),
        ("## all of it", "## everything"),
        ("# Words.", "# Others."),
        ("# Words.", "# MAKEFLAGS += -i\nMAKEFLAGS += --no-print-directory -j2\n-include more.mk"),
        (".PHONY: check style", ".PHONY: check ferry style"),
    ],
)
def test_a_goal_more_and_other_words_loosen_nothing(old, new):
    assert gone(recipes_of, MAKEFILE, old, new) == []
