"""Fixtures: an empty store, and the times of its proofs."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.gate.directory import Directory
from ansible_collections.holdfast.registry.plugins.module_utils.scrub.proofs import (
    Proofs,
)


@pytest.fixture
def store(tmp_path: Path) -> Directory:
    return Directory(str(tmp_path / "images"))


@pytest.fixture
def proofs(tmp_path: Path) -> Proofs:
    return Proofs(str(tmp_path / "proofs"))
