"""Fixtures of all tests, and the choice of those that a whole run leaves to `make trials`."""

from __future__ import annotations

import os

import pytest

from tests import trials
from tests.skips import lacks


@pytest.fixture
def root() -> None:
    """Skip a test that gives files to other users, unless it runs as root."""
    if os.geteuid():
        lacks("root", "owners can be set by root alone")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is marked `trial`, except for `make trials`."""
    if trials.long():
        return
    left_out = [item for item in items if item.get_closest_marker("trial")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
