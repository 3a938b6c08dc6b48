"""Fixtures of all tests."""

from __future__ import annotations

import os

import pytest

from tests.skips import lacks


@pytest.fixture
def root() -> None:
    """Skip a test that gives files to other users, unless it runs as root."""
    if os.geteuid():
        lacks("root", "owners can be set by root alone")
