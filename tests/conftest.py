from __future__ import annotations

import atexit
import gc
import os
import re
from itertools import count
from pathlib import Path

import pytest

# Nothing here makes much garbage in cycles; to look for it as often as Python does took a tenth of all time. As
# `lake.commands.collect_seldom`, but nothing of the project is imported yet.
gc.set_threshold(100_000, 50, 100)

# Before anything of the project is imported: no test may reach an upstream or wait for one.
os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "false"
os.environ["GX_ANALYTICS_ENABLED"] = "false"
os.environ["RUNTIME__REQUEST_BACKOFF_FACTOR"] = "0.01"
os.environ.pop("BRANCH", None)  # of the caller's lake, which no test has
for _name in [name for name in os.environ if name.lower().endswith("_proxy")]:
    del os.environ[_name]


def sources_in_environment() -> dict[str, str]:
    """Take the settings of sources out of the environment, and return what they were."""
    return {name: os.environ.pop(name) for name in sorted(os.environ) if name.startswith("SOURCES__")}


sources_in_environment()


def end_at_once():
    """End this process as it would end, but without taking apart what it has imported, which takes seconds."""
    atexit.unregister(end_at_once)
    # Temporary folders go with one that may have been registered before this. Those since then are called twice.
    atexit._run_exitfuncs()
    os._exit(0)


def pytest_configure(config):
    if hasattr(config, "workerinput"):
        atexit.register(end_at_once)


#: How a module says that it is slow as a whole.
SLOW_AS_A_WHOLE = re.compile(r"^pytestmark = (\[[^]]*)?pytest\.mark\.slow\b", re.MULTILINE)


def pytest_ignore_collect(collection_path, config):
    """Import no module of which nothing is wanted: `make test-fast` would collect thousands of tests to leave them out."""
    if config.option.markexpr == "not slow" and collection_path.match("test_*.py"):
        return True if SLOW_AS_A_WHOLE.search(collection_path.read_text()) else None
    return None


def pytest_collection_modifyitems(items):
    """Begin with what is slow: what takes minutes must not come last, with one worker left to it."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def pytest_collection_finish():
    """Leave what was imported and collected out of every later search for garbage: it stays to the end."""
    gc.freeze()
    atexit.register(gc.unfreeze)  # Python 3.14 aborts where what it ends with is out of its reach


def pytest_unconfigure():
    """Look for garbage once: pytest asks five times for exceptions in it, and each goes through all that is there."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown():
    """Fail the test that leaves an upstream behind: whichever test comes next would ask it.

    `monkeypatch` is undone after the fixtures of the test, and then puts back what one of them had set.
    """
    try:
        result = yield
    except BaseException:
        sources_in_environment()
        raise
    if left := sources_in_environment():
        pytest.fail(f"left in the environment: {left}; set them in a block of their own", pytrace=False)
    return result


@pytest.fixture(scope="session")
def folders(tmp_path_factory):
    """Number folders for those who ask for none: to look for a free name, and link to it, takes pytest a millisecond."""
    return (tmp_path_factory.getbasetemp() / f"own-{number}" for number in count())


@pytest.fixture(autouse=True)
def own_lake(request, folders, monkeypatch):
    """Give every test a lake of its own, in its `tmp_path` if it has one; the project's lake is never touched."""
    asked = "tmp_path" in request.fixturenames
    root: Path = (request.getfixturevalue("tmp_path") if asked else next(folders)) / "lake"
    root.mkdir(parents=True)
    monkeypatch.setenv("LAKE_ROOT", str(root))
    return root


@pytest.fixture(scope="session", autouse=True)
def nobody_waits_for_the_disk():
    """What is synced, and in which order, `tests/lake/test_durable.py` asks; to wait for it is worth nothing here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda handle: None)
        yield
