"""What a test tries less than before: cases, examples, and whether it says anything at all."""

from __future__ import annotations

import pytest

from tests.evals import claims

#: Cases of this list, by a name that a function has as well.
NUMBERS = """
NUMBERS: list[object] = [1, pytest.param(2, marks=pytest.mark.slow)]


@pytest.mark.parametrize("number", NUMBERS)
def test_numbers(number):
    NUMBERS = [7, 8, 9]
    assert number in NUMBERS
"""

MODULE = """
import pytest
from hypothesis import example, given, settings, strategies as st

WORDS = ["one", "two"]

settings.register_profile("default", max_examples=25)


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("file", sorted(FILES))
def test_cases(number, word, file):
    assert number


@example(0)
@example(7)
@settings(max_examples=60, deadline=None)
@given(st.integers())
def test_any(number):
    assert number == number


class TestBoth:
    @pytest.fixture(params=["left", "right"])
    def side(self, request):
        return request.param
"""


def gone(old: str, new: str) -> dict[str, int]:
    assert MODULE.count(old) == 1
    return dict(claims.tests_gone(MODULE, MODULE.replace(old, new)))


@pytest.mark.parametrize(
    ("old", "new", "what", "count"),
    [
        ("[1, 2, 3]", "[2, 3]", "a case of test_cases", 1),
        ("[1, 2, 3]", "(1,)", "a case of test_cases", 2),
        ('["one", "two"]', '["one"]', "a case of test_cases", 1),
        ('@pytest.mark.parametrize("file", sorted(FILES))\n', "", "a case of test_cases", 1),
        ('params=["left", "right"]', 'params=["left"]', "a case of side", 1),
        ("@example(7)\n", "", "an @example of test_any", 1),
        ("max_examples=60", "max_examples=10", "an example that test_any tries", 50),
        ("max_examples=25", "max_examples=5", "an example of the profile 'default'", 20),
    ],
)
def test_what_is_tried_less_is_told(old, new, what, count):
    assert gone(old, new) == {what: count}


def test_one_example_is_not_any():
    assert gone("@given(st.integers())\n", "") == {
        "an example that test_any tries": 60,
        "the @given of test_any": 1,
    }


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[1, 2, 3]", "[3, 1, 2, 4]"),
        ("[1, 2, 3]", "[*SMALL, 1, 2]"),
        ("sorted(FILES)", "[one for one in FILES]"),
        ('"word", WORDS', '"word", ["one", "three"]'),
        ("@settings(max_examples=60, deadline=None)\n", ""),
        ("max_examples=60", "max_examples=settings().max_examples"),
        ("@example(7)", "@example(8)\n@example(9)"),
    ],
)
def test_more_and_otherwise_made_cases_loosen_nothing(old, new):
    assert gone(old, new) == {}


def numbers_gone(old: str, new: str) -> dict[str, int]:
    assert NUMBERS.count(old) == 1
    return dict(claims.tests_gone(NUMBERS, NUMBERS.replace(old, new)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[1, pytest", "[pytest"),
        ("[1,", "[pytest.param(1, marks=pytest.mark.skip),"),
        ("mark.slow", "mark.xfail"),
    ],
)
def test_a_case_less_of_a_list_is_told_and_its_test_stays(old, new):
    assert numbers_gone(old, new) == {"a case of test_numbers": 1}


def test_a_case_that_is_marked_in_place_is_gone_and_its_test_stays():
    assert gone("[1, 2, 3]", "[1, 2, pytest.param(3, marks=pytest.mark.skip)]") == {"a case of test_cases": 1}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (": list[object]", ""),
        (
            "NUMBERS: list[object] = [1, pytest.param(2, marks=pytest.mark.slow)]",
            "from tests.numbers import NUMBERS",
        ),
        ('"number", NUMBERS', '"number", numbers.NUMBERS'),
        ('"number", NUMBERS', '"number", range(2)'),
        ('"number", NUMBERS', '"number", range(0, 6, 3)'),
    ],
)
def test_a_list_that_stands_elsewhere_loosens_nothing(old, new):
    assert numbers_gone(old, new) == {}
    assert not claims.tests_gone(NUMBERS.replace(old, new), NUMBERS)


def test_a_range_that_is_shorter_is_told():
    assert numbers_gone('"number", NUMBERS', '"number", range(1)') == {"a case of test_numbers": 1}


NEW = "from bronze.sources import ferry\n\n\ndef test_ferry():\n    {}\n"


@pytest.mark.parametrize("said", ["pass", "ferry.offers()", "assert True", "assert 1"])
def test_a_test_that_only_imports_says_nothing(said):
    assert not claims.says_more("", NEW.format(said))


@pytest.mark.parametrize(
    "said",
    [
        "assert ferry.offers()",
        "with pytest.raises(ValueError):\n        ferry.offers()",
        "np.testing.assert_allclose(ferry.offers(), 1)",
        "check(ferry.offers())\n\n\ndef check(offers):\n    assert offers == 1",
    ],
)
def test_what_asserts_or_awaits_an_error_says_something(said):
    assert claims.says_more("", NEW.format(said))
    assert not claims.says_more(NEW.format(said), f"import json\n{NEW.format(said)}")


def test_what_is_skipped_says_nothing():
    assert not claims.says_more("", NEW.format("pytest.skip()\n    assert ferry.offers()"))


def test_a_case_more_says_more():
    assert claims.says_more(MODULE, MODULE.replace("[1, 2, 3]", "[1, 2, 3, 4]"))
