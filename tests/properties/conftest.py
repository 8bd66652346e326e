from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

from tests.orchestration.lakes import once
from tests.properties.models import compile_models

settings.register_profile(
    "default",
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.register_profile("soak", settings.get_profile("default"), max_examples=2000, derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    """Return the compiled models, which one test process makes for all."""
    return once(tmp_path_factory, "compiled", compile_models)[1]
