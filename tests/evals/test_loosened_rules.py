"""What a suite asks less than before, and what it only asks more."""

from __future__ import annotations

import pytest

from tests.evals import claims
from tests.evals.loosened import rules_of

SUITE = """
def filled(name):
    return broken_rows(f"filled_{name}", "words", f"{name} is null", tolerance=0.1)

RULES = [
    columns_are(["day", "rain"], "Marts read them."),
    between("rain", 0, 200, reason="Outside it is another unit.", mostly=0.99),
    broken_rows("wet", "wet days have 1 mm", "is_wet and rain < 1", reason="Compared.", severity=WARNING),
    filled("rain"),
]
"""


#: A rule whose condition is longer than what is shown of it.
LONG = f"RULES = [broken_rows('long', 'words', '{'x ' * 300}', tolerance=0.1)]"


def gone(old: str, new: str) -> list[str]:
    assert old in SUITE
    return sorted(rules_of(SUITE) - rules_of(SUITE.replace(old, new)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"day", "rain"]', '"day", "rain", "sunshine"]'),
        ("wet days have 1 mm", "wet days are those with 1 mm"),
        ("Outside it is another unit.", "Another unit."),
        ("RULES = [", 'RULES = [\n    not_null("rain"),'),
    ],
)
def test_a_column_a_rule_and_other_words_loosen_nothing(old, new):
    assert gone(old, new) == []


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ('"day", "rain"]', '"day"]', "the rule columns_are 'rain'"),
        ('"rain", 0, 200', '"rain", -999, 200', "the rule between 'rain' 0 200 mostly=0.99"),
        ("mostly=0.99", "mostly=0.5", "the rule between 'rain' 0 200 mostly=0.99"),
        ("is_wet and rain < 1", "false", "the rule broken_rows 'wet' 'is_wet and rain < 1' severity=WARNING"),
        ("tolerance=0.1", "tolerance=0.9", "in filled: tolerance=0.1"),
        ('    filled("rain"),\n', "", "the rule filled 'rain'"),
    ],
)
def test_what_is_asked_less_is_told(old, new, what):
    assert gone(old, new) == [what]


def test_the_limit_of_a_long_rule_is_seen():
    assert rules_of(LONG) - rules_of(LONG.replace("0.1", "0.2"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("import pytest\n", "import pytest\n\npytestmark = [pytest.mark.slow, pytest.mark.skip]\n"),
        ("import pytest\n", "import pytest\n\npytestmark: object = pytest.mark.skip\n"),
        ("import pytest\n", "import pytest\n\nferry = pytest.importorskip('ferry')\n"),
        ("import pytest\n", "import pytest\n\nif True:\n    pytest.skip('slow', allow_module_level=True)\n"),
        ("class TestSums:\n", "class TestSums:\n    pytestmark = pytest.mark.skip\n"),
        ("    @pytest.mark.slow\n", "    @pytest.mark.skipif(True, reason='slow')\n"),
        ("class", "@pytest.mark.skip\nclass"),
        ("        assert 1 + 1", "        pytest.skip('not now')\n        assert 1 + 1"),
        ("        assert 1 + 1", "        pytest.importorskip('ferry')\n        assert 1 + 1"),
    ],
)
def test_a_test_that_is_skipped_in_any_way_is_told_and_its_loss_still_is(old, new):
    module = "import pytest\n\nclass TestSums:\n    @pytest.mark.slow\n    def test_it(self):\n        assert 1 + 1 == 2\n"
    assert old in module
    skipped = module.replace(old, new)
    assert [*claims.tests_gone(module, skipped)] == ["the test test_it, without a skip"]
    assert sorted(claims.tests_gone(skipped, "")) == ["assert in test_it: 1 + 1 == 2", "the test test_it"]
    assert not claims.tests_gone(skipped, module)


def test_a_mark_that_has_a_name_skips_nothing():
    module = "import pytest\n\nslow = pytest.mark.skipif(True, reason='slow')\n\ndef test_it():\n    assert 1 + 1 == 2\n"
    assert "the test test_it, without a skip" in claims.tests_of(module)
