"""What a test tries less than before: cases, examples, and whether it says anything at all."""

from __future__ import annotations

import pytest

from tests.evals import loosened

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
    return dict(loosened.tests_of(MODULE) - loosened.tests_of(MODULE.replace(old, new)))


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


NEW = "from bronze.sources import ferry\n\n\ndef test_ferry():\n    {}\n"


@pytest.mark.parametrize("said", ["pass", "ferry.offers()", "assert True", "assert 1"])
def test_a_test_that_only_imports_says_nothing(said):
    assert not loosened.says_more("", NEW.format(said))


@pytest.mark.parametrize(
    "said", ["assert ferry.offers()", "with pytest.raises(ValueError):\n        ferry.offers()"]
)
def test_what_asserts_or_awaits_an_error_says_something(said):
    assert loosened.says_more("", NEW.format(said))
    assert not loosened.says_more(NEW.format(said), f"import json\n{NEW.format(said)}")


def test_a_case_more_says_more():
    assert loosened.says_more(MODULE, MODULE.replace("[1, 2, 3]", "[1, 2, 3, 4]"))
