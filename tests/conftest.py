"""Test configuration: hypothesis profiles."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

_CHECKS = [HealthCheck.too_slow, HealthCheck.data_too_large]
settings.register_profile(
    "quick", max_examples=25, deadline=None, derandomize=True, suppress_health_check=_CHECKS
)
settings.register_profile(
    "thorough", max_examples=10_000, deadline=None, suppress_health_check=_CHECKS
)
settings.load_profile(os.environ.get("QGD_HYPOTHESIS_PROFILE", "quick"))
