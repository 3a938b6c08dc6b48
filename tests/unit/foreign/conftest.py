"""Fixtures: a secret of root, and a limit for tests that would wait."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.skips import lacks
from tests.unit.foreign.attacker import SECRET


@pytest.fixture(autouse=True)
def _at_once() -> Iterator[None]:
    """Fail a test that waits for a pipe or reads without an end."""

    def late(*_: Any) -> None:
        raise AssertionError("it waits")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(20)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A file that only root can read, as /etc/shadow."""
    if os.geteuid() != 0:
        lacks("root", "the attacks are those of another user on root")
    # Everybody gets as far as here; pytest's own folders are closed.
    for parent in (tmp_path, *tmp_path.parents[:3]):
        if parent != Path("/tmp"):
            parent.chmod(0o755)
    path = tmp_path / "shadow"
    path.write_text(SECRET)
    path.chmod(0o600)
    return path
